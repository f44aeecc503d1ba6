package gogym

import (
	"errors"
	"image"
	"image/color"
	"math"

	"example.com/gogym/internal/cgym"
)

// FrameLayout is how a frame lies in the buffer of [Env.RenderInto].
type FrameLayout struct {
	NBytes int         // of the whole frame
	Parts  []FramePart // one; two for the render mode rgbd_tuple, colours and depth
}

// FramePart is one array of a frame.
type FramePart struct {
	Dtype      string // NumPy's name: "uint8", "float32"
	Shape      []int  // height, width, channels
	ByteOffset int    // from the beginning of the buffer
	NBytes     int
}

// MakeBuffer makes a buffer for a frame, so aligned that [ViewPart] can give each of its parts.
func (l FrameLayout) MakeBuffer() []byte {
	return MakeBuffer(byteSpace("uint8", 0, l.NBytes))
}

// ViewPart gives the numbers of one part of a frame in place, as [View] does for a leaf of a space: RenderInto's next
// frame is seen there. The distances of the render mode depth_array are a []float32.
func ViewPart[T Element](frame []byte, part FramePart) ([]T, error) {
	return View[T](frame, byteSpace(part.Dtype, part.ByteOffset, part.NBytes))
}

// byteSpace is a space whose elements lie at a place in a buffer.
func byteSpace(dtype string, byteOffset, nbytes int) *Box {
	return &Box{spaceBase: spaceBase{kind: "Box", dtype: dtype, byteOffset: byteOffset, nbytes: nbytes}}
}

// FrameLayout is the shape and dtype of the environment's frames. Where none has been rendered yet, it renders one,
// which the next call that renders then gives, if nothing else has happened in between. [ErrRender] for render modes
// that give no array.
func (e *Env) FrameLayout() (FrameLayout, error) {
	if err := e.lock(); err != nil {
		return FrameLayout{}, err
	}
	defer e.unlock()
	frame, code := cgym.FrameLayout(e.call, e.handle)
	if err := failure(e.call, code); err != nil {
		return FrameLayout{}, err
	}
	return layoutOf(frame), nil
}

func layoutOf(frame cgym.Frame) FrameLayout {
	layout := FrameLayout{NBytes: int(frame.NBytes), Parts: make([]FramePart, frame.Count)}
	for i := range layout.Parts {
		part := frame.Parts[i]
		shape := make([]int, part.Ndim)
		for axis := range shape {
			shape[axis] = int(part.Shape[axis])
		}
		layout.Parts[i] = FramePart{part.Dtype, shape, int(part.ByteOffset), int(part.NBytes)}
	}
	return layout
}

// RenderInto renders a frame in the render modes rgb_array, depth_array and rgbd_tuple to the caller's buffer, of
// FrameLayout().NBytes bytes or more, as the numbers that Python gives, in C order. It allocates nothing. In the
// render mode human it draws the window; the buffer is then nil. [ErrRender] for other render modes.
func (e *Env) RenderInto(frame []byte) error {
	if err := e.lock(); err != nil {
		return err
	}
	defer e.unlock()
	return failure(e.call, cgym.Render(e.call, e.handle, frame))
}

// RenderValue renders in any render mode and gives what env.render() gives in Python, in the types of [Env.Info]: an
// [*Array] (rgb_array, depth_array), a [Tuple] of two (rgbd_tuple), a string (ansi), a []any of them (rgb_array_list,
// ansi_list ...), nil (human).
func (e *Env) RenderValue() (any, error) {
	return e.value(cgym.RenderValue)
}

// RenderText renders in the render mode ansi.
func (e *Env) RenderText() (string, error) {
	value, err := e.RenderValue()
	if err != nil {
		return "", err
	}
	text, isText := value.(string)
	if !isText {
		return "", newError(ErrRender, "render gave a %T, not a text: make the environment with the render mode ansi", value)
	}
	return text, nil
}

// Render renders a picture in the render modes rgb_array and depth_array, and the colours alone in rgbd_tuple:
//
//	uint8, (height, width, 3)                    *image.RGBA, opaque
//	uint8, (height, width, 4)                    *image.NRGBA
//	uint8, (height, width) or (..., 1)           *image.Gray
//	uint16, (height, width) or (..., 1)          *image.Gray16
//	float32, float64, (height, width) or (..., 1)  [*DepthImage]
//
// The picture is the caller's, and all that a frame of colours allocates; [Env.RenderInto] allocates nothing.
// [ErrRender] for render modes that give no frame (text: [Env.RenderText]; lists: [Env.RenderList]; a window:
// [Env.RenderInto]), and for an array that is no picture ([Env.RenderValue] gives it as it is).
func (e *Env) Render() (image.Image, error) {
	frame, err := e.render()
	if err != nil {
		return nil, err
	}
	return frame.picture(0)
}

// RenderDepth renders distances in the render modes depth_array and rgbd_tuple.
func (e *Env) RenderDepth() (*DepthImage, error) {
	_, depth, err := e.renderDepth()
	return depth, err
}

