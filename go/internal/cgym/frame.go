package cgym

// Frame is a gym_frame.
type Frame struct {
	Count  int // of Parts
	NBytes uint64
	Parts  [2]FramePart
}

// FramePart is a gym_frame_part.
type FramePart struct {
	Dtype      string
	Ndim       int // of Shape
	Shape      [4]int64
	ByteOffset uint64
	NBytes     uint64
}
