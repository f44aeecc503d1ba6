package gogym

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// played decodes an animation as a viewer shows it: whole frames.
func played(tb testing.TB, content []byte) (frames []*image.RGBA, delays []int) {
	tb.Helper()
	decoded, err := gif.DecodeAll(bytes.NewReader(content))
	must(tb, err)
	if decoded.LoopCount != 0 {
		tb.Errorf("the animation is shown %d times, not forever", decoded.LoopCount)
	}
	screen := image.NewRGBA(image.Rect(0, 0, decoded.Config.Width, decoded.Config.Height))
	for _, part := range decoded.Image {
		draw.Draw(screen, part.Rect, part, part.Rect.Min, draw.Over)
		frame := image.NewRGBA(screen.Rect)
		copy(frame.Pix, screen.Pix)
		frames = append(frames, frame)
	}
	return frames, decoded.Delay
}

func opaque(frame image.Image) *image.RGBA {
	picture := image.NewRGBA(image.Rectangle{Max: frame.Bounds().Size()})
	draw.Draw(picture, picture.Rect, image.Black, image.Point{}, draw.Src)
	draw.Draw(picture, picture.Rect, frame, frame.Bounds().Min, draw.Over)
	return picture
}

// flatFrame is a box that moves over a background, as the classic environments draw.
func flatFrame(i int) *image.RGBA {
	frame := image.NewRGBA(image.Rect(0, 0, 61, 37))
	draw.Draw(frame, frame.Rect, image.White, image.Point{}, draw.Src)
	box := image.Rect(3+5*i, 10, 13+5*i, 20)
	draw.Draw(frame, box, image.NewUniform(color.RGBA{uint8(40 * i), 200, 17, 255}), image.Point{}, draw.Src)
	return frame
}

// shadedFrame has thousands of colours.
func shadedFrame(i int) *image.RGBA {
	frame := image.NewRGBA(image.Rect(0, 0, 160, 120))
	for y := range 120 {
		for x := range 160 {
			light := uint8(128 + 100*math.Sin(float64(x+3*i)/30)*math.Cos(float64(y)/25))
			frame.SetRGBA(x, y, color.RGBA{light, uint8(255 - y), uint8(x) / 2, 255})
		}
	}
	return frame
}

func TestGIFExact(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 61, 37))
	for i := range gray.Pix {
		gray.Pix[i] = uint8(i) // all 256
	}
	shifted := image.NewNRGBA(image.Rect(5, 7, 66, 44)) // not at the origin, and half transparent
	shifted.Set(8, 9, color.NRGBA{200, 100, 0, 128})
	frames := []image.Image{flatFrame(0), flatFrame(1), flatFrame(1), flatFrame(4), gray, shifted, flatFrame(2)}
	var out bytes.Buffer
	animation := NewGIF(&out, 25)
	for _, frame := range frames {
		must(t, animation.Add(frame))
	}
	must(t, animation.Close())
	got, delays := played(t, out.Bytes())
	if len(got) != len(frames) {
		t.Fatalf("%d frames of %d", len(got), len(frames))
	}
	for i, frame := range frames {
		if !bytes.Equal(got[i].Pix, opaque(frame).Pix) {
			t.Errorf("frame %d is another one", i)
		}
		if delays[i] != 4 {
			t.Errorf("frame %d is shown for %d hundredths of a second", i, delays[i])
		}
	}
}

// Each frame goes out at once, and only what has changed in it; it is the caller's again.
func TestGIFWritesAtOnce(t *testing.T) {
	var out bytes.Buffer
	animation := NewGIF(&out, 25)
	frame := flatFrame(0)
	sizes := []int{0}
	for i := range 6 {
		copy(frame.Pix, flatFrame(i).Pix)
		must(t, animation.Add(frame))
		sizes = append(sizes, out.Len())
	}
	clear(frame.Pix)
	must(t, animation.Close())
	for i := 1; i < len(sizes); i++ {
		if sizes[i] <= sizes[i-1] {
			t.Errorf("frame %d was not written: %v", i, sizes)
		}
	}
	frames, _ := played(t, out.Bytes())
	for i := range 6 {
		if !bytes.Equal(frames[i].Pix, flatFrame(i).Pix) {
			t.Errorf("frame %d is another one", i)
		}
	}
	decoded, err := gif.DecodeAll(&out)
	must(t, err)
	if rect := decoded.Image[1].Rect; rect != image.Rect(3, 10, 18, 20) {
		t.Errorf("of a box that moved from 3 to 8, %v was written", rect)
	}
}

