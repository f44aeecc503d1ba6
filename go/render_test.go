package gogym

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"math"
	"slices"
	"testing"
)

// counted is n bytes that differ from their neighbours.
func counted(n int) []byte {
	content := make([]byte, n)
	for i := range content {
		content[i] = byte(i*7 + i/256)
	}
	return content
}

func float32Bytes(numbers ...float32) []byte {
	var content []byte
	for _, number := range numbers {
		content = binary.NativeEndian.AppendUint32(content, math.Float32bits(number))
	}
	return content
}

// rendered is a frame as render leaves it.
func rendered(layout FrameLayout, content []byte) *frame {
	f := newFrame(layout)
	copy(f.memory[f.room:], content)
	return f
}

func onePart(dtype string, shape ...int) FrameLayout {
	n := itemSize(dtype)
	for _, length := range shape {
		n *= length
	}
	return FrameLayout{n, []FramePart{{dtype, shape, 0, n}}}
}

// Colours are widened in the very memory that they were rendered to.
func TestPictureOfColors(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 5}, {5, 1}, {3, 7}, {16, 16}, {40, 60}, {0, 4}} {
		height, width := size[0], size[1]
		content := counted(3 * height * width)
		picture, err := rendered(onePart("uint8", height, width, 3), content).picture(0)
		must(t, err)
		rgba := picture.(*image.RGBA)
		if rgba.Rect != image.Rect(0, 0, width, height) || len(rgba.Pix) != 4*height*width || cap(rgba.Pix) != len(rgba.Pix) {
			t.Fatalf("%v gave %v, %d bytes", size, rgba.Rect, len(rgba.Pix))
		}
		for i := range height * width {
			want := color.RGBA{content[3*i], content[3*i+1], content[3*i+2], 255}
			if got := rgba.RGBAAt(i%width, i/width); got != want {
				t.Fatalf("%v: pixel %d is %v, not %v", size, i, got, want)
			}
		}
		array := &Array{"uint8", []int{height, width, 3}, content}
		if same, err := array.Image(); err != nil || !bytes.Equal(same.(*image.RGBA).Pix, rgba.Pix) {
			t.Errorf("%v: the array's picture is another one: %v", size, err)
		}
	}
}

func TestPictureOfColorsAndDepth(t *testing.T) {
	// 15 pixels: the depth does not begin right behind the colours, but at a multiple of 4.
	layout := FrameLayout{48 + 60, []FramePart{{"uint8", []int{3, 5, 3}, 0, 45}, {"float32", []int{3, 5}, 48, 60}}}
	distances := make([]float32, 15)
	for i := range distances {
		distances[i] = float32(i) / 15
	}
	content := append(counted(48), float32Bytes(distances...)...)
	f := rendered(layout, content)
	colors, err := f.picture(0)
	must(t, err)
	picture, err := f.picture(1)
	must(t, err)
	depth := picture.(*DepthImage)
	if !slices.Equal(depth.Pix, distances) || depth.Min != 0 || depth.Max != distances[14] {
		t.Errorf("the distances are %v", depth)
	}
	for i := range 15 {
		want := color.RGBA{content[3*i], content[3*i+1], content[3*i+2], 255}
		if got := colors.At(i%5, i/5); got != want {
			t.Errorf("pixel %d is %v, not %v", i, got, want)
		}
	}
}

