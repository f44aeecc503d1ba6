package cgym

// Vec is a gym_vec. Zero is never valid.
type Vec uint64

// VecView is a gym_vec_view: all of it is C's memory, which is there until VecClose.
type VecView struct {
	IsNative          bool
	Actions           []byte // of all rows
	Observations      []byte
	FinalObservations []byte // nil for none
	ActionNBytes      int    // of a row
	ObservationNBytes int
	Transitions       []Transition
	Statuses          []int32
}
