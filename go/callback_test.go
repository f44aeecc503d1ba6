package gogym

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"

	"example.com/gogym/internal/cgym"
)

func custom(name string, args map[string]any) Wrapper {
	return CustomWrapper{Name: "gogym_go_wrappers:" + name, Args: args}
}

type scaleFunc func(float64) float64

type pickyFunc func(float64) (float64, error)

// Functions of every type that AddCallback names, and of named types.
func TestCallbackTypes(t *testing.T) {
	for _, test := range []struct {
		function any
		argument string // the method of Calls in gogym_go_wrappers
		want     string
	}{
		{func(reward float64) float64 { return 2 * reward }, "0.25", "0.5"},
		{scaleFunc(func(reward float64) float64 { return 2 * reward }), "0.25", "0.5"},
		{func(reward float64) (float64, error) { return math.Inf(1), nil }, "1.0", "inf"},
		{pickyFunc(func(reward float64) (float64, error) { return -reward, nil }), "1.0", "-1.0"},
		{func(count int) bool { return count > 2 }, "3", "True"},
		{func(count int) bool { return count > 2 }, "2", "False"},
		{func(count int) (bool, error) { return count == -1<<40, nil }, "-2**40", "True"},
		{func(in, out []float64) error { out[0] = in[1]; return nil }, "np.array([1.5, 2.5], np.float32)", "array([2.5, 0. ], dtype=float32)"},
		{func(in, out *Array) error { copy(out.Data.([]int16), in.Data.([]int16)); return nil }, "np.array([[7]], np.int16)", "array([[7]], dtype=int16)"},
		{func(in, out []float64) error { out[0] = in[0] + 1; return nil }, "np.float64(3)", "np.float64(4.0)"},
	} {
		env := makeEnv(t, "CartPole-v1", WithWrappers(custom("Calls", map[string]any{"func": test.function, "with": test.argument})))
		_, err := env.Reset()
		must(t, err)
		info, err := env.Info()
		must(t, err)
		if got, _ := info.Get("result"); got != test.want {
			t.Errorf("%T of %s gave %v, not %s", test.function, test.argument, got, test.want)
		}
	}
}

// What a function is not for is an error, not a crash.
func TestCallbackMisuse(t *testing.T) {
	reward := func(reward float64) float64 { return reward }
	array := func(in, out []float64) error { return nil }
	for _, test := range []struct {
		function any
		argument string
		says     string
	}{
		{reward, `"x"`, "is for rewards"},
		{func(int) bool { return true }, "1.5", "is a trigger"},
		{array, `"x"`, "is for arrays"},
		{array, "np.array([1j])", "an array of dtype complex128 has no float64 form"},
		{array, "np.array([2**53 + 1])", "cannot hold 9007199254740993 exactly"},
		{func(in, out []float64) error { out[1] = 0.5; return nil }, "np.array([1, 2])", "out[1] is 0.5, which is no element of dtype int64"},
		{func(in, out []float64) error { out[0] = 1 << 63; return nil }, "np.array([1, 2])", "no element of dtype int64"},
		{func(in, out []float64) error { out[0] = math.NaN(); return nil }, "np.array([1], np.uint8)", "out[0] is NaN"},
		{func(in, out []float64) error { out[0] = -1; return nil }, "np.array([1], np.uint16)", "dtype uint16"},
		{func(in, out []float64) error { out[0] = 2; return nil }, "np.array([True])", "out[0] is 2, which is no element of dtype bool"},
		{func(in, out *Array) error { out.Data = []float32{1}; return nil }, "np.array([1], np.float32)", "replaced out.Data"},
		{func(in, out *Array) error { out.Data = out.Data.([]float32)[:1]; return nil }, "np.zeros(2, np.float32)", "replaced out.Data"},
	} {
		env := makeEnv(t, "CartPole-v1", WithWrappers(custom("Calls", map[string]any{"func": test.function, "with": test.argument})))
		_, err := env.Reset()
		if !errors.Is(err, ErrCallback) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%T of %s gave %v; want %s", test.function, test.argument, err, test.says)
		}
	}
}

