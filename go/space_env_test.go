package gogym

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/gogym/internal/cgym"
)

const echo = "gogym_test_echo:gogym_test/SpaceEcho-v0"

// tableNames are the names of the shared table of spaces.
func tableNames(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile("../tests/spaces/table.json")
	if err != nil {
		t.Skip("the module was copied out of its repository")
	}
	var records []struct{ Name string }
	must(t, json.Unmarshal(content, &records))
	if len(records) < 60 {
		t.Fatalf("the table has only %d spaces", len(records))
	}
	var names []string
	for _, record := range records {
		names = append(names, record.Name)
	}
	return names
}

// What a reset or a step observed is an action again, and Python sees the same.
func TestAnyRoundTrip(t *testing.T) {
	for _, name := range tableNames(t) {
		t.Run(name, func(t *testing.T) {
			env := makeEnv(t, echo, WithKwarg("observation_space", name))
			if _, err := env.Observation(); !errors.Is(err, ErrResetNeeded) {
				t.Errorf("an observation before the reset: %v", err)
			}
			obs, err := env.ResetAny(ResetSeed(3))
			if errors.Is(err, ErrPython) {
				t.Skipf("Gymnasium cannot sample it: %v", err)
			}
			must(t, err)
			space := env.ObservationSpace()
			for range 2 {
				again, step, err := env.StepAny(obs)
				must(t, err)
				same(t, space, again, obs)
				kept, err := env.Observation()
				must(t, err)
				same(t, space, kept, obs)
				if step.Reward < 1 {
					t.Errorf("a reward of %v", step.Reward)
				}
				info, err := env.Info()
				must(t, err)
				inside, err := space.ContainsAny(obs)
				must(t, err)
				if contained, _ := info.Get("contained"); contained != inside {
					t.Errorf("%v is in %s: %v in Go, %v in Python", obs, space, inside, contained)
				}
				obs, err = space.SampleAny()
				must(t, err)
			}
			if space.NBytes() < 0 {
				return
			}
			// The same element in the native layout.
			action, next := MakeBuffer(space), MakeBuffer(space)
			must(t, env.ActionSpace().SampleNative(action))
			_, err = env.StepNative(action, next)
			must(t, err)
			if !slices.Equal(action, next) {
				t.Errorf("% x became % x", action, next)
			}
			obs, err = env.Observation()
			must(t, err)
			_, _, err = env.StepAny(obs)
			must(t, err)
			must(t, env.ResetNative(next, ResetOptions(map[string]any{"last": true})))
			if !slices.Equal(action, next) {
				t.Errorf("% x became % x as natural types", action, next)
			}
		})
	}
}

func same(t *testing.T, space Space, got, want any) {
	t.Helper()
	if a, b := elementText(space, got), elementText(space, want); a != b || reflect.TypeOf(got) != reflect.TypeOf(want) {
		t.Errorf("%s: got %s (%T), want %s (%T)", space, cut(a), got, cut(b), want)
	}
}

func TestAnyTypes(t *testing.T) {
	for name, want := range map[string]any{
		"box-uint8-image": &Array{}, "multi-discrete-2d": &Array{}, "multi-binary": &Array{}, "box-0d": &Array{},
		"discrete": int64(0), "text": "", "tuple": []any{}, "dict": map[string]any{}, "dict-int-keys": &Dict{},
		"one-of": []any{}, "sequence": []any{}, "sequence-stacked": &Array{}, "sequence-stacked-tuple": Tuple{},
		"sequence-stacked-dict": map[string]any{}, "sequence-stacked-text": []any{}, "graph": map[string]any{},
		"discrete-uint64": uint64(0), "custom": "",
	} {
		env := makeEnv(t, echo, WithKwarg("observation_space", name))
		obs, err := env.ResetAny(ResetSeed(1))
		must(t, err)
		if reflect.TypeOf(obs) != reflect.TypeOf(want) {
			t.Errorf("%s: an observation is a %T", name, obs)
		}
	}
}

