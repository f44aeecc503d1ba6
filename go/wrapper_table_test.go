//go:build cgo

package gogym_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/gogym"
	"example.com/gogym/wrappers"
)

// typedRows are the wrappers of each row of tests/wrappers/table.json, as a Go program writes them. The callbacks are
// those that the table describes.
var typedRows = map[string]func(r *rowPlayer) []gogym.Wrapper{
	"atari": one(wrappers.AtariPreprocessing{NoopMax: wrappers.Ptr(10)}),
	"atari-size-and-colour": one(wrappers.AtariPreprocessing{FrameSkip: wrappers.Ptr(2), ScreenSize: wrappers.Ints(30, 20),
		TerminalOnLifeLoss: wrappers.Ptr(true), GrayscaleObs: wrappers.Ptr(false), ScaleObs: wrappers.Ptr(true)}),
	"delay":                       one(wrappers.DelayObservation{Delay: 3}),
	"delay-ragged":                one(wrappers.DelayObservation{Delay: 2}),
	"dtype":                       one(wrappers.DtypeObservation{Dtype: "float64"}),
	"dtype-of-discrete":           one(wrappers.DtypeObservation{Dtype: "int16"}),
	"discretize-observation":      one(wrappers.DiscretizeObservation{Bins: wrappers.Int(10)}),
	"discretize-observation-bins": one(wrappers.DiscretizeObservation{Bins: wrappers.Ints(5, 7), Multidiscrete: wrappers.Ptr(true)}),
	"filter-dict":                 one(wrappers.FilterObservation{FilterKeys: []any{"place"}}),
	"filter-tuple":                one(wrappers.FilterObservation{FilterKeys: []any{0, 2}}),
	"flatten":                     one(wrappers.FlattenObservation{}),
	"frame-stack":                 one(wrappers.FrameStackObservation{StackSize: 4}),
	"frame-stack-zero":            one(wrappers.FrameStackObservation{StackSize: 3, PaddingType: "zero"}),
	"frame-stack-own-padding":     one(wrappers.FrameStackObservation{StackSize: 3, PaddingType: []float64{1, 0, -0.5}}),
	"frame-stack-composite":       one(wrappers.FrameStackObservation{StackSize: 2, PaddingType: gogym.Tuple{5, 1, 0}}),
	"grayscale":                   one(wrappers.GrayscaleObservation{}),
	"grayscale-atari":             one(wrappers.GrayscaleObservation{KeepDim: wrappers.Ptr(true)}),
	"transform-observation":       one(wrappers.TransformObservation{Func: times(-1)}),
	"transform-observation-space": func(r *rowPlayer) []gogym.Wrapper {
		return []gogym.Wrapper{wrappers.TransformObservation{
			FuncArray:        timesTyped(2),
			ObservationSpace: r.space(`{"type": "Box", "low": -2, "high": 2, "shape": [2], "dtype": "float64"}`),
		}}
	},
	"max-and-skip":          one(wrappers.MaxAndSkipObservation{Skip: wrappers.Ptr(3)}),
	"normalize-observation": one(wrappers.NormalizeObservation{Epsilon: wrappers.Ptr(1e-6)}),
	"add-render":            one(wrappers.AddRenderObservation{}),
	"add-render-beside": one(wrappers.AddRenderObservation{RenderOnly: wrappers.Ptr(false), RenderKey: wrappers.Ptr("frame"),
		ObsKey: wrappers.Ptr("noise")}),
	"add-render-cart-pole":      one(&wrappers.AddRenderObservation{}),
	"resize":                    one(wrappers.ResizeObservation{Shape: []int{4, 7}}),
	"reshape":                   one(wrappers.ReshapeObservation{Shape: wrappers.Ints(2, 2)}),
	"reshape-tagged":            one(wrappers.ReshapeObservation{Shape: wrappers.Ints(15, 6)}),
	"rescale-observation":       one(wrappers.RescaleObservation{MinObs: 0, MaxObs: 1}),
	"rescale-observation-lists": one(wrappers.RescaleObservation{MinObs: []float64{-2, -1.5}, MaxObs: []float64{1, 0.5}}),
	"rescale-observation-tagged": one(wrappers.RescaleObservation{
		MinObs: &gogym.Array{Dtype: "float32", Shape: []int{3}, Data: []float32{-1, -2, -3}}, MaxObs: []float32{1, 2, 3}}),
	"time-aware":             one(wrappers.TimeAwareObservation{}),
	"time-aware-dict":        one(wrappers.TimeAwareObservation{Flatten: wrappers.Ptr(false), NormalizeTime: wrappers.Ptr(true)}),
	"clip-action":            one(wrappers.ClipAction{}),
	"discretize-action":      one(wrappers.DiscretizeAction{Bins: wrappers.Int(5)}),
	"discretize-action-bins": one(wrappers.DiscretizeAction{Bins: wrappers.Ints(3, 4), Multidiscrete: wrappers.Ptr(true)}),
	"transform-action":       one(wrappers.TransformAction{FuncArray: timesTyped(-1)}),
	"transform-action-space": func(r *rowPlayer) []gogym.Wrapper {
		return []gogym.Wrapper{wrappers.TransformAction{
			Func:        times(0.5),
			ActionSpace: r.space(`{"type": "Box", "low": -2, "high": 2, "shape": [1], "dtype": "float64"}`),
		}}
	},
	"rescale-action":         one(wrappers.RescaleAction{MinAction: -1, MaxAction: 1.0}),
	"rescale-action-lists":   one(wrappers.RescaleAction{MinAction: []float64{-0.5, 0}, MaxAction: gogym.NDArray{Data: []float64{0.5, 3}}}),
	"sticky-action":          one(wrappers.StickyAction{RepeatActionProbability: 0.4, RepeatActionDuration: wrappers.Ints(1, 3)}),
	"sticky-action-steady":   one(wrappers.StickyAction{RepeatActionProbability: 0.25, RepeatActionDuration: wrappers.Int(2)}),
	"repeat-action":          one(wrappers.RepeatAction{NumRepeats: 3}),
	"clip-reward":            one(wrappers.ClipReward{MinReward: -2, MaxReward: -0.5}),
	"clip-reward-below":      one(wrappers.ClipReward{MinReward: -1.5, MaxReward: math.Inf(1)}),
	"transform-reward":       one(wrappers.TransformReward{Func: doublePlusOne}),
	"normalize-reward":       one(wrappers.NormalizeReward{Gamma: wrappers.Ptr(0.9), Epsilon: wrappers.Ptr(1e-6)}),
	"time-limit":             one(wrappers.TimeLimit{MaxEpisodeSteps: 7}),
	"autoreset":              one(wrappers.Autoreset{}),
	"passive-checker":        one(wrappers.PassiveEnvChecker{}),
	"order-enforcing":        one(wrappers.OrderEnforcing{DisableRenderOrderEnforcing: wrappers.Ptr(true)}),
	"statistics":             one(wrappers.RecordEpisodeStatistics{BufferLength: wrappers.Ptr(5), StatsKey: wrappers.Ptr("ended")}),
	"white-noise":            one(wrappers.AddWhiteNoise{ProbabilityOfNoisePerPixel: 0.3}),
	"white-noise-gray":       chain(wrappers.AddWhiteNoise{ProbabilityOfNoisePerPixel: 0.5, IsNoiseGrayscale: wrappers.Ptr(true)}, wrappers.AddRenderObservation{}),
	"obstruct-view":          one(wrappers.ObstructView{ObstructedPixelsRatio: 0.4, ObstructionWidth: 2}),
	"render-collection":      one(wrappers.RenderCollection{PopFrames: wrappers.Ptr(true), ResetClean: wrappers.Ptr(false)}),
	"render-collection-text": one(wrappers.RenderCollection{PopFrames: wrappers.Ptr(false)}),
	"record-video": one(wrappers.RecordVideo{VideoFolder: "videos", NamePrefix: wrappers.Ptr("taken"), EpisodeTrigger: every(2),
		DisableLogger: wrappers.Ptr(true)}),
	"record-video-steps": one(wrappers.RecordVideo{VideoFolder: "snippets", StepTrigger: every(10), VideoLength: wrappers.Ptr(4),
		GCTrigger: every(2), FPS: wrappers.Ptr(12)}),
	"human":                    one(wrappers.HumanRendering{}),
	"array-conversion-numpy":   one(wrappers.ArrayConversion{EnvXP: "numpy", TargetXP: "numpy"}),
	"array-conversion-jax":     one(wrappers.ArrayConversion{EnvXP: "numpy", TargetXP: "jax.numpy", TargetDevice: wrappers.Ptr("cpu")}),
	"jax-to-numpy":             one(wrappers.JaxToNumpy{}),
	"jax-to-numpy-phys2d":      one(wrappers.JaxToNumpy{}),
	"jax-to-torch":             one(wrappers.JaxToTorch{}),
	"numpy-to-torch":           one(wrappers.NumpyToTorch{Device: wrappers.Ptr("cpu")}),
	"numpy-to-torch-composite": one(wrappers.NumpyToTorch{}),
	"chain": chain(wrappers.FrameStackObservation{StackSize: 4}, wrappers.ClipReward{MinReward: 0, MaxReward: 0.5},
		wrappers.TimeLimit{MaxEpisodeSteps: 9}),
	"chain-filter": chain(wrappers.TimeAwareObservation{Flatten: wrappers.Ptr(false)}, wrappers.FilterObservation{FilterKeys: []any{"time"}}),
	"chain-callbacks": chain(wrappers.TransformReward{Func: doublePlusOne},
		wrappers.TransformReward{FuncErr: func(reward float64) (float64, error) { return doublePlusOne(reward), nil }},
		wrappers.TransformObservation{Func: times(-1)}, wrappers.ReshapeObservation{Shape: wrappers.Ints(3, 1)}),
	"chain-dtype": chain(wrappers.DtypeObservation{Dtype: "float64"}, wrappers.NormalizeObservation{}, wrappers.FrameStackObservation{StackSize: 2}),
}