// Arrays of every dtype, as arrays and as numbers: in is doubled, and comes out as such.
func TestCallbackDtypes(t *testing.T) {
	for _, dtype := range []string{"bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"} {
		numbers := func(in, out []float64) error {
			for i := range in {
				if out[i] != 0 {
					return fmt.Errorf("out[%d] is %v", i, out[i])
				}
				out[i] = in[i] + 1
				if dtype == "bool" {
					out[i] = 1 - in[i]
				}
			}
			return nil
		}
		arrays := func(in, out *Array) error {
			if in.Dtype != dtype || out.Dtype != dtype || !slices.Equal(in.Shape, []int{2, 3}) || !slices.Equal(out.Shape, []int{2, 3}) {
				return fmt.Errorf("from %v to %v", in, out)
			}
			x, err := in.Float64s()
			if err != nil {
				return err
			}
			slot := arraySlot{data: out.Data, numbers: make([]float64, len(x)), dtype: dtype}
			if err := numbers(x, slot.numbers); err != nil {
				return err
			}
			in.Shape[0], out.Shape, out.Dtype = 7, nil, "mine" // does no harm
			if dtype == "float64" {
				copy(out.Data.([]float64), slot.numbers)
			}
			return slot.fromNumbers()
		}
		var seen [2][][]float64
		for i, function := range []any{numbers, arrays} {
			env := makeEnv(t, "gogym_go_wrappers:GoStretched-v0", WithKwarg("kind", dtype),
				WithWrappers(named("TransformObservation", WrapperArgument{"func", function}, WrapperArgument{"observation_space", nil})))
			plain := makeEnv(t, "gogym_go_wrappers:GoStretched-v0", WithKwarg("kind", dtype))
			for range 5 {
				obs, err := env.Reset()
				must(t, err)
				before, err := plain.Reset()
				must(t, err)
				want := make([]float64, len(before))
				must(t, numbers(before, want))
				if dtype == "float16" {
					for i, number := range want {
						want[i] = roundToFloat16(number)
					}
				}
				if dtype == "float32" {
					for i, number := range want {
						want[i] = float64(float32(number))
					}
				}
				if !slices.Equal(obs, want) {
					t.Errorf("%s: got %v, not %v", dtype, obs, want)
				}
				seen[i] = append(seen[i], obs)
			}
		}
		if len(seen[0]) != 5 || len(seen[1]) != 5 {
			t.Errorf("%s: not all were called", dtype)
		}
	}
}

// Elements of spaces of every kind come as arrays of their dtype, or as float64 numbers.
func TestCallbackSpaces(t *testing.T) {
	for _, test := range []struct {
		kind  string
		dtype string
		shape []int
	}{
		{"scalar", "float32", []int{}},
		{"empty", "float32", []int{0}},
		{"discrete", "int64", []int{}},
		{"multi_discrete", "int64", []int{2, 2}},
		{"multi_binary", "int8", []int{3}},
		{"text", "int32", []int{4}},
		{"tuple", "float64", []int{3}},
		{"dict", "float64", []int{6}},
	} {
		calls := 0
		same := func(in, out *Array) error {
			calls++
			if in.Dtype != test.dtype || out.Dtype != test.dtype || !slices.Equal(in.Shape, test.shape) || !slices.Equal(out.Shape, test.shape) {
				return fmt.Errorf("from %v to %v", in, out)
			}
			copy(dataBytes(out.Data), dataBytes(in.Data))
			return nil
		}
		numbers := func(in, out []float64) error {
			calls++
			if len(in) != len(out) {
				return fmt.Errorf("from %d to %d", len(in), len(out))
			}
			copy(out, in)
			return nil
		}
		env := makeEnv(t, "gogym_go_wrappers:GoStretched-v0", WithKwarg("kind", test.kind), WithWrappers(
			named("TransformObservation", WrapperArgument{"func", same}, WrapperArgument{"observation_space", nil}),
			named("TransformObservation", WrapperArgument{"func", numbers}, WrapperArgument{"observation_space", nil})))
		plain := makeEnv(t, "gogym_go_wrappers:GoStretched-v0", WithKwarg("kind", test.kind))
		for range 4 {
			obs, err := env.Reset()
			must(t, err)
			want, err := plain.Reset()
			must(t, err)
			if !slices.Equal(obs, want) {
				t.Errorf("%s: got %v, not %v", test.kind, obs, want)
			}
		}
		if calls != 8 {
			t.Errorf("%s: %d calls", test.kind, calls)
		}
	}
}

