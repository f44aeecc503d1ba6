package gogym

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"io"
	"math"
)

// GIF writes an animated GIF, frame by frame, with nothing but Go's standard library. One goroutine at a time may
// use it.
//
//	animation := gogym.NewGIF(file, fps)
//	...
//	frame, err := env.Render()
//	err = animation.Add(frame)
//	...
//	err = animation.Close()
//
// A frame of at most 256 colours, such as those of the classic and the Atari environments, is written exactly. One
// of more gets 256 colours chosen for it, each pixel the nearest of them without dithering, which would flicker.
// Only what has changed since the frame before is written.
//
// Each frame goes out at once: however many there are, the memory of one is needed.
type GIF struct {
	w       io.Writer
	fps     float64
	err     error // of the writer, or of Close: from then on of every call
	buffer  bytes.Buffer
	added   int // frames, those left out included
	due     int // the place of the next frame that is written
	last    *image.RGBA
	spare   *image.RGBA // the one before, whose memory is used again
	palette paletteMaker
}

// The times of a GIF are hundredths of a second, and what lasts less than two of them is shown for ten.
const (
	gifTicks    = 100
	gifMinDelay = 2
	gifMaxDelay = math.MaxUint16
	gifMaxFPS   = 10000
)

// NewGIF begins an animation of so many frames a second ([Env.RenderFPS]). More than 50 cannot be shown: of those,
// frames are left out, so that the speed is right.
func NewGIF(w io.Writer, fps float64) *GIF {
	return &GIF{w: w, fps: fps}
}

// Add appends a frame, which is the caller's again afterwards. All must have the size of the first ([ErrArgument]).
// What is transparent becomes black. An error of the writer is given as it is, by all later calls too.
func (g *GIF) Add(frame image.Image) error {
	if g.err != nil {
		return g.err
	}
	if g.w == nil {
		return newError(ErrArgument, "the writer given to NewGIF is nil")
	}
	if slowest := gifTicks / float64(gifMaxDelay); !(g.fps > slowest && g.fps <= gifMaxFPS) {
		return newError(ErrArgument, "an animation has from %.4f to %d frames a second, not %v", slowest, gifMaxFPS, g.fps)
	}
	if frame == nil {
		return newError(ErrArgument, "the frame is nil")
	}
	size := frame.Bounds().Size()
	switch {
	case size.X < 1 || size.Y < 1 || size.X > math.MaxUint16 || size.Y > math.MaxUint16:
		return newError(ErrArgument, "a frame of %d x %d pixels cannot be in a GIF", size.X, size.Y)
	case g.last != nil && size != g.last.Rect.Size():
		return newError(ErrArgument, "the frame has %d x %d pixels, but those before have %d x %d", size.X, size.Y,
			g.last.Rect.Dx(), g.last.Rect.Dy())
	}
	g.added++
	if g.added <= g.due {
		return nil // left out
	}
	g.due = g.added
	for g.tick(g.due)-g.tick(g.added-1) < gifMinDelay {
		g.due++
	}
	g.err = g.write(frame, g.tick(g.due)-g.tick(g.added-1))
	return g.err
}

// tick is when a frame begins, in hundredths of a second.
func (g *GIF) tick(frame int) int {
	return int(math.Round(float64(frame) * gifTicks / g.fps))
}

// Parts of the format that image/gif writes: what stands before the first frame where frames have palettes of their
// own, what follows the last one, and, between the two, the extension that makes an animation begin again forever.
const (
	gifHeader  = 13
	gifTrailer = "\x3b"
	gifForever = "\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
)