func one(wrapper gogym.Wrapper) func(*rowPlayer) []gogym.Wrapper { return chain(wrapper) }

func chain(all ...gogym.Wrapper) func(*rowPlayer) []gogym.Wrapper {
	return func(*rowPlayer) []gogym.Wrapper { return all }
}

func doublePlusOne(reward float64) float64 { return 2*reward + 1 }

func every(n int) func(int) bool {
	return func(count int) bool { return count%n == 0 }
}

func times(factor float64) func(in, out []float64) error {
	return func(in, out []float64) error {
		for i := range out {
			out[i] = factor * in[i]
		}
		return nil
	}
}

func timesTyped(factor float64) func(in, out *gogym.Array) error {
	return func(in, out *gogym.Array) error {
		numbers, err := in.Float64s()
		if err != nil {
			return err
		}
		switch data := out.Data.(type) {
		case []float32:
			for i := range data {
				data[i] = float32(factor * numbers[i])
			}
		case []float64:
			for i := range data {
				data[i] = factor * numbers[i]
			}
		default:
			return fmt.Errorf("to an array of dtype %s", out.Dtype)
		}
		return nil
	}
}

// tableRow is a row of the table.
type tableRow struct {
	Name        string
	Env         string
	Options     map[string]any
	Wrappers    []map[string]any
	Seed        int64
	Steps       *int
	Layout      string
	AfterEnd    string   `json:"after_end"`
	RenderEvery int      `json:"render_every"`
	Info        []string // nil: all of it
	Files       string
}