// From one space to another, for observations and for actions.
func TestCallbackToOtherSpace(t *testing.T) {
	wide := makeEnv(t, "Pendulum-v1", WithWrappers(named("RescaleAction", WrapperArgument{"min_action", -1.0}, WrapperArgument{"max_action", 1.0})))
	env := makeEnv(t, "Pendulum-v1", WithWrappers(
		named("TransformAction", WrapperArgument{"func", func(in, out []float64) error { out[0] = 2 * in[0]; return nil }},
			WrapperArgument{"action_space", wide.ActionSpace()}),
		named("TransformObservation", WrapperArgument{"func", func(in, out *Array) error {
			copy(out.Data.([]float32), in.Data.([]float32)[:2])
			return nil
		}}, WrapperArgument{"observation_space", newSpace(t, `{"type": "Box", "low": -1, "high": 1, "shape": [2]}`)})))
	plain := makeEnv(t, "Pendulum-v1")
	if env.ActionSpace().String() != wide.ActionSpace().String() || env.ObservationSpace().Size() != 2 {
		t.Errorf("the spaces are %v and %v", env.ActionSpace(), env.ObservationSpace())
	}
	_, err := env.Reset(ResetSeed(3))
	must(t, err)
	_, err = plain.Reset(ResetSeed(3))
	must(t, err)
	for i := range 10 {
		action := float64(i)/10 - 0.5
		got, step, err := env.Step([]float64{action})
		must(t, err)
		want, wanted, err := plain.Step([]float64{2 * action})
		must(t, err)
		if !slices.Equal(got, want[:2]) || step != wanted {
			t.Errorf("got %v, %v; want %v, %v", got, step, want, wanted)
		}
	}
}

func newSpace(t *testing.T, description string) Space {
	t.Helper()
	needPython(t)
	space, err := NewSpace(description)
	must(t, err)
	t.Cleanup(func() { must(t, space.Close()) })
	return space
}

func TestCallbackErrors(t *testing.T) {
	failing := errors.New("not in the mood")
	var err error
	env := makeEnv(t, "CartPole-v1", WithWrappers(transformReward(func(reward float64) (float64, error) { return reward, err })))
	_, e := env.Reset()
	must(t, e)
	step := func() error {
		obs := []float64{7, 7, 7, 7}
		_, err := env.StepInto([]float64{0}, obs)
		if err != nil && !slices.Equal(obs, []float64{7, 7, 7, 7}) {
			t.Errorf("a step that failed wrote %v", obs)
		}
		return err
	}
	for _, err = range []error{failing, fmt.Errorf("wrapped: %w", failing), failing} {
		got := step()
		var gymErr *Error
		if !errors.Is(got, failing) || !errors.Is(got, ErrCallback) || !errors.As(got, &gymErr) || gymErr.Type != "" ||
			got.Error() != "gogym: "+err.Error() {
			t.Errorf("%v gave %v", err, got)
		}
	}
	err = &fs.PathError{Op: "open", Path: "a\x00b\xffc", Err: fs.ErrNotExist}
	got := step()
	var pathErr *fs.PathError
	if !errors.As(got, &pathErr) || pathErr != err || !errors.Is(got, fs.ErrNotExist) || !strings.Contains(got.Error(), `a\x00b\xffc`) {
		t.Errorf("%v gave %v", err, got)
	}
	err = newError(ErrNameNotFound, "%s", strings.Repeat("long ", 1000))
	if got = step(); !errors.Is(got, ErrUnregisteredEnv) || !errors.Is(got, ErrCallback) || !errors.Is(got, err) {
		t.Errorf("gogym's own error gave %v", got)
	}
	err = nil
	must(t, step())
}