func TestPictureKinds(t *testing.T) {
	for _, test := range []struct {
		array *Array
		want  image.Image // nil: none
	}{
		{&Array{"uint8", []int{1, 2}, []uint8{3, 4}}, &image.Gray{Pix: []uint8{3, 4}, Stride: 2, Rect: image.Rect(0, 0, 2, 1)}},
		{&Array{"uint8", []int{2, 1, 1}, []uint8{3, 4}}, &image.Gray{Pix: []uint8{3, 4}, Stride: 1, Rect: image.Rect(0, 0, 1, 2)}},
		{&Array{"uint8", []int{1, 1, 4}, []uint8{3, 4, 5, 6}},
			&image.NRGBA{Pix: []uint8{3, 4, 5, 6}, Stride: 4, Rect: image.Rect(0, 0, 1, 1)}},
		{&Array{"uint16", []int{1, 1}, []uint16{0x1234}},
			&image.Gray16{Pix: []uint8{0x12, 0x34}, Stride: 2, Rect: image.Rect(0, 0, 1, 1)}},
		{&Array{"float32", []int{1, 2}, []float32{3, 4}}, &DepthImage{[]float32{3, 4}, 2, image.Rect(0, 0, 2, 1), 3, 4}},
		{&Array{"float64", []int{1, 2, 1}, []float64{3, 4}}, &DepthImage{[]float32{3, 4}, 2, image.Rect(0, 0, 2, 1), 3, 4}},
		{&Array{"uint8", []int{3}, []uint8{3, 4, 5}}, nil},
		{&Array{"uint8", []int{3, 1, 1, 1}, []uint8{3, 4, 5}}, nil},
		{&Array{"uint8", []int{3, 1, 2}, counted(6)}, nil}, // channels first
		{&Array{"int64", []int{1, 1, 3}, []int64{3, 4, 5}}, nil},
		{&Array{"float16", []int{1, 1}, []uint16{3}}, nil},
		{&Array{"float32", []int{1, 1, 3}, []float32{3, 4, 5}}, nil},
		{&Array{"uint8", []int{5, 5, 3}, []uint8{3}}, nil},
		{&Array{"weird", []int{1, 3}, []byte{3, 4, 5}}, nil},
		{&Array{}, nil},
	} {
		got, err := test.array.Image()
		if test.want == nil {
			if got != nil || !errors.Is(err, ErrKind) {
				t.Errorf("%v gave %v, %v", test.array, got, err)
			}
			continue
		}
		must(t, err)
		if got.Bounds() != test.want.Bounds() || got.ColorModel() != test.want.ColorModel() {
			t.Errorf("%v gave %#v", test.array, got)
		}
		for y := range got.Bounds().Dy() {
			for x := range got.Bounds().Dx() {
				if got.At(x, y) != test.want.At(x, y) {
					t.Errorf("%v gave %v at %d, %d", test.array, got.At(x, y), x, y)
				}
			}
		}
		if test.array.Dtype == "float64" || test.array.Dtype == "longdouble" {
			continue
		}
		content, shape := arrayBytes(test.array), test.array.Shape
		same, err := rendered(onePart(test.array.Dtype, shape...), content).picture(0)
		if err != nil || same.At(0, 0) != got.At(0, 0) || same.Bounds() != got.Bounds() {
			t.Errorf("%v: a frame of it gave %v, %v", test.array, same, err)
		}
	}
}

// arrayBytes is what an array of some dtypes looks like in memory.
func arrayBytes(a *Array) []byte {
	var content []byte
	switch data := a.Data.(type) {
	case []uint8:
		return data
	case []uint16:
		for _, number := range data {
			content = binary.NativeEndian.AppendUint16(content, number)
		}
	case []float32:
		return float32Bytes(data...)
	}
	return content
}

func TestImageIsACopy(t *testing.T) {
	array := &Array{"uint8", []int{1, 2}, []uint8{3, 4}}
	picture, err := array.Image()
	must(t, err)
	picture.(*image.Gray).Pix[0] = 99
	if array.Data.([]uint8)[0] != 3 {
		t.Error("a picture shares the array's memory")
	}
}

func TestDepthImage(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	d := newDepthImage([]float32{0.5, 0.75, 1.5, nan, inf, -inf}, image.Rect(0, 0, 3, 2))
	if d.Min != 0.5 || d.Max != 1.5 || d.DepthAt(1, 0) != 0.75 || d.DepthAt(1, 1) != inf || d.DepthAt(3, 0) != 0 || d.DepthAt(0, -1) != 0 {
		t.Errorf("got %+v", d)
	}
	for i, want := range []uint16{0, 0x4000, 0xffff, 0, 0xffff, 0} {
		if got := d.At(i%3, i/3); got != (color.Gray16{Y: want}) {
			t.Errorf("point %d is %v, not %v", i, got, want)
		}
	}
	for _, distances := range [][]float32{{2, 2}, {nan, inf}} { // nothing to tell apart
		d := newDepthImage(distances, image.Rect(0, 0, 2, 1))
		if d.At(0, 0) != (color.Gray16{}) || d.Bounds() != d.Rect || d.ColorModel() != color.Gray16Model {
			t.Errorf("%v gave %v", distances, d.At(0, 0))
		}
	}
}

func TestViewPart(t *testing.T) {
	part := FramePart{"float32", []int{1, 2}, 48, 8}
	layout := FrameLayout{56, []FramePart{{"uint8", []int{4, 4, 3}, 0, 48}, part}}
	frame := layout.MakeBuffer()
	distances, err := ViewPart[float32](frame, part)
	must(t, err)
	copy(frame[48:], float32Bytes(1, 2))
	if len(frame) != 56 || !slices.Equal(distances, []float32{1, 2}) {
		t.Errorf("%d bytes, %v", len(frame), distances)
	}
	if _, err := ViewPart[float64](frame, part); !errors.Is(err, ErrKind) {
		t.Errorf("a float64 view gave %v", err)
	}
	if _, err := ViewPart[float32](frame[:55], part); !errors.Is(err, ErrBuffer) {
		t.Errorf("a short frame gave %v", err)
	}
}