func readTable(path string) ([]tableRow, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var table struct{ Rows []tableRow }
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	err = decoder.Decode(&table)
	return table.Rows, err
}

// TestWrapperTable plays the rows of tests/wrappers/table.json with typed wrappers, as tests/conformance/
// wrapper_vectors.py says, and compares all with what Gymnasium alone gave. A process of its own does it, because the
// wrappers bring in more Python packages than the other tests should have.
func TestWrapperTable(t *testing.T) {
	gogym.NeedPython(t)
	root, err := filepath.Abs("..")
	gogym.Must(t, err)
	table := filepath.Join(root, "tests", "wrappers", "table.json")
	rows, err := readTable(table)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the module was copied out of its repository")
	}
	gogym.Must(t, err)
	var named []string
	for _, row := range rows {
		if typedRows[row.Name] == nil {
			t.Errorf("the row %s of the table has no typed wrappers", row.Name)
		}
		for _, wrapper := range row.Wrappers {
			named = append(named, wrapper["name"].(string))
		}
	}
	slices.Sort(named)
	if named = slices.Compact(named); len(named) != 39 || len(typedRows) != len(rows) {
		t.Errorf("%d wrappers in %d rows, %d of which are typed", len(named), len(rows), len(typedRows))
	}

	python, golang := t.TempDir(), t.TempDir()
	command := exec.Command(pythonProgram(), "-W", "ignore", filepath.Join(root, "tests", "conformance", "wrapper_vectors.py"), "out.txt")
	command.Dir = python
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, output)
	}
	want := readSections(t, filepath.Join(python, "out.txt"))
	played := make([]string, 0, len(want))
	for name := range want {
		played = append(played, name)
	}
	if len(played) < 90 {
		t.Errorf("Python played %d rows only", len(played))
	}
	environment := append(gogym.CppEnv(t), "TEST_TABLE="+table, "TEST_ROWS="+strings.Join(played, ","), "PYTHONWARNINGS=ignore")
	output, err := gogym.RunHelperIn(t, golang, "wrapper-table", environment...)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	got := readSections(t, filepath.Join(golang, "out.txt"))
	for name, lines := range want {
		t.Run(name, func(t *testing.T) { compareLines(t, got[name], lines) })
	}
	for _, row := range rows {
		if row.Files != "" && want[row.Name+" make"] != nil {
			compareFiles(t, filepath.Join(golang, row.Files), filepath.Join(python, row.Files))
		}
	}
}