// write writes a frame that is shown for so many hundredths of a second. image/gif only knows whole animations, which
// would all have to be in memory: of each frame one is made, whose middle is written.
func (g *GIF) write(frame image.Image, delay int) error {
	picture, changed := g.changes(frame)
	paletted := g.palette.convert(picture, changed)
	g.buffer.Reset()
	err := gif.EncodeAll(&g.buffer, &gif.GIF{
		Image:    []*image.Paletted{paletted},
		Delay:    []int{delay},
		Disposal: []byte{gif.DisposalNone},
		Config:   image.Config{Width: picture.Rect.Dx(), Height: picture.Rect.Dy()},
	})
	if err != nil {
		return err
	}
	content := g.buffer.Bytes()
	if g.last == nil {
		head := append(append([]byte{}, content[:gifHeader]...), gifForever...)
		if _, err := g.w.Write(head); err != nil {
			return err
		}
	}
	g.last, g.spare = picture, g.last
	_, err = g.w.Write(content[gifHeader : len(content)-len(gifTrailer)])
	return err
}

// changes copies a frame, and gives the rectangle of what differs from the last one; one pixel where nothing does.
func (g *GIF) changes(frame image.Image) (picture *image.RGBA, changed image.Rectangle) {
	size := image.Rectangle{Max: frame.Bounds().Size()}
	if picture = g.spare; picture == nil {
		picture = image.NewRGBA(size)
	}
	draw.Draw(picture, size, frame, frame.Bounds().Min, draw.Src)
	if g.last == nil {
		return picture, size
	}
	for y := range size.Max.Y {
		row, before := picture.Pix[y*picture.Stride:][:picture.Stride], g.last.Pix[y*picture.Stride:][:picture.Stride]
		if bytes.Equal(row, before) {
			continue
		}
		first, end := 0, len(row)
		for row[first] == before[first] {
			first++
		}
		for row[end-1] == before[end-1] {
			end--
		}
		changed = changed.Union(image.Rect(first/4, y, (end+3)/4, y+1))
	}
	if changed.Empty() {
		changed = image.Rect(0, 0, 1, 1)
	}
	return picture, changed
}

// Close ends the animation; it does not close the writer. Without it the file is not complete. [ErrArgument] where
// there is no frame.
func (g *GIF) Close() error {
	if g.err != nil {
		return g.err
	}
	if g.w == nil {
		return newError(ErrArgument, "the writer given to NewGIF is nil")
	}
	if g.last == nil {
		return newError(ErrArgument, "an animation has at least one frame")
	}
	_, err := io.WriteString(g.w, gifTrailer)
	g.err = err
	if err == nil {
		g.err = newError(ErrArgument, "the animation has been closed")
	}
	return err
}

// paletteMaker gives pictures palettes of at most 256 colours. Its memory is used again.
type paletteMaker struct {
	exact map[uint32]uint8
	all   []colorBin // by their number
	bins  []colorBin // those that hold any colour
	index []uint8    // of the palette, for each bin
}

// colorBin is the colours that have the highest five bits of each channel in common.
type colorBin struct {
	bin   int
	count float64
	sum   [3]float64 // of each channel
}

// convert gives a part of a picture.
func (m *paletteMaker) convert(picture *image.RGBA, part image.Rectangle) *image.Paletted {
	paletted := image.NewPaletted(part, nil)
	if !m.exactly(picture, paletted) {
		m.nearly(picture, paletted)
	}
	return paletted
}

// exactly succeeds where there are at most 256 colours.
func (m *paletteMaker) exactly(picture *image.RGBA, to *image.Paletted) bool {
	m.exact = map[uint32]uint8{}
	var last uint32
	var index uint8
	for y := to.Rect.Min.Y; y < to.Rect.Max.Y; y++ {
		row := picture.Pix[picture.PixOffset(to.Rect.Min.X, y):]
		for x := range to.Rect.Dx() {
			key := uint32(row[4*x])<<16 | uint32(row[4*x+1])<<8 | uint32(row[4*x+2])
			if key != last || len(m.exact) == 0 {
				known := false
				if index, known = m.exact[key]; !known {
					if len(m.exact) == 256 {
						return false
					}
					index = uint8(len(m.exact))
					m.exact[key] = index
					to.Palette = append(to.Palette, color.RGBA{R: row[4*x], G: row[4*x+1], B: row[4*x+2], A: 0xff})
				}
				last = key
			}
			to.Pix[(y-to.Rect.Min.Y)*to.Stride+x] = index
		}
	}
	return true
}