// Numbers that no float64 holds, and those that are often lost, pass unchanged.
func TestAnyExactly(t *testing.T) {
	seen := func(description map[string]any, action any) any {
		t.Helper()
		env := makeEnv(t, echo, WithKwarg("observation_space", description))
		_, err := env.ResetAny(ResetSeed(1))
		must(t, err)
		obs, _, err := env.StepAny(action)
		must(t, err)
		return obs
	}
	box := func(dtype string, shape ...int) map[string]any {
		return map[string]any{"type": "Box", "low": nil, "high": nil, "shape": shape, "dtype": dtype}
	}
	floats := []float64{math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 5e-324, math.MaxFloat64}
	got := seen(box("float64", 2, 3), floats).(*Array)
	if !reflect.DeepEqual(got.Shape, []int{2, 3}) {
		t.Errorf("the shape is %v", got.Shape)
	}
	numbers, err := got.Float64s()
	must(t, err)
	for i, x := range numbers {
		if math.Float64bits(x) != math.Float64bits(floats[i]) && !math.IsNaN(floats[i]) {
			t.Errorf("%v became %v", floats[i], x)
		}
	}
	singles := []float32{math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1)), math.MaxFloat32}
	if got := seen(box("float32", 3), singles).(*Array).Data.([]float32); !slices.Equal(got, singles) || !math.Signbit(float64(got[1])) {
		t.Errorf("%v became %v", singles, got)
	}
	wide := []int64{math.MaxInt64, math.MinInt64, 1<<53 + 1}
	if got := seen(box("int64", 3), wide).(*Array).Data.([]int64); !slices.Equal(got, wide) {
		t.Errorf("%v became %v", wide, got)
	}
	unsigned := map[string]any{"type": "Box", "low": 0, "high": uint64(math.MaxUint64), "shape": []int{2}, "dtype": "uint64"}
	if got := seen(unsigned, []uint64{math.MaxUint64, 1<<53 + 1}).(*Array).Data.([]uint64); got[0] != math.MaxUint64 || got[1] != 1<<53+1 {
		t.Errorf("uint64 became %v", got)
	}
	far := map[string]any{"type": "Discrete", "n": 9, "start": uint64(1) << 63, "dtype": "uint64"}
	if got := seen(far, uint64(1)<<63+5); got != uint64(1)<<63+5 {
		t.Errorf("a Discrete became %v (%T)", got, got)
	}
}

// An environment that writes its observations in place is none the wiser.
func TestObservationInPlace(t *testing.T) {
	env := makeEnv(t, envs+"GoInPlace-v0")
	obs := MakeBuffer(env.ObservationSpace())
	pixels, err := View[uint8](obs, env.ObservationSpace())
	must(t, err)
	for range 2 {
		must(t, env.ResetNative(obs))
		_, err = env.StepNative(MakeBuffer(env.ActionSpace()), obs)
		must(t, err)
		if !slices.Equal(pixels, []uint8{2, 2, 2, 2, 2, 2}) {
			t.Errorf("StepNative gave %v", pixels)
		}
		if _, err := env.Observation(); err != nil && !errors.Is(err, ErrUnsupported) {
			t.Errorf("Observation gave %v", err)
		}
		first, err := env.ResetAny()
		must(t, err)
		if array := first.(*Array); !reflect.DeepEqual(array.Shape, []int{2, 3}) || array.Data.([]uint8)[5] != 1 {
			t.Errorf("ResetAny gave %v", array)
		}
		next, _, err := env.StepAny(0)
		must(t, err)
		if array := next.(*Array); array.Data.([]uint8)[0] != 2 || pixels[0] != 2 {
			t.Errorf("StepAny gave %v, and the old buffer is %v", array, pixels)
		}
	}
}