func pythonProgram() string {
	if python := os.Getenv("GOGYM_PYTHON"); python != "" {
		return python
	}
	return "python3"
}

// readSections gives the lines of a file by the row and the way that they are about.
func readSections(t *testing.T, path string) map[string][]string {
	t.Helper()
	content, err := os.ReadFile(path)
	gogym.Must(t, err)
	sections := map[string][]string{}
	var name string
	scanner := bufio.NewScanner(bytes.NewReader(content))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		if words := strings.Fields(scanner.Text()); words[0] == "#" {
			name = words[1] + " " + words[2]
		}
		sections[name] = append(sections[name], scanner.Text())
	}
	gogym.Must(t, scanner.Err())
	return sections
}

func compareLines(t *testing.T, got, want []string) {
	t.Helper()
	for i, line := range want {
		if i >= len(got) || got[i] != line {
			t.Fatalf("line %d of %d is\n%s\nnot\n%s", i, len(want), strings.Join(got[min(i, len(got)):min(i+1, len(got))], ""), line)
		}
	}
	if len(got) != len(want) || len(want) < 25 {
		t.Errorf("%d lines, not %d", len(got), len(want))
	}
}

func compareFiles(t *testing.T, got, want string) {
	t.Helper()
	entries, err := os.ReadDir(want)
	gogym.Must(t, err)
	others, err := os.ReadDir(got)
	gogym.Must(t, err)
	if len(entries) < 2 || len(others) != len(entries) {
		t.Errorf("%d files in %s, %d in Python's", len(others), got, len(entries))
	}
	for _, entry := range entries {
		wanted, err := os.ReadFile(filepath.Join(want, entry.Name()))
		gogym.Must(t, err)
		if given, err := os.ReadFile(filepath.Join(got, entry.Name())); err != nil || !bytes.Equal(given, wanted) {
			t.Errorf("%s is another file than Python's (%v)", entry.Name(), err)
		}
	}
}

