package gogym

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

const around = "gogym_go_around:" // the module in testdata

// renderedEnv is an environment whose frames are compared with Python's.
type renderedEnv struct {
	id      string
	options map[string]any
}

func (e renderedEnv) String() string { return fmt.Sprint(e.id, " ", e.options["render_mode"]) }

func (e renderedEnv) make(tb testing.TB) *Env {
	tb.Helper()
	return makeEnv(tb, e.id, WithKwargs(e.options))
}

func mode(id, renderMode string) renderedEnv {
	return renderedEnv{id, map[string]any{"render_mode": renderMode}}
}

// families has one of each family of environments.
var families = []renderedEnv{
	mode("CartPole-v1", "rgb_array"), mode("LunarLander-v3", "rgb_array"), mode("FrozenLake-v1", "rgb_array"),
	mode("Ant-v5", "rgb_array"), mode("ale_py:ALE/Pong-v5", "rgb_array"),
}

// pythonFrames is what Python rendered of an environment.
type pythonFrames struct {
	Shape   []int
	Texts   []string
	content []byte
}

// frame is frame i; 0 is that after the reset.
func (f pythonFrames) frame(i, nbytes int) []byte {
	return f.content[i*nbytes:][:nbytes]
}

// renderedInPython has Python play the environments as startPlay and play do.
func renderedInPython(t *testing.T, steps int, envs ...renderedEnv) []pythonFrames {
	t.Helper()
	needPython(t)
	directory := t.TempDir()
	described := make([][2]any, len(envs))
	for i, env := range envs {
		described[i] = [2]any{env.id, env.options}
	}
	input, err := json.Marshal(described)
	must(t, err)
	python := os.Getenv("GOGYM_PYTHON")
	if python == "" {
		python = "python3"
	}
	command := exec.Command(python, filepath.Join("testdata", "frames.py"), directory, fmt.Sprint(steps))
	command.Stdin = bytes.NewReader(input)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if strings.Contains(complaints.String(), "DependencyNotInstalled") || strings.Contains(complaints.String(), "ModuleNotFoundError") {
		t.Skipf("%s", complaints.String())
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	var frames []pythonFrames
	must(t, json.Unmarshal(output, &frames))
	for i := range frames {
		frames[i].content, err = os.ReadFile(filepath.Join(directory, fmt.Sprint(i, ".raw")))
		must(t, err)
	}
	return frames
}

func startPlay(env *Env) error {
	_, err := env.Reset(ResetSeed(1))
	return errors.Join(err, env.ActionSpace().Seed(5))
}

func play(env *Env) error {
	action, err := env.ActionSpace().Sample()
	if err != nil {
		return err
	}
	_, _, err = env.Step(action)
	return err
}

// isBlack reports whether a frame shows next to nothing.
func isBlack(frame []byte) bool {
	light := 0
	for _, b := range frame {
		if b > 100 {
			light++
		}
	}
	return light < len(frame)/100
}

// Goroutines render in turn, each on a thread of its own, and see what Python sees.
func TestRenderFromAnyThread(t *testing.T) {
	const goroutines = 16 // half of them locked to their threads
	for _, family := range families {
		t.Run(family.id, func(t *testing.T) {
			want := renderedInPython(t, goroutines, family)[0]
			env := family.make(t)
			must(t, startPlay(env))
			layout, err := env.FrameLayout()
			must(t, err)
			if part := layout.Parts[0]; len(layout.Parts) != 1 || part.Dtype != "uint8" || !slices.Equal(part.Shape, want.Shape) {
				t.Fatalf("the layout is %+v, the shape in Python %v", layout, want.Shape)
			}
			compare := func(i int) error {
				buffer := layout.MakeBuffer()
				if err := env.RenderInto(buffer); err != nil {
					return err
				}
				if !bytes.Equal(buffer, want.frame(i, layout.NBytes)) {
					return fmt.Errorf("frame %d differs from Python's, black: %v", i, isBlack(buffer))
				}
				if isBlack(buffer) {
					return fmt.Errorf("frame %d is black", i)
				}
				return nil
			}
			must(t, compare(0))
			turns := make([]chan bool, goroutines+1)
			for i := range turns {
				turns[i] = make(chan bool, 1)
			}
			turns[0] <- true
			must(t, inParallel(goroutines, func(i int) error {
				if i%2 == 0 {
					runtime.LockOSThread() // the thread ends with the goroutine
				}
				<-turns[i]
				defer func() { turns[i+1] <- true }()
				return errors.Join(play(env), compare(i+1))
			}))
		})
	}
}

// All forms of rendering say the same.
func TestRenderForms(t *testing.T) {
	const steps = 3
	rgb, depth, rgbd := mode("Ant-v5", "rgb_array"), mode("Ant-v5", "depth_array"), mode("Ant-v5", "rgbd_tuple")
	for _, env := range []*renderedEnv{&rgb, &depth, &rgbd} {
		env.options["width"], env.options["height"] = 101, 73 // odd: the depth needs padding before it
	}
	want := renderedInPython(t, steps, rgb, depth, rgbd)
	const n = 101 * 73
	for i, family := range []renderedEnv{rgb, depth, rgbd} {
		env := family.make(t)
		must(t, startPlay(env))
		layout, err := env.FrameLayout()
		must(t, err)
		for frame := range steps + 1 {
			if frame > 0 {
				must(t, play(env))
			}
			wanted := want[i].frame(frame, []int{3 * n, 4 * n, 7 * n}[i])
			if i != 1 {
				picture, err := env.Render()
				must(t, err)
				checkColors(t, picture, wanted[:3*n], 101)
				value, err := env.RenderValue()
				must(t, err)
				if tuple, isTuple := value.(Tuple); isTuple {
					value = tuple[0]
				}
				again, err := value.(*Array).Image()
				must(t, err)
				checkColors(t, again, wanted[:3*n], 101)
			}
			buffer := layout.MakeBuffer()
			must(t, env.RenderInto(buffer))
			if i == 0 {
				continue
			}
			distances := wanted[len(wanted)-4*n:]
			picture, err := env.RenderDepth()
			must(t, err)
			if !bytes.Equal(float32Bytes(picture.Pix...), distances) || !(picture.Min > 0 && picture.Min < picture.Max && picture.Max <= 1) {
				t.Errorf("%v: the distances of frame %d differ: from %v to %v", family, frame, picture.Min, picture.Max)
			}
			numbers, err := ViewPart[float32](buffer, layout.Parts[len(layout.Parts)-1])
			must(t, err)
			if !slices.Equal(numbers, picture.Pix) {
				t.Errorf("%v: RenderInto gave other distances", family)
			}
			if i == 2 {
				colors, picture, err := env.RenderRGBD()
				must(t, err)
				checkColors(t, colors, wanted[:3*n], 101)
				if !slices.Equal(numbers, picture.Pix) {
					t.Errorf("%v: RenderRGBD gave other distances", family)
				}
			} else if picture, err := env.Render(); err != nil || !slices.Equal(picture.(*DepthImage).Pix, numbers) {
				t.Errorf("%v: Render gave %v", family, err)
			}
		}
	}
}

// checkColors compares a picture with the bytes of RGB.
func checkColors(t *testing.T, picture image.Image, want []byte, width int) {
	t.Helper()
	rgba, isRGBA := picture.(*image.RGBA)
	if !isRGBA || rgba.Rect != image.Rect(0, 0, width, len(want)/3/width) {
		t.Fatalf("the picture is a %T of %v", picture, picture.Bounds())
	}
	for i := range len(want) / 3 {
		if got := rgba.RGBAAt(i%width, i/width); got != (color.RGBA{want[3*i], want[3*i+1], want[3*i+2], 255}) {
			t.Fatalf("pixel %d is %v, not %v", i, got, want[3*i:3*i+3])
		}
	}
}

func TestRenderTextsAndLists(t *testing.T) {
	const steps = 4
	ansi, list := mode("FrozenLake-v1", "ansi"), mode("CartPole-v1", "rgb_array")
	want := renderedInPython(t, steps, ansi, list)
	env := ansi.make(t)
	must(t, startPlay(env))
	for i := range steps + 1 {
		if i > 0 {
			must(t, play(env))
		}
		if text, err := env.RenderText(); err != nil || text != want[0].Texts[i] {
			t.Errorf("text %d is %q, %v, not %q", i, text, err, want[0].Texts[i])
		}
	}
	list.options["render_mode"] = "rgb_array_list"
	env = list.make(t)
	must(t, startPlay(env))
	for range steps {
		must(t, play(env))
	}
	frames, err := env.RenderList()
	must(t, err)
	if len(frames) != steps+1 {
		t.Fatalf("%d frames of %d", len(frames), steps+1)
	}
	for i, frame := range frames {
		checkColors(t, frame, want[1].frame(i, 3*600*400), 600)
	}
	if frames, err := env.RenderList(); err != nil || len(frames) != 0 {
		t.Errorf("what was given is given again: %d frames, %v", len(frames), err)
	}
}

func TestRenderHuman(t *testing.T) {
	env := makeEnv(t, "CartPole-v1", WithRenderMode("human"))
	_, err := env.Reset(ResetSeed(1))
	must(t, err)
	must(t, env.RenderInto(nil))
	if value, err := env.RenderValue(); value != nil || err != nil {
		t.Errorf("a window gave %v, %v", value, err)
	}
	if picture, err := env.Render(); picture != nil || !errors.Is(err, ErrRender) {
		t.Errorf("a picture of a window gave %v, %v", picture, err)
	}
	if err := env.RenderInto(make([]byte, 10)); !errors.Is(err, ErrBuffer) {
		t.Errorf("a window with a buffer gave %v", err)
	}
}

func TestRenderErrors(t *testing.T) {
	calls := map[string]func(*Env) (any, error){
		"Render":      func(env *Env) (any, error) { return env.Render() },
		"RenderInto":  func(env *Env) (any, error) { return nil, env.RenderInto(make([]byte, 3*400*600)) },
		"RenderValue": func(env *Env) (any, error) { return env.RenderValue() },
		"RenderText":  func(env *Env) (any, error) { return env.RenderText() },
		"RenderDepth": func(env *Env) (any, error) { return env.RenderDepth() },
		"RenderRGBD": func(env *Env) (any, error) {
			picture, _, err := env.RenderRGBD()
			return picture, err
		},
		"RenderList": func(env *Env) (any, error) { return env.RenderList() },
		"FrameLayout": func(env *Env) (any, error) {
			layout, err := env.FrameLayout()
			return layout.Parts, err
		},
	}
	expect := func(env *Env, code Code, names ...string) {
		t.Helper()
		for name, call := range calls {
			if len(names) > 0 && !slices.Contains(names, name) {
				continue
			}
			value, err := call(env)
			if !errors.Is(err, code) || value != nil && !reflect.ValueOf(value).IsZero() {
				t.Errorf("%s gave %v, %v, not %s", name, value, err, code.Name())
			}
		}
	}
	silent := makeEnv(t, "CartPole-v1")
	_, err := silent.Reset()
	must(t, err)
	expect(silent, ErrRender)
	env := makeEnv(t, "CartPole-v1", WithRenderMode("rgb_array"))
	expect(env, ErrResetNeeded)
	_, err = env.Reset()
	must(t, err)
	expect(env, ErrRender, "RenderText", "RenderDepth", "RenderRGBD", "RenderList")
	short := slices.Repeat([]byte{7}, 3*400*600-1)
	if err := env.RenderInto(short); !errors.Is(err, ErrBuffer) || !strings.Contains(err.Error(), "720000") ||
		slices.ContainsFunc(short, func(b byte) bool { return b != 7 }) {
		t.Errorf("a short buffer gave %v", err)
	}
	must(t, env.Close())
	expect(env, ErrHandle)
	expect(nil, ErrHandle)
	expect(new(Env), ErrHandle)
	text := mode("FrozenLake-v1", "ansi").make(t)
	_, err = text.Reset()
	must(t, err)
	expect(text, ErrRender, "Render", "RenderInto", "RenderDepth", "RenderList", "FrameLayout")
	list := mode("CartPole-v1", "rgb_array_list").make(t)
	_, err = list.Reset()
	must(t, err)
	expect(list, ErrRender, "Render", "RenderInto", "RenderText", "RenderRGBD", "FrameLayout")
	numbers := makeEnv(t, around+"GoFrames-v0", WithRenderMode("rgb_array"), WithKwarg("dtype", "int64"))
	_, err = numbers.Reset()
	must(t, err)
	expect(numbers, ErrRender, "Render")
	value, err := numbers.RenderValue()
	if array, isArray := value.(*Array); err != nil || !isArray || array.Dtype != "int64" {
		t.Errorf("RenderValue gave %v, %v", value, err)
	}
}

// A frame is rendered once for its layout and the call after it.
func TestFrameLayoutRendersOnce(t *testing.T) {
	env := makeEnv(t, around+"GoFrames-v0", WithRenderMode("rgbd_tuple"))
	_, err := env.Reset()
	must(t, err)
	layout, err := env.FrameLayout()
	must(t, err)
	want := FrameLayout{168, []FramePart{{"uint8", []int{4, 6, 3}, 0, 72}, {"float32", []int{4, 6}, 72, 96}}}
	if !reflect.DeepEqual(layout, want) {
		t.Errorf("the layout is %+v, not %+v", layout, want)
	}
	for count := 1; count < 4; count++ {
		colors, depth, err := env.RenderRGBD()
		must(t, err)
		if r, _, _, _ := colors.At(0, 0).RGBA(); int(r>>8) != count || depth.Min != float32(count)/2 {
			t.Errorf("frame %d is number %d with depth %v", count, r>>8, depth.Min)
		}
	}
}

// Frames may change their shape and size.
func TestRenderChangingFrames(t *testing.T) {
	for _, heights := range [][]int{ // of 24 pixels, or what is left of them
		{4, 6, 1},      // as many bytes
		{5, 24, 7, 6},  // more and fewer
		{4, 4, 4, 20},  // after a while
		{24, 9, 16, 5}, // ever fewer, but for one
	} {
		for _, renderMode := range []string{"rgb_array", "rgbd_tuple"} {
			env := makeEnv(t, around+"GoFrames-v0", WithRenderMode(renderMode), WithKwarg("heights", heights))
			_, err := env.Reset()
			must(t, err)
			for count := 1; count < 10; count++ {
				picture, err := env.Render()
				must(t, err)
				height := heights[(count-1)%len(heights)]
				size := image.Pt(24/height, height)
				r, _, _, a := picture.At(size.X-1, size.Y-1).RGBA()
				if picture.Bounds().Size() != size || int(r>>8) != count || a != 0xffff {
					t.Errorf("%v: frame %d is %v, number %d, and should be %v", heights, count, picture.Bounds(), r>>8, size)
				}
			}
		}
	}
}

func TestRenderFPS(t *testing.T) {
	for id, want := range map[string]float64{"CartPole-v1": 50, around + "GoFrames-v0": 12.5, around + "GoUnsound-v0": 30} {
		if fps, err := makeEnv(t, id).RenderFPS(); err != nil || fps != want {
			t.Errorf("%s: %v frames a second, %v", id, fps, err)
		}
	}
}

// residentBytes is the memory that this process holds; 0 where that cannot be told.
func residentBytes() int {
	content, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var total, resident int
	fmt.Sscan(string(content), &total, &resident)
	return resident * os.Getpagesize()
}

// 500 renders take no memory that stays.
func TestRenderLeaksNothing(t *testing.T) {
	if residentBytes() == 0 {
		t.Skip("this system does not tell how much memory a process holds")
	}
	pendulum := mode("InvertedPendulum-v5", "rgb_array") // of MuJoCo, and quickly drawn
	pendulum.options["width"], pendulum.options["height"] = 160, 120
	for _, family := range []renderedEnv{families[0], pendulum} {
		env := family.make(t)
		must(t, startPlay(env))
		layout, err := env.FrameLayout()
		must(t, err)
		buffer := layout.MakeBuffer()
		renders := func(n int) {
			for range n / 2 {
				must(t, env.RenderInto(buffer))
				picture, err := env.Render()
				must(t, err)
				if picture.Bounds().Empty() {
					t.Fatal("an empty picture")
				}
			}
			debug.FreeOSMemory()
		}
		renders(100)
		before := residentBytes()
		renders(500)
		if grown := residentBytes() - before; grown > 16<<20 {
			t.Errorf("%v: 500 frames of %d bytes left %d bytes behind", family, layout.NBytes, grown)
		}
	}
}

// A picture costs its own memory; RenderInto nothing.
func TestRenderAllocations(t *testing.T) {
	env := families[0].make(t)
	must(t, startPlay(env))
	layout, err := env.FrameLayout()
	must(t, err)
	buffer := layout.MakeBuffer()
	var failed error
	if n := testing.AllocsPerRun(50, func() { failed = errors.Join(failed, env.RenderInto(buffer)) }); n != 0 || failed != nil {
		t.Errorf("RenderInto allocates %v times, %v", n, failed)
	}
	_, err = env.Render()
	must(t, err)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const renders = 20
	for range renders {
		_, err := env.Render()
		must(t, err)
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / renders; each > 4*400*600+64<<10 {
		t.Errorf("Render allocates %d bytes for a picture of %d", each, 4*400*600)
	}
}

// An episode becomes an animation of the very frames that were rendered.
func TestRenderGIF(t *testing.T) {
	env := families[0].make(t)
	must(t, startPlay(env))
	fps, err := env.RenderFPS()
	must(t, err)
	var out bytes.Buffer
	animation := NewGIF(&out, fps)
	var frames []image.Image
	for range 10 {
		must(t, play(env))
		frame, err := env.Render()
		must(t, err)
		frames = append(frames, frame)
		must(t, animation.Add(frame))
	}
	must(t, animation.Close())
	got, delays := played(t, out.Bytes())
	for i, frame := range frames {
		if !bytes.Equal(got[i].Pix, frame.(*image.RGBA).Pix) || delays[i] != 2 {
			t.Errorf("frame %d is another one, or shown for %d", i, delays[i])
		}
	}
}