func TestCallbackPanics(t *testing.T) {
	var value any
	env := makeEnv(t, "CartPole-v1", WithWrappers(
		transformReward(func(float64) float64 {
			if value != nil {
				panicHere(value)
			}
			return 1
		}),
		named("TransformObservation", WrapperArgument{"func", func(in, out []float64) error { copy(out, in[:len(in)]); return nil }},
			WrapperArgument{"observation_space", nil})))
	_, err := env.Reset()
	must(t, err)
	free := inside.count.Load()
	for _, value = range []any{"oops", fs.ErrClosed, 17} {
		_, _, err := env.Step([]float64{0})
		var panicked *CallbackPanic
		if !errors.As(err, &panicked) || panicked.Value != value || !strings.Contains(string(panicked.Stack), "panicHere") ||
			!errors.Is(err, ErrCallback) || !strings.Contains(err.Error(), "panic in a callback: "+fmt.Sprint(value)) {
			t.Errorf("the panic with %v gave %v", value, err)
		}
		if is := errors.Is(err, fs.ErrClosed); is != (value == any(fs.ErrClosed)) {
			t.Errorf("%v is fs.ErrClosed: %v", err, is)
		}
	}
	value = nil
	_, _, err = env.Step([]float64{0})
	must(t, err)
	if inside.count.Load() != free || callbacksRunning.Load() != 0 {
		t.Errorf("%d places are taken, %d callbacks run", inside.count.Load(), callbacksRunning.Load())
	}
	odd := makeEnv(t, "CartPole-v1", WithWrappers(transformReward(func(float64) (float64, error) { return 0, (*fs.PathError)(nil) })))
	_, err = odd.Reset()
	must(t, err)
	var panicked *CallbackPanic
	if _, _, err = odd.Step([]float64{0}); !errors.As(err, &panicked) { // in the error's own method
		t.Errorf("an error that panics gave %v", err)
	}
	bad := makeEnv(t, "CartPole-v1", WithWrappers(named("TransformObservation",
		WrapperArgument{"func", func(in, out []float64) error { out[4] = in[3]; return nil }}, WrapperArgument{"observation_space", nil})))
	if _, err := bad.Reset(); err == nil || !strings.Contains(err.Error(), "index out of range [4] with length 4") {
		t.Errorf("a bad index gave %v", err)
	}
}

func panicHere(value any) { panic(value) }

// Python code may swallow the errors of callbacks; only the last are kept.
func TestCallbackSwallowed(t *testing.T) {
	type numbered struct{ error }
	function := func(i float64) (float64, error) { return 0, numbered{fmt.Errorf("%v: swallowed", i)} }
	env := makeEnv(t, "Pendulum-v1", WithWrappers(custom("Swallows", map[string]any{"func": function, "times": 100})))
	_, err := env.Reset()
	must(t, err)
	for range 10 {
		_, _, err = env.Step([]float64{0})
		must(t, err)
	}
	kept := &env.callbacks[0].failed
	if kept.next != 1000 || len(kept.last) > 300 {
		t.Errorf("%d errors, of which %d are kept", kept.next, len(kept.last))
	}
	if kept.take(1) != nil || kept.take(1001) != nil || kept.take(0) != nil {
		t.Error("there are errors that cannot be there")
	}
	if err := kept.take(999); err == nil || err.Error() != "98: swallowed" || kept.take(999) != nil {
		t.Errorf("the last but one was %v", err)
	}

	last := makeEnv(t, "CartPole-v1", WithWrappers(custom("Swallows", map[string]any{"func": function, "times": 30, "last": true})))
	_, err = last.Reset()
	must(t, err)
	_, _, err = last.Step([]float64{0})
	var found numbered
	if !errors.As(err, &found) || !strings.HasPrefix(found.Error(), "29: ") {
		t.Errorf("got %v", err)
	}
}