func init() {
	gogym.Helpers["wrapper-table"] = func() {
		if err := playTable(); err != nil {
			fmt.Println(err)
			var gymErr *gogym.Error
			if errors.As(err, &gymErr) {
				fmt.Println(gymErr.Traceback)
			}
			os.Exit(1)
		}
	}
}

func playTable() error {
	rows, err := readTable(os.Getenv("TEST_TABLE"))
	if err != nil {
		return err
	}
	out, err := os.Create("out.txt")
	if err != nil {
		return err
	}
	for _, name := range strings.Split(os.Getenv("TEST_ROWS"), ",") {
		name, way, _ := strings.Cut(name, " ")
		for _, row := range rows {
			if row.Name != name {
				continue
			}
			r := &rowPlayer{tableRow: row, way: way, out: out}
			if err := errors.Join(r.play(), r.close()); err != nil {
				return fmt.Errorf("%s, %s: %w", name, way, err)
			}
		}
	}
	return errors.Join(out.Close(), gogym.Shutdown())
}

// rowPlayer plays a row.
type rowPlayer struct {
	tableRow
	way    string
	out    *os.File
	env    *gogym.Env
	spaces []gogym.Space
}

func (r *rowPlayer) space(description string) gogym.Space {
	space, err := gogym.NewSpace(description)
	if err != nil {
		panic(err)
	}
	r.spaces = append(r.spaces, space)
	return space
}

func (r *rowPlayer) close() (err error) {
	if r.env != nil {
		err = r.env.Close()
	}
	for _, space := range r.spaces {
		err = errors.Join(err, space.Close())
	}
	return err
}

// put writes a line; fields that are long as a checksum.
func (r *rowPlayer) put(what string, fields ...string) {
	line := what
	for _, field := range fields {
		if len(field) > 400 {
			field = fmt.Sprintf("*%d:%08x", len(field), crc32.ChecksumIEEE([]byte(field)))
		}
		line += "\t" + field
	}
	fmt.Fprintln(r.out, line)
}

func (r *rowPlayer) layout() string {
	switch {
	case r.Layout != "":
		return r.Layout
	case r.way == "make":
		return "float64"
	}
	return "native"
}

func (r *rowPlayer) play() (err error) {
	typed := typedRows[r.Name](r)
	options := []gogym.Option{gogym.WithKwargs(r.Options)}
	if r.way == "make" {
		options = append(options, gogym.WithWrappers(typed...))
	}
	if r.env, err = gogym.Make(r.Env, options...); err != nil {
		return err
	}
	if r.way == "wrap" {
		if err := r.wrap(typed); err != nil {
			return err
		}
	}
	fmt.Fprintf(r.out, "# %s %s %s\n", r.Name, r.way, r.layout())
	for i, space := range []gogym.Space{r.env.ObservationSpace(), r.env.ActionSpace()} {
		text, err := gogym.SpaceText(space)
		if err != nil {
			return err
		}
		r.put([]string{"observation_space", "action_space"}[i], text)
	}
	if err := r.env.ActionSpace().Seed(r.Seed + 1); err != nil {
		return err
	}
	if err := r.putReset("reset", gogym.ResetSeed(r.Seed)); err != nil {
		return err
	}
	steps := 50
	if r.Steps != nil {
		steps = *r.Steps
	}
	for i := 1; i <= steps; i++ {
		if err := r.putStep(i); err != nil {
			return err
		}
	}
	err = r.env.Close()
	r.env = nil
	r.put("closed")
	return err
}