// RenderRGBD renders colours and distances in the render mode rgbd_tuple.
func (e *Env) RenderRGBD() (image.Image, *DepthImage, error) {
	frame, depth, err := e.renderDepth()
	if err != nil {
		return nil, nil, err
	}
	if len(frame.layout.Parts) < 2 {
		return nil, nil, newError(ErrRender, "a frame of this render mode has no colours beside the distances: "+
			"make the environment with the render mode rgbd_tuple")
	}
	colors, err := frame.picture(0)
	return colors, depth, err
}

func (e *Env) renderDepth() (*frame, *DepthImage, error) {
	frame, err := e.render()
	if err != nil {
		return nil, nil, err
	}
	picture, err := frame.picture(len(frame.layout.Parts) - 1)
	if err != nil {
		return nil, nil, err
	}
	depth, isDepth := picture.(*DepthImage)
	if !isDepth {
		return nil, nil, newError(ErrRender, "a frame of this render mode has no distances: "+
			"make the environment with the render mode depth_array or rgbd_tuple")
	}
	return frame, depth, nil
}

// RenderList renders in the render modes rgb_array_list and depth_array_list: the frames since the last reset or the
// last such call, each as [Env.Render] gives it.
func (e *Env) RenderList() ([]image.Image, error) {
	value, err := e.RenderValue()
	if err != nil {
		return nil, err
	}
	frames, isList := value.([]any)
	if !isList {
		return nil, newError(ErrRender, "render gave a %T, not a list: make the environment with a render mode of lists", value)
	}
	pictures := make([]image.Image, len(frames))
	for i, frame := range frames {
		array, isArray := frame.(*Array)
		if !isArray {
			return nil, newError(ErrRender, "frame %d is a %T, not an array", i, frame)
		}
		if pictures[i], err = array.Image(); err != nil {
			return nil, err
		}
	}
	return pictures, nil
}

// frame is a rendered frame. room bytes before it are free, so that colours can be widened in place.
type frame struct {
	memory []byte
	room   int
	layout FrameLayout
}

// maxRenders is how often a frame that did not fit is asked for. It waits for a larger buffer, so that one time more
// is enough.
const maxRenders = 3

// render renders a frame to memory of its own.
func (e *Env) render() (*frame, error) {
	if err := e.lock(); err != nil {
		return nil, err
	}
	defer e.unlock()
	for attempt := 1; ; attempt++ {
		layout, code := cgym.FrameLayout(e.call, e.handle)
		if err := failure(e.call, code); err != nil {
			return nil, err
		}
		f := newFrame(layoutOf(layout))
		err := failure(e.call, cgym.Render(e.call, e.handle, f.memory[f.room:]))
		if errors.Is(err, ErrBuffer) && attempt < maxRenders {
			continue
		}
		if err != nil {
			return nil, err
		}
		// An environment may change the shape of its frames: that of this one is known only now.
		now, code := cgym.FrameLayout(e.call, e.handle)
		if err := failure(e.call, code); err != nil {
			return nil, err
		}
		if now != layout {
			other := newFrame(layoutOf(now))
			copy(other.memory[other.room:], f.memory[f.room:])
			f = other
		}
		return f, nil
	}
}

// newFrame makes memory for a frame.
func newFrame(layout FrameLayout) *frame {
	f := &frame{layout: layout}
	if _, _, channels := pictureShape(layout.Parts[0].Shape); channels == 3 && layout.Parts[0].Dtype == "uint8" {
		f.room = (layout.Parts[0].NBytes/3 + bufferAlignment - 1) / bufferAlignment * bufferAlignment
	}
	f.memory = FrameLayout{NBytes: f.room + layout.NBytes}.MakeBuffer()
	return f
}

// picture makes a picture of a part. That of colours may be made once, because it takes their memory.
func (f *frame) picture(i int) (image.Image, error) {
	part := f.layout.Parts[i]
	content := f.memory[f.room+part.ByteOffset:][:part.NBytes]
	height, width, channels := pictureShape(part.Shape)
	if i == 0 && f.room > 0 {
		n := height * width
		pix := f.memory[: 4*n : 4*n]
		widen(pix, content)
		return &image.RGBA{Pix: pix, Stride: 4 * width, Rect: image.Rect(0, 0, width, height)}, nil
	}
	if part.Dtype == "uint8" && channels > 0 {
		return bytePicture(content, height, width, channels), nil
	}
	if part.Dtype == "float32" && channels == 1 {
		distances, err := ViewPart[float32](f.memory[f.room:], part)
		return newDepthImage(distances, image.Rect(0, 0, width, height)), err
	}
	array, err := newArray(part.Dtype, part.Shape, uint64(itemSize(part.Dtype)), content)
	if err != nil {
		return nil, err
	}
	picture, err := array.Image()
	if err != nil {
		return nil, newError(ErrRender, "the frame is %s; RenderInto and RenderValue give it as it is", err.(*Error).Message)
	}
	return picture, nil
}