func TestAddCallback(t *testing.T) {
	needPython(t)
	before := cgym.KeptCount()
	calls := 0
	remove, err := AddCallback("test/scale", func(reward float64) float64 { calls++; return 4 * reward })
	must(t, err)
	env := makeEnv(t, "CartPole-v1", WithWrappers(transformReward(CallbackName("test/scale"))))
	byKwarg := makeEnv(t, "CartPole-v1", WithKwarg("gogym", map[string]any{"wrappers": []any{
		map[string]any{"name": "TransformReward", "func": CallbackName("test/scale")}}}))
	for _, env := range []*Env{env, byKwarg} {
		_, err = env.Reset()
		must(t, err)
		if _, step, err := env.Step([]float64{0}); err != nil || step.Reward != 4 {
			t.Errorf("got %v, %v", step, err)
		}
	}
	must(t, byKwarg.Close()) // which does not remove it
	if _, step, err := env.Step([]float64{1}); err != nil || step.Reward != 4 || calls != 3 {
		t.Errorf("got %v, %v, %d calls", step, err, calls)
	}
	for _, test := range []struct {
		name     string
		function any
		code     Code
		says     string
	}{
		{"test/scale", func(float64) float64 { return 0 }, ErrCallback, `there is a callback "test/scale" already`},
		{"", func(float64) float64 { return 0 }, ErrCallback, "must not be empty"},
		{"go:1", func(float64) float64 { return 0 }, ErrCallback, `nor begin with "go:"`},
		{"a\x00", func(float64) float64 { return 0 }, ErrArgument, "NUL"},
		{"a\xff", func(float64) float64 { return 0 }, ErrCallback, "UTF-8"},
		{"test/none", nil, ErrArgument, "not <nil>"},
		{"test/none", (func(float64) float64)(nil), ErrArgument, "not nil, not func(float64) float64"},
		{"test/none", 3, ErrArgument, "not int"},
		{"test/none", func(float32) float32 { return 0 }, ErrArgument, "func(float32) float32 cannot be called from Python"},
	} {
		if remove, err := AddCallback(test.name, test.function); remove != nil || !errors.Is(err, test.code) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q, %T gave %v; want %s", test.name, test.function, err, test.says)
		}
	}
	must(t, remove())
	if err := remove(); !errors.Is(err, ErrCallback) || !strings.Contains(err.Error(), "removed already") {
		t.Errorf("the second remove gave %v", err)
	}
	if _, _, err := env.Step([]float64{1}); !errors.Is(err, ErrCallback) || !strings.Contains(err.Error(), "has been removed") {
		t.Errorf("a step with a callback that is gone gave %v", err)
	}
	if _, err := Make("CartPole-v1", WithWrappers(transformReward(CallbackName("test/scale")))); !errors.Is(err, ErrCallback) {
		t.Errorf("a wrapper with a callback that is gone gave %v", err)
	}
	checkCallbacks(t, before)
}

// A nil function is None.
func TestCallbackNil(t *testing.T) {
	env := makeEnv(t, envs+"GoKwargs-v0", WithKwarg("f", (func(float64) float64)(nil)))
	_, err := env.Reset()
	must(t, err)
	info, err := env.Info()
	must(t, err)
	kwargs, _ := info.Get("kwargs")
	if f, found := kwargs.(*Dict).Get("f"); f != nil || !found {
		t.Errorf("got %v", f)
	}
	if _, err := env.Reset(ResetOptions(map[string]any{"f": func(float64) float64 { return 1 }})); !errors.Is(err, ErrJSON) ||
		!strings.Contains(err.Error(), "can be passed to Make and Wrap only") {
		t.Errorf("a function among the options of a reset gave %v", err)
	}
}

// The functions of an environment live as long as it does, whatever becomes of it.
func TestCallbackLifetime(t *testing.T) {
	needPython(t)
	before := cgym.KeptCount()
	for range 20 {
		env, err := Make("CartPole-v1", WithWrappers(scaleReward(2), scaleReward(3)))
		must(t, err)
		wrapped, err := env.Wrap(scaleReward(5))
		must(t, err)
		if _, err := wrapped.Wrap(scaleReward(7), named("NoSuchWrapper")); !errors.Is(err, ErrWrapper) {
			t.Fatalf("got %v", err)
		}
		if kept := cgym.KeptCount(); kept != before+3 {
			t.Fatalf("%d callbacks are kept, not %d", kept, before+3)
		}
		if err := env.Close(); !errors.Is(err, ErrHandle) {
			t.Fatalf("got %v", err)
		}
		must(t, wrapped.Close())
		if _, err := Make(envs+"GoFails-v0", WithKwarg("where", "init"), WithWrappers(scaleReward(2))); err == nil {
			t.Fatal("no error")
		}
		failing, err := Make(envs+"GoFails-v0", WithKwarg("where", "close"), WithWrappers(scaleReward(2)))
		must(t, err)
		if err := failing.Close(); !errors.Is(err, ErrPython) {
			t.Fatalf("got %v", err)
		}
		if _, err := Make("CartPole-v1", WithWrappers(scaleReward(2), custom("EagerReset", map[string]any{"fail": true}))); err == nil ||
			!strings.Contains(err.Error(), "no more") {
			t.Fatalf("got %v", err)
		}
	}
	checkCallbacks(t, before)
}