// Every error names the leaf by its path.
func TestSpaceErrorsNameTheLeaf(t *testing.T) {
	env := makeEnv(t, echo, WithKwarg("observation_space", map[string]any{"type": "Dict", "spaces": map[string]any{
		"camera": map[string]any{"type": "Tuple", "spaces": []any{
			map[string]any{"type": "Discrete", "n": 2}, map[string]any{"type": "Discrete", "n": 2},
			map[string]any{"type": "Box", "low": nil, "high": nil, "shape": []int{2}, "dtype": "int64"},
		}},
	}}))
	space := env.ObservationSpace()
	_, err := env.ResetAny(ResetSeed(1))
	must(t, err)
	wide := map[string]any{"camera": []any{0, 1, []int64{1, 1<<53 + 1}}}
	_, _, err = env.StepAny(wide)
	must(t, err)
	says := func(err error, code Code, words string) {
		t.Helper()
		if !errors.Is(err, code) || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, not %v with %s", err, code, words)
		}
	}
	_, err = env.Reset(ResetOptions(map[string]any{"last": true}))
	says(err, ErrInexact, `observation["camera"][2]`)
	_, _, err = env.Step([]float64{0, 1, 0.5, 0})
	says(err, ErrAction, `action["camera"][2]`)
	_, _, err = env.StepAny(map[string]any{"camera": []any{0, 1, make(chan int)}})
	says(err, ErrAction, `action["camera"][2]`)
	_, err = space.Flatten([]float64{0, 7, 0, 0})
	says(err, ErrElement, `element["camera"][1]`)
	_, err = space.FlattenAny(map[string]any{"camera": []any{0, 1, "no"}})
	says(err, ErrElement, `element["camera"][2]`)
	if inside, err := space.ContainsAny(wide); err != nil || !inside {
		t.Errorf("ContainsAny gave %v, %v", inside, err)
	}
	if inside, err := space.ContainsAny(map[string]any{"camera": []any{0, 1, "no"}}); err != nil || inside {
		t.Errorf("ContainsAny gave %v, %v", inside, err)
	}
	// Nothing was written, and lengths are told.
	obs := []float64{7, 7, 7, 7}
	if _, err = env.StepInto([]float64{0, 1, 0.5, 0}, obs); !errors.Is(err, ErrAction) || obs[0] != 7 {
		t.Errorf("a failed step gave %v, %v", obs, err)
	}
	buffer := MakeBuffer(space)
	_, err = env.StepNative(buffer[1:], buffer)
	says(err, ErrBuffer, "31")
	_, err = env.StepNative(buffer, buffer[:3])
	says(err, ErrBuffer, "3")
	says(env.ResetNative(nil), ErrBuffer, "0")
	_, err = space.ContainsNative(buffer[1:])
	says(err, ErrBuffer, "31")
	says(space.SampleInto(obs[:3]), ErrBuffer, "3")
	says(space.SampleNative(buffer[:3]), ErrBuffer, "3")
	_, err = space.Flatten(obs[:3])
	says(err, ErrBuffer, "3")
	_, err = space.Unflatten(obs[:3])
	says(err, ErrBuffer, "3")
	says(space.FlattenInto([]float64{0, 1, 0, 0}, nil), ErrBuffer, "0")
}