// meanError is how far the channels of two pictures are apart.
func meanError(a, b *image.RGBA) float64 {
	sum := 0.0
	for i := range a.Pix {
		sum += math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix)) * 4 / 3 // alpha is always equal
}

func TestGIFManyColors(t *testing.T) {
	var out bytes.Buffer
	animation := NewGIF(&out, 25)
	for i := range 3 {
		must(t, animation.Add(shadedFrame(i)))
	}
	must(t, animation.Close())
	frames, _ := played(t, out.Bytes())
	for i := range 3 {
		frame := shadedFrame(i)
		ready := image.NewPaletted(frame.Rect, palette.Plan9)
		draw.Draw(ready, frame.Rect, frame, image.Point{}, draw.Src)
		own, plan9 := meanError(frames[i], frame), meanError(opaque(ready), frame)
		if own > 4 || own > plan9/2 {
			t.Errorf("frame %d is %.2f away, with a ready-made palette %.2f", i, own, plan9)
		}
	}
	// One colour more than a palette holds: two of them become one, and no others change much.
	noisy := image.NewRGBA(image.Rect(0, 0, 257, 1))
	for x := range 257 {
		noisy.SetRGBA(x, 0, color.RGBA{uint8(x), uint8(x / 256 * 9), uint8(7 * x), 255})
	}
	out.Reset()
	animation = NewGIF(&out, 25)
	must(t, animation.Add(noisy))
	must(t, animation.Close())
	frames, _ = played(t, out.Bytes())
	if distance := meanError(frames[0], noisy); distance == 0 || distance > 4 {
		t.Errorf("257 colours came out %.2f away", distance)
	}
}

// Colours that rounding alone tells apart are divided all the same.
func TestColorGroupSplit(t *testing.T) {
	bins := []colorBin{{1, 2, [3]float64{2, 4, 6}}, {2, 2, [3]float64{2, 4, 6}}, {3, 2, [3]float64{2, 4, 6}}}
	group := newColorGroup(bins)
	if group.spread != 0 {
		t.Errorf("equal colours have the spread %v", group.spread)
	}
	if left, right := group.split(); len(left.bins) == 0 || len(left.bins)+len(right.bins) != 3 || len(right.bins) == 0 {
		t.Errorf("divided into %d and %d", len(left.bins), len(right.bins))
	}
}

// Whatever a picture holds, it has at most 256 colours afterwards and each pixel has one.
func TestGIFAnyColors(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var out bytes.Buffer
	animation := NewGIF(&out, 25)
	for range 20 {
		frame := image.NewRGBA(image.Rect(0, 0, 40, 30))
		for i := range frame.Pix {
			frame.Pix[i] = uint8(random.Uint32() >> random.IntN(8))
			if i%4 == 3 {
				frame.Pix[i] = 255
			}
		}
		must(t, animation.Add(frame))
	}
	must(t, animation.Close())
	if frames, _ := played(t, out.Bytes()); len(frames) != 20 {
		t.Errorf("%d frames of 20", len(frames))
	}
}