func binOf(pixel []uint8) int {
	return int(pixel[0]>>3)<<10 | int(pixel[1]>>3)<<5 | int(pixel[2]>>3)
}

// nearly chooses 256 colours: of the groups of colours, that which differ most among each other is divided in two,
// until there are enough.
func (m *paletteMaker) nearly(picture *image.RGBA, to *image.Paletted) {
	m.count(picture, to.Rect)
	groups := []colorGroup{newColorGroup(m.bins)}
	for len(groups) < 256 {
		worst := 0
		for i, group := range groups {
			if group.spread > groups[worst].spread {
				worst = i
			}
		}
		if groups[worst].spread == 0 {
			break
		}
		left, right := groups[worst].split()
		groups[worst] = left
		groups = append(groups, right)
	}
	to.Palette = make(color.Palette, len(groups))
	for i, group := range groups {
		to.Palette[i] = group.mean()
		for _, bin := range group.bins {
			m.index[bin.bin] = uint8(i)
		}
	}
	for y := to.Rect.Min.Y; y < to.Rect.Max.Y; y++ {
		row := picture.Pix[picture.PixOffset(to.Rect.Min.X, y):]
		indices := to.Pix[(y-to.Rect.Min.Y)*to.Stride:][:to.Rect.Dx()]
		for x := range indices {
			indices[x] = m.index[binOf(row[4*x:4*x+3])]
		}
	}
}

// count sorts the pixels of a part into bins.
func (m *paletteMaker) count(picture *image.RGBA, part image.Rectangle) {
	if m.all == nil {
		m.all, m.index = make([]colorBin, 1<<15), make([]uint8, 1<<15)
	}
	clear(m.all)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := picture.Pix[picture.PixOffset(part.Min.X, y):][:4*part.Dx()]
		for ; len(row) > 0; row = row[4:] {
			bin := &m.all[binOf(row)]
			bin.count++
			for channel := range bin.sum {
				bin.sum[channel] += float64(row[channel])
			}
		}
	}
	m.bins = m.bins[:0]
	for i, bin := range m.all {
		if bin.count > 0 {
			bin.bin = i
			m.bins = append(m.bins, bin)
		}
	}
}

// colorGroup is the bins that become one colour.
type colorGroup struct {
	bins    []colorBin
	total   colorBin
	spread  float64 // the sum of squares of the distances to the mean along the axis where that is largest
	channel int     // that axis
}

func newColorGroup(bins []colorBin) colorGroup {
	g := colorGroup{bins: bins}
	var squares [3]float64
	for _, bin := range bins {
		g.total.count += bin.count
		for channel, sum := range bin.sum {
			g.total.sum[channel] += sum
			squares[channel] += sum * sum / bin.count
		}
	}
	if len(bins) < 2 {
		return g
	}
	for channel, sum := range g.total.sum {
		if spread := squares[channel] - sum*sum/g.total.count; spread > g.spread {
			g.spread, g.channel = spread, channel
		}
	}
	return g
}

// split divides a group at the mean of its widest channel.
func (g colorGroup) split() (left, right colorGroup) {
	mean := g.total.sum[g.channel] / g.total.count
	middle := 0
	for i, bin := range g.bins {
		if bin.sum[g.channel]/bin.count < mean {
			g.bins[i], g.bins[middle] = g.bins[middle], g.bins[i]
			middle++
		}
	}
	if middle == 0 || middle == len(g.bins) { // the spread is nothing but rounding
		middle = len(g.bins) / 2
	}
	return newColorGroup(g.bins[:middle]), newColorGroup(g.bins[middle:])
}

func (g colorGroup) mean() color.Color {
	at := func(channel int) uint8 { return uint8(math.Round(g.total.sum[channel] / g.total.count)) }
	return color.RGBA{R: at(0), G: at(1), B: at(2), A: 0xff}
}