// A clone has the same functions, which live until the last of those that use them is closed.
func TestCallbackClone(t *testing.T) {
	needPython(t)
	before := cgym.KeptCount()
	for _, cloneFirst := range []bool{true, false} {
		env, err := Make("CartPole-v1", WithWrappers(scaleReward(2)))
		must(t, err)
		_, err = env.Reset()
		must(t, err)
		clone, err := env.Clone()
		must(t, err)
		wrapped, err := clone.Wrap(scaleReward(3))
		must(t, err)
		reward := func(env *Env) float64 {
			t.Helper()
			_, step, err := env.Step([]float64{0})
			must(t, err)
			return step.Reward
		}
		_, err = wrapped.Reset()
		must(t, err)
		if a, b := reward(env), reward(wrapped); a != 2 || b != 6 {
			t.Errorf("the rewards are %v and %v", a, b)
		}
		first, second, want := env, wrapped, 6.0
		if cloneFirst {
			first, second, want = wrapped, env, 2
		}
		must(t, first.Close())
		if got := reward(second); got != want {
			t.Errorf("the reward is %v, not %v", got, want)
		}
		must(t, second.Close())
	}
	checkCallbacks(t, before)
}

// Callbacks that are called while the environment is made.
func TestCallbackInMake(t *testing.T) {
	calls := 0
	count := func(reward float64) float64 { calls++; return reward }
	env := makeEnv(t, "CartPole-v1", WithWrappers(transformReward(count), custom("EagerReset", nil)))
	failing := errors.New("too early")
	_, err := Make("CartPole-v1", WithWrappers(transformReward(func(float64) (float64, error) { return 0, failing }), custom("EagerReset", nil)))
	if !errors.Is(err, failing) || !errors.Is(err, ErrCallback) || calls != 1 {
		t.Errorf("got %v, %d calls", err, calls)
	}
	var inner error
	wrapped, err := env.Wrap(transformReward(func(reward float64) float64 {
		_, inner = env.Info()
		return reward
	}), custom("EagerReset", nil))
	must(t, err)
	defer wrapped.Close()
	if !errors.Is(inner, ErrBusy) || calls != 2 {
		t.Errorf("Info in Wrap gave %v, %d calls", inner, calls)
	}
}

func TestCallbackAllocations(t *testing.T) {
	calls := 0.0
	env := makeEnv(t, "Pendulum-v1", WithMaxEpisodeSteps(-1), WithWrappers(
		transformReward(func(reward float64) float64 { calls++; return reward }),
		transformReward(func(reward float64) (float64, error) { return reward, nil })))
	numbers := makeEnv(t, "Pendulum-v1", WithMaxEpisodeSteps(-1), WithWrappers(
		named("TransformObservation", WrapperArgument{"func", func(in, out []float64) error { copy(out, in); return nil }},
			WrapperArgument{"observation_space", nil})))
	arrays := makeEnv(t, "Pendulum-v1", WithMaxEpisodeSteps(-1), WithWrappers(
		named("TransformObservation", WrapperArgument{"func", func(in, out *Array) error {
			copy(out.Data.([]float32), in.Data.([]float32))
			return nil
		}}, WrapperArgument{"observation_space", nil})))
	obs, action := make([]float64, 3), []float64{0.5}
	for name, env := range map[string]*Env{"rewards": env, "numbers": numbers, "arrays": arrays} {
		must(t, env.ResetInto(obs))
		var failed error
		allocations := testing.AllocsPerRun(500, func() {
			if _, err := env.StepInto(action, obs); err != nil {
				failed = err
			}
		})
		must(t, failed)
		if allocations != 0 && (name == "rewards" || !raceDetector) { // the race detector has sync.Pool forget
			t.Errorf("%s: a step allocates %v times", name, allocations)
		}
	}
	if calls < 500 {
		t.Errorf("%v calls", calls)
	}
}