// wrap puts the wrappers around the environment in the middle of an episode.
func (r *rowPlayer) wrap(typed []gogym.Wrapper) error {
	if err := r.env.ActionSpace().Seed(3); err != nil {
		return err
	}
	if _, err := r.reset(gogym.ResetSeed(r.Seed + 7)); err != nil {
		return err
	}
	for range 3 {
		if _, _, _, err := r.step(); err != nil {
			return err
		}
	}
	wrapped, err := r.env.Wrap(typed...)
	if err != nil {
		return err
	}
	if err := r.env.Close(); !errors.Is(err, gogym.ErrHandle) {
		return fmt.Errorf("the inner environment still works: %w", err)
	}
	r.env = wrapped
	return nil
}

// reset gives what was observed.
func (r *rowPlayer) reset(options ...gogym.ResetOption) (string, error) {
	switch r.layout() {
	case "native":
		obs := gogym.MakeBuffer(r.env.ObservationSpace())
		err := r.env.ResetNative(obs, options...)
		return gogym.BytesText(obs), err
	case "value":
		obs, err := r.env.ResetAny(options...)
		if err != nil {
			return "", err
		}
		return gogym.ElementText(r.env.ObservationSpace(), obs), nil
	}
	obs, err := r.env.Reset(options...)
	return gogym.DoublesText(obs), err
}

// step gives the sampled action and what was observed.
func (r *rowPlayer) step() (action, observed string, step gogym.Transition, err error) {
	actions := r.env.ActionSpace()
	if r.layout() == "native" {
		x, obs := gogym.MakeBuffer(actions), gogym.MakeBuffer(r.env.ObservationSpace())
		if err = actions.SampleNative(x); err == nil {
			step, err = r.env.StepNative(x, obs)
		}
		return gogym.BytesText(x), gogym.BytesText(obs), step, err
	}
	x, err := actions.Sample()
	if err != nil {
		return "", "", step, err
	}
	obs, step, err := r.env.Step(x)
	if observed = gogym.DoublesText(obs); r.layout() == "value" && err == nil {
		var natural any
		natural, err = r.env.Observation()
		observed = gogym.ElementText(r.env.ObservationSpace(), natural)
	}
	return gogym.DoublesText(x), observed, step, err
}

func (r *rowPlayer) putReset(what string, options ...gogym.ResetOption) error {
	observed, err := r.reset(options...)
	if err != nil {
		return err
	}
	r.put(what, observed)
	return r.putInfos()
}

func (r *rowPlayer) putStep(i int) error {
	action, observed, step, err := r.step()
	if err != nil {
		return err
	}
	flags := 0
	if step.Terminated {
		flags++
	}
	if step.Truncated {
		flags += 2
	}
	r.put("step", action, observed, fmt.Sprintf("%016x", math.Float64bits(step.Reward)), fmt.Sprint(flags))
	if err := r.putInfos(); err != nil {
		return err
	}
	if r.RenderEvery > 0 && i%r.RenderEvery == 0 {
		frame, err := r.env.RenderValue()
		if err != nil {
			return err
		}
		r.put("render", gogym.TextOf(frame))
	}
	if step.Done() && r.AfterEnd != "step" {
		return r.putReset("again")
	}
	return nil
}

func (r *rowPlayer) putInfos() error {
	info, err := r.env.Info()
	if err != nil {
		return err
	}
	paths := r.Info
	if paths == nil {
		paths = []string{"."}
	}
	for _, path := range paths {
		var found any = info
		for _, key := range strings.Split(path, "/") {
			if dict, isDict := found.(*gogym.Dict); isDict && path != "." {
				found, _ = dict.Get(key)
			} else if path != "." {
				found = nil
			}
		}
		if found != nil {
			r.put("info", path, gogym.TextOf(found))
		}
	}
	return nil
}