// widen makes opaque RGBA of RGB. The two may share memory, if content does not begin before a quarter of pix: what
// is written then never overtakes what is still to be read.
func widen(pix, content []byte) {
	for to, from := 0, 0; to+3 < len(pix) && from+2 < len(content); to, from = to+4, from+3 {
		r, g, b := content[from], content[from+1], content[from+2]
		pixel := pix[to : to+4 : to+4]
		pixel[0], pixel[1], pixel[2], pixel[3] = r, g, b, 0xff
	}
}

// pictureShape is what a shape says of a picture; 0 channels where it is none.
func pictureShape(shape []int) (height, width, channels int) {
	switch {
	case len(shape) == 2:
		return shape[0], shape[1], 1
	case len(shape) == 3 && (shape[2] == 1 || shape[2] == 3 || shape[2] == 4):
		return shape[0], shape[1], shape[2]
	}
	return 0, 0, 0
}

// bytePicture makes a picture of the bytes of one or four channels in place, and of three in new memory.
func bytePicture(content []byte, height, width, channels int) image.Image {
	rect := image.Rect(0, 0, width, height)
	switch channels {
	case 1:
		return &image.Gray{Pix: content, Stride: width, Rect: rect}
	case 4:
		return &image.NRGBA{Pix: content, Stride: 4 * width, Rect: rect}
	}
	picture := image.NewRGBA(rect)
	widen(picture.Pix, content)
	return picture
}

// Image gives the array as a picture, as [Env.Render] does, for example an observation of pixels. It does not share
// the array's memory. [ErrKind] for an array that is no picture.
func (a *Array) Image() (image.Image, error) {
	height, width, channels := pictureShape(a.Shape)
	rect := image.Rect(0, 0, width, height)
	if n := height * width * channels; channels > 0 && n == a.Len() {
		switch data := a.Data.(type) {
		case []uint8:
			if len(data) == n && a.Dtype == "uint8" {
				return bytePicture(append([]byte{}, data...), height, width, channels), nil
			}
		case []uint16:
			if len(data) == n && a.Dtype == "uint16" && channels == 1 {
				picture := image.NewGray16(rect)
				for i, number := range data {
					picture.Pix[2*i], picture.Pix[2*i+1] = byte(number>>8), byte(number)
				}
				return picture, nil
			}
		case []float32:
			if len(data) == n && channels == 1 {
				return newDepthImage(append([]float32{}, data...), rect), nil
			}
		case []float64:
			if len(data) == n && channels == 1 {
				numbers := make([]float32, n)
				for i, number := range data {
					numbers[i] = float32(number)
				}
				return newDepthImage(numbers, rect), nil
			}
		}
	}
	return nil, newError(ErrKind, "an array of dtype %s and shape %s is no picture: that is uint8 of shape "+
		"(height, width, 3), or with 4 or 1 channels, or uint16 or float of one channel", a.Dtype, shapeText(a.Shape))
}

// DepthImage is a picture of distances. They are what the environment gives: MuJoCo's go from 0 at the near
// clipping plane to 1 at the far one, and are not linear.
//
// As an [image.Image] it is grey, from black at Min to white at Max.
type DepthImage struct {
	Pix      []float32 // the distances, row by row
	Stride   int       // from one row to the next
	Rect     image.Rectangle
	Min, Max float32 // the smallest and the largest finite distance of the frame
}

func newDepthImage(distances []float32, rect image.Rectangle) *DepthImage {
	d := &DepthImage{Pix: distances, Stride: rect.Dx(), Rect: rect}
	low, high := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, distance := range distances {
		if distance-distance == 0 { // finite
			low, high = min(low, distance), max(high, distance)
		}
	}
	if low <= high {
		d.Min, d.Max = low, high
	}
	return d
}

// DepthAt is the distance at a point; 0 outside the picture.
func (d *DepthImage) DepthAt(x, y int) float32 {
	if !(image.Point{X: x, Y: y}).In(d.Rect) {
		return 0
	}
	return d.Pix[(y-d.Rect.Min.Y)*d.Stride+x-d.Rect.Min.X]
}

// ColorModel is color.Gray16Model.
func (d *DepthImage) ColorModel() color.Model { return color.Gray16Model }

// Bounds is Rect.
func (d *DepthImage) Bounds() image.Rectangle { return d.Rect }

// At is the grey of a point. A distance that is not a number is black.
func (d *DepthImage) At(x, y int) color.Color {
	share := (float64(d.DepthAt(x, y)) - float64(d.Min)) / (float64(d.Max) - float64(d.Min))
	if !(share > 0) { // NaN too
		return color.Gray16{}
	}
	return color.Gray16{Y: uint16(math.Round(min(share, 1) * 0xffff))}
}

// RenderFPS is how many frames a second the environment is meant to be seen at: render_fps of its metadata, and 30,
// as in Gymnasium's RecordVideo, where that says nothing.
func (e *Env) RenderFPS() (float64, error) {
	metadata, err := Attr[*Dict](e, "metadata")
	if err != nil {
		return 0, err
	}
	switch fps, _ := metadata.Get("render_fps"); fps := fps.(type) {
	case int64:
		return float64(fps), nil
	case float64:
		return fps, nil
	}
	return 30, nil
}