func TestGIFSpeed(t *testing.T) {
	for _, test := range []struct {
		fps    float64
		frames int
		want   []int // nil: only the sum counts
	}{
		{4, 3, []int{25, 25, 25}},
		{30, 6, []int{3, 4, 3, 3, 4, 3}},
		{50, 4, []int{2, 2, 2, 2}},
		{100, 6, []int{2, 2, 2}},
		{60, 60, nil},
		{125, 250, nil},
		{1000, 1000, nil},
		{29.97, 2997, nil},
		{0.01, 2, []int{10000, 10000}},
	} {
		var out bytes.Buffer
		animation := NewGIF(&out, test.fps)
		for range test.frames {
			must(t, animation.Add(image.NewGray(image.Rect(0, 0, 2, 2))))
		}
		must(t, animation.Close())
		_, delays := played(t, out.Bytes())
		sum, least := 0, slices.Min(delays)
		for _, delay := range delays {
			sum += delay
		}
		wanted := 100 * float64(test.frames) / test.fps
		if test.want != nil && !slices.Equal(delays, test.want) || least < 2 || math.Abs(float64(sum)-wanted) > 2 {
			t.Errorf("%v frames a second: %v..., %d in all, not %v", test.fps, delays[:min(8, len(delays))], sum, wanted)
		}
	}
}

type brokenWriter struct{ left int }

func (w *brokenWriter) Write(content []byte) (int, error) {
	if w.left -= len(content); w.left < 0 {
		return 0, os.ErrClosed
	}
	return len(content), nil
}

func TestGIFErrors(t *testing.T) {
	nowhere := NewGIF(nil, 25)
	for _, err := range []error{nowhere.Add(flatFrame(0)), nowhere.Close()} {
		if !errors.Is(err, ErrArgument) || !strings.Contains(err.Error(), "writer") {
			t.Errorf("without a writer: %v", err)
		}
	}
	for _, fps := range []float64{0, -1, math.NaN(), math.Inf(1), 1e9, 0.0001} {
		if err := NewGIF(&bytes.Buffer{}, fps).Add(flatFrame(0)); !errors.Is(err, ErrArgument) {
			t.Errorf("%v frames a second gave %v", fps, err)
		}
	}
	var out bytes.Buffer
	animation := NewGIF(&out, 25)
	if err := animation.Close(); !errors.Is(err, ErrArgument) || out.Len() != 0 {
		t.Errorf("an animation without frames gave %v and %d bytes", err, out.Len())
	}
	for name, frame := range map[string]image.Image{
		"nil": nil, "empty": image.NewGray(image.Rectangle{}), "wide": image.NewGray(image.Rect(0, 0, 1<<16, 1)),
	} {
		if err := animation.Add(frame); !errors.Is(err, ErrArgument) {
			t.Errorf("a frame that is %s gave %v", name, err)
		}
	}
	must(t, animation.Add(flatFrame(0)))
	if err := animation.Add(shadedFrame(0)); !errors.Is(err, ErrArgument) {
		t.Errorf("a frame of another size gave %v", err)
	}
	must(t, animation.Add(flatFrame(1))) // the error before was the frame's
	must(t, animation.Close())
	if frames, _ := played(t, out.Bytes()); len(frames) != 2 {
		t.Errorf("%d frames of 2", len(frames))
	}
	if err := errors.Join(animation.Add(flatFrame(2))); !errors.Is(err, ErrArgument) {
		t.Errorf("a frame after Close gave %v", err)
	}
	if err := errors.Join(animation.Close()); !errors.Is(err, ErrArgument) {
		t.Errorf("a second Close gave %v", err)
	}

	for left := range 3 {
		animation := NewGIF(&brokenWriter{left * 200}, 25)
		var err error
		for i := 0; i < 10 && err == nil; i++ {
			err = animation.Add(flatFrame(i))
		}
		if !errors.Is(err, os.ErrClosed) || !errors.Is(animation.Add(flatFrame(0)), os.ErrClosed) ||
			!errors.Is(animation.Close(), os.ErrClosed) {
			t.Errorf("a broken writer gave %v", err)
		}
	}
}

func BenchmarkGIF(b *testing.B) {
	for name, frame := range map[string]func(int) *image.RGBA{"flat": flatFrame, "shaded": shadedFrame} {
		b.Run(name, func(b *testing.B) {
			frames := []*image.RGBA{frame(0), frame(1)}
			animation := NewGIF(&bytes.Buffer{}, 25)
			b.ReportAllocs()
			for i := range b.N {
				must(b, animation.Add(frames[i%2]))
			}
		})
	}
}