func TestNewSpace(t *testing.T) {
	needPython(t)
	space, err := NewSpace(`{"type": "Dict", "spaces": {"b": {"type": "Discrete", "n": 3, "start": -1},
		"a": {"type": "Box", "low": 0, "high": 255, "shape": [2, 2], "dtype": "uint8"}}}`)
	must(t, err)
	dict := space.(*DictSpace)
	if !reflect.DeepEqual(dict.Keys, []any{"a", "b"}) || space.NBytes() != 16 || space.Flatdim() != 7 || space.FlatDtype() != "int64" {
		t.Errorf("%s: %d bytes, %d flat elements of dtype %s", space, space.NBytes(), space.Flatdim(), space.FlatDtype())
	}
	must(t, space.Seed(5))
	x, err := space.Sample()
	must(t, err)
	flat, err := space.Flatten(x)
	must(t, err)
	back, err := space.Unflatten(flat)
	must(t, err)
	if !space.Contains(x) || !slices.Equal(back, x) || len(flat) != 7 {
		t.Errorf("%v is flat %v, and back %v", x, flat, back)
	}
	// Its parts are spaces too, and draw from the same numbers.
	seeds, err := space.SeedAny(5)
	must(t, err)
	parts := seeds.(map[string]any)
	child := dict.Spaces[1]
	_, err = child.SeedAny(parts["b"])
	must(t, err)
	var first []float64
	for range 3 {
		number, err := child.Sample()
		must(t, err)
		first = append(first, number...)
	}
	must(t, space.Seed(5))
	for _, want := range first {
		x, err := space.Sample()
		must(t, err)
		if x[4] != want {
			t.Errorf("the part drew %v, the whole %v", want, x[4])
		}
	}
	if random, err := space.SeedAny(nil); err != nil || len(random.(map[string]any)) != 2 {
		t.Errorf("random seeds are %v, %v", random, err)
	}
	if err := space.Seed(-1); !errors.Is(err, ErrArgument) {
		t.Errorf("Seed(-1) gave %v", err)
	}
	if err := child.Close(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("closing a part gave %v", err)
	}
	must(t, space.Close())
	for _, err := range []error{space.Close(), second(space.Sample()), second(child.Sample()), second(space.ContainsNative(make([]byte, 16))),
		second(child.Flatten([]float64{1})), second(space.SampleAny()), second(space.SeedAny(1)), second(dict.Spaces[0].Sample())} {
		if !errors.Is(err, ErrHandle) {
			t.Errorf("a call on a closed space gave %v", err)
		}
	}
	if !space.Contains(x) {
		t.Error("a closed space has forgotten what it contains")
	}

	for description, code := range map[string]Code{
		``: ErrJSON, `{`: ErrJSON, `[]`: ErrJSON, `{"type": "Sphere"}`: ErrSpace, `{"type": "Discrete", "n": 0}`: ErrSpace,
		"{\"type\": \"Discrete\", \"n\": 2}\x00": ErrArgument,
	} {
		if space, err := NewSpace(description); space != nil || !errors.Is(err, code) && !(description == "[]" && errors.Is(err, ErrSpace)) {
			t.Errorf("%q gave %v, %v", description, space, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestSampleOptions(t *testing.T) {
	needPython(t)
	made := func(description string) Space {
		space, err := NewSpace(description)
		must(t, err)
		t.Cleanup(func() { must(t, space.Close()) })
		return space
	}
	discrete := made(`{"type": "Discrete", "n": 4}`)
	for range 20 {
		for _, mask := range []any{[]int8{0, 0, 1, 0}, []int{0, 0, 1, 0}, []bool{false, false, true, false}, []any{0, 0, 1, 0},
			&Array{"int8", []int{4}, []int8{0, 0, 1, 0}}, NDArray{[]int8{0, 0, 1, 0}, nil, ""}} {
			if x, err := discrete.Sample(SampleMask(mask)); err != nil || x[0] != 2 {
				t.Fatalf("the mask %v gave %v, %v", mask, x, err)
			}
		}
		if x, err := discrete.SampleAny(SampleProbability([]float64{0, 0, 0, 1})); err != nil || x != int64(3) {
			t.Fatalf("a probability gave %v, %v", x, err)
		}
		native := make([]byte, 8)
		if err := discrete.SampleNative(native, nil, SampleMask([]int{0, 1, 0, 0})); err != nil || native[0] != 1 {
			t.Fatalf("a mask gave % x, %v", native, err)
		}
	}
	if _, err := discrete.Sample(SampleMask([]int{1}), SampleProbability([]float64{1})); !errors.Is(err, ErrPython) {
		t.Errorf("a mask and a probability gave %v", err)
	}
	if _, err := discrete.Sample(SampleMask(func() {})); !errors.Is(err, ErrJSON) || !strings.Contains(err.Error(), "mask") {
		t.Errorf("no mask at all gave %v", err)
	}
	dict := made(`{"type": "Dict", "spaces": {"a": {"type": "Discrete", "n": 4}, "b": {"type": "MultiBinary", "n": 2}}}`)
	if x, err := dict.Sample(SampleMask(map[string]any{"a": []int{0, 1, 0, 0}, "b": []int{1, 0}})); err != nil || !slices.Equal(x, []float64{1, 1, 0}) {
		t.Errorf("the mask of a dict gave %v, %v", x, err)
	}
	text := made(`{"type": "Text", "max_length": 4, "charset": "abc"}`)
	if x, err := text.SampleAny(SampleMask([]any{3, []int8{0, 1, 0}})); err != nil || x != "bbb" {
		t.Errorf("the mask of a text gave %v, %v", x, err)
	}
	graph := made(`{"type": "Graph", "node_space": {"type": "Discrete", "n": 4}, "edge_space": {"type": "Discrete", "n": 2}}`)
	x, err := graph.SampleAny(SampleNumNodes(5), SampleNumEdges(3))
	must(t, err)
	fields := x.(map[string]any)
	if nodes, links := fields["nodes"].(*Array), fields["edge_links"].(*Array); nodes.Len() != 5 || links.Len() != 6 {
		t.Errorf("a graph of %v", fields)
	}
}

// The spaces of an environment go with it.
func TestSpacesOfClosedEnv(t *testing.T) {
	env := makeEnv(t, echo, WithKwarg("observation_space", "tuple"))
	observations, actions := env.ObservationSpace(), env.ActionSpace()
	_, err := observations.(*TupleSpace).Spaces[0].Sample()
	must(t, err)
	_, err = actions.SampleAny()
	must(t, err)
	x, err := actions.Sample()
	must(t, err)
	if err := actions.Close(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Close gave %v", err)
	}
	must(t, env.Close())
	_, _, stepped := env.StepAny([]any{0, []float64{0, 0}})
	_, native := env.StepNative(MakeBuffer(actions), MakeBuffer(observations))
	for i, err := range []error{second(actions.Sample()), second(actions.SampleAny()), second(observations.Sample()),
		second(observations.(*TupleSpace).Spaces[0].Sample()), second(actions.Flatten(x)), actions.Seed(1), observations.Seed(1),
		second(actions.ContainsAny(0)), second(env.ResetAny()), second(env.Observation()), stepped, native, env.ResetNative(nil),
		actions.SampleNative(MakeBuffer(actions))} {
		if !errors.Is(err, ErrHandle) {
			t.Errorf("call %d on the closed environment gave %v", i, err)
		}
	}
	if !actions.Contains(x) || actions.String() == "" {
		t.Error("a space of a closed environment cannot be read")
	}
	var zero *Env
	_, _, stepped = zero.StepAny(1)
	_, native = zero.StepNative(nil, nil)
	for i, err := range []error{stepped, native, zero.ResetNative(nil), second(zero.ResetAny()), second(zero.Observation()),
		second((&Env{}).ResetAny()), second((&Env{}).Observation())} {
		if !errors.Is(err, ErrHandle) {
			t.Errorf("call %d on no environment gave %v", i, err)
		}
	}
}

// A forgotten space is closed by the garbage collector, and one in use is not.
func TestForgottenSpaces(t *testing.T) {
	needPython(t)
	deadline := time.Now().Add(10 * time.Second)
	var handle cgym.Space
	func() {
		space, err := NewSpace(`{"type": "Tuple", "spaces": [{"type": "Discrete", "n": 3}]}`)
		must(t, err)
		child := space.(*TupleSpace).Spaces[0]
		space = nil
		for range 3 {
			runtime.GC()
			_, err := child.Sample()
			must(t, err)
		}
		handle = child.base().node.root.opened[0]
	}()
	for {
		runtime.GC()
		time.Sleep(time.Millisecond)
		call := cgym.NewCall()
		if _, code := cgym.SpaceContainsNative(call, handle, make([]byte, 8)); errors.Is(failure(call, code), ErrHandle) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a forgotten space is still open")
		}
	}
}

func TestSpacesInParallel(t *testing.T) {
	shared, err := NewSpace(`{"type": "Dict", "spaces": {"a": {"type": "Discrete", "n": 4}, "b": {"type": "Tuple", "spaces": [
		{"type": "Box", "low": -1, "high": 1, "shape": [3], "dtype": "float32"}]}}}`)
	if !hasCgo {
		t.Skip("built without cgo")
	}
	must(t, err)
	env := makeEnv(t, echo, WithKwarg("observation_space", "dict-every-kind"))
	_, err = env.Reset(ResetSeed(1))
	must(t, err)
	use := func(space Space) error {
		x, err := space.Sample()
		if err != nil {
			return err
		}
		flat, err := space.Flatten(x)
		if err != nil {
			return err
		}
		native := MakeBuffer(space)
		if err := space.SampleNative(native); err != nil {
			return err
		}
		inside, err := space.ContainsNative(native)
		if back, err := space.Unflatten(flat); err != nil || !slices.Equal(back, x) || !inside || !space.Contains(x) {
			return fmt.Errorf("%v, %v, %v", back, inside, err)
		}
		return err
	}
	must(t, inParallel(16, func(i int) error {
		spaces := []Space{shared, env.ActionSpace(), env.ObservationSpace()}
		for _, space := range spaces[:3] {
			spaces = append(spaces, children(space)...)
		}
		for j := range 60 {
			if err := use(spaces[(i+j)%len(spaces)]); err != nil {
				return err
			}
			if i%4 == 0 {
				action, err := env.ActionSpace().SampleAny()
				if err != nil {
					return err
				}
				if _, _, err := env.StepAny(action); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	// Closed while others use it: they get a result or ErrHandle.
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				if err := use(shared); errors.Is(err, ErrHandle) {
					return
				} else if err != nil && !strings.Contains(err.Error(), "closed") {
					t.Error(err)
					return
				}
			}
		}()
	}
	must(t, shared.Close())
	group.Wait()
}
