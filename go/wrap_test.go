package gogym

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"example.com/gogym/internal/cgym"
)

// named is a wrapper of Gymnasium; package wrappers, which has them all, cannot be used here.
func named(name string, arguments ...WrapperArgument) Wrapper {
	return testWrapper{name, arguments}
}

type testWrapper struct {
	name      string
	arguments []WrapperArgument
}

func (w testWrapper) Wrapper() (string, []WrapperArgument, error) { return w.name, w.arguments, nil }

func timeLimit(steps int) Wrapper {
	return named("TimeLimit", WrapperArgument{"max_episode_steps", steps})
}

func transformReward(f any) Wrapper {
	return named("TransformReward", WrapperArgument{"func", f})
}

func scaleReward(factor float64) Wrapper {
	return transformReward(func(reward float64) float64 { return factor * reward })
}

func TestWithWrappers(t *testing.T) {
	env := makeEnv(t, "CartPole-v1", WithKwarg("gogym", map[string]any{"legacy": false}),
		WithWrappers(named("FrameStackObservation", WrapperArgument{"stack_size", 4}), scaleReward(10)), WithWrappers(timeLimit(3)))
	if shape := env.ObservationSpace().Shape(); !slices.Equal(shape, []int{4, 4}) {
		t.Errorf("the shape is %v", shape)
	}
	obs, err := env.Reset(ResetSeed(1))
	must(t, err)
	if len(obs) != 16 || !slices.Equal(obs[:4], obs[12:]) {
		t.Errorf("the first observation is %v", obs)
	}
	for i := range 3 {
		_, step, err := env.Step([]float64{0})
		must(t, err)
		if step.Reward != 10 || step.Truncated != (i == 2) {
			t.Errorf("step %d gave %+v", i, step)
		}
	}
}

func TestWithWrappersErrors(t *testing.T) {
	needPython(t)
	before := cgym.KeptCount()
	failing := errors.New("not today")
	nested := map[string]any{"wrappers": []Wrapper{timeLimit(2)}}
	for _, test := range []struct {
		options []Option
		code    Code
		says    string
	}{
		{[]Option{WithWrappers(nil)}, ErrArgument, "the option gogym.wrappers.0: a wrapper is nil"},
		{[]Option{WithWrappers((*testWrapper)(nil))}, ErrArgument, "a wrapper is nil, a *gogym.testWrapper"},
		{[]Option{WithWrappers(failingWrapper{failing})}, ErrArgument, "gogym.wrappers.0: not today"},
		{[]Option{WithWrappers(timeLimit(1), named("X", WrapperArgument{"name", 1}))}, ErrArgument, "cannot be called \"name\""},
		{[]Option{WithWrappers(transformReward(func() {}))}, ErrJSON, "gogym.wrappers.0.func: a function of type func() cannot be"},
		{[]Option{WithWrappers(scaleReward(1), transformReward(make(chan int)))}, ErrJSON, "gogym.wrappers.1.func: a value of type chan int"},
		{[]Option{WithWrappers(scaleReward(1), named("NoSuchWrapper"))}, ErrWrapper, "NoSuchWrapper"},
		{[]Option{WithWrappers(scaleReward(1), named("ClipAction"))}, ErrWrapper, "ClipAction"},
		{[]Option{WithWrappers(scaleReward(1), named("TimeLimit"))}, ErrWrapper, "max_episode_steps"},
		{[]Option{WithWrappers(timeLimit(1)), WithKwarg("gogym", nested)}, ErrArgument, "both in WithWrappers"},
		{[]Option{WithWrappers(timeLimit(1)), WithKwarg("gogym", 1)}, ErrArgument, "not a int"},
		{[]Option{WithWrappers(scaleReward(1)), WithKwarg("no_such_argument", 1)}, ErrPython, "no_such_argument"},
	} {
		env, err := Make("CartPole-v1", test.options...)
		if env != nil || !errors.Is(err, test.code) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("got %v; want %v, %s", err, test.code, test.says)
		}
	}
	if _, err := Make("CartPole-v1", WithWrappers(failingWrapper{failing})); !errors.Is(err, failing) {
		t.Errorf("%v is not the wrapper's own error", err)
	}
	checkCallbacks(t, before)
}

type failingWrapper struct{ err error }

func (w failingWrapper) Wrapper() (string, []WrapperArgument, error) { return "", nil, w.err }

// checkCallbacks fails where there are more callbacks than before, in Go or in Python.
func checkCallbacks(t *testing.T, before int) {
	t.Helper()
	if kept := cgym.KeptCount(); kept != before {
		t.Errorf("%d callbacks are kept in Go; before there were %d", kept, before)
	}
	if registered := registeredCallbacks(t); registered != before {
		t.Errorf("%d callbacks are registered in Python; before there were %d", registered, before)
	}
}

// registeredCallbacks counts what the error for an unknown callback lists.
func registeredCallbacks(t *testing.T) int {
	t.Helper()
	_, err := Make("CartPole-v1", WithKwarg("x", CallbackName("no such callback")))
	if !errors.Is(err, ErrCallback) {
		t.Fatalf("an unknown callback gave %v", err)
	}
	_, list, found := strings.Cut(err.Error(), "registered now: ")
	if !found {
		t.Fatalf("%v does not list what is registered", err)
	}
	return strings.Count(list, `"`) / 2
}

func TestWrap(t *testing.T) {
	needPython(t)
	before := cgym.KeptCount()
	plain, err := Make("CartPole-v1", WithWrappers(scaleReward(2)))
	must(t, err)
	_, err = plain.Reset()
	must(t, err)
	spaces := []Space{plain.ObservationSpace(), plain.ActionSpace()}
	for _, space := range spaces {
		_, err = space.SampleAny()
		must(t, err)
	}
	must(t, plain.Seed(5))

	// What fails changes nothing.
	failed, err := plain.Wrap(scaleReward(3), named("RescaleObservation"))
	if failed != nil || !errors.Is(err, ErrWrapper) || !strings.Contains(err.Error(), "RescaleObservation") {
		t.Errorf("a wrapper without its arguments gave %v", err)
	}
	if failed, err = plain.Wrap(transformReward(1.5i)); failed != nil || !errors.Is(err, ErrJSON) ||
		!strings.Contains(err.Error(), "the option wrappers.0.func: ") {
		t.Errorf("a complex number gave %v", err)
	}
	if failed, err = plain.Wrap(nil); failed != nil || !errors.Is(err, ErrArgument) {
		t.Errorf("a nil wrapper gave %v", err)
	}
	if kept := cgym.KeptCount(); kept != before+1 {
		t.Errorf("there are %d callbacks, not %d", kept, before+1)
	}
	_, step, err := plain.Step([]float64{1})
	must(t, err)
	if step.Reward != 2 {
		t.Errorf("the reward is %v", step.Reward)
	}

	env, err := plain.Wrap(scaleReward(5), named("ReshapeObservation", WrapperArgument{"shape", []int{2, 2}}))
	must(t, err)
	if shape := env.ObservationSpace().Shape(); !slices.Equal(shape, []int{2, 2}) || env.ID() != "CartPole-v1" {
		t.Errorf("the shape is %v", shape)
	}
	obs, err := env.Reset() // with the seed that was set before
	must(t, err)
	other := makeEnv(t, "CartPole-v1")
	want, err := other.Reset(ResetSeed(5))
	must(t, err)
	if !slices.Equal(obs, want) {
		t.Errorf("the seed is lost: %v, %v", obs, want)
	}
	_, step, err = env.Step([]float64{1})
	must(t, err)
	if step.Reward != 10 {
		t.Errorf("the reward is %v", step.Reward)
	}

	// The old one is given up.
	for name, call := range map[string]func() error{
		"Reset": func() error { _, err := plain.Reset(); return err },
		"Step":  func() error { _, _, err := plain.Step([]float64{0}); return err },
		"Wrap":  func() error { _, err := plain.Wrap(timeLimit(3)); return err },
		"Close": plain.Close,
	} {
		if err := call(); !errors.Is(err, ErrHandle) {
			t.Errorf("%s of the old environment gave %v", name, err)
		}
	}
	if _, err := spaces[0].SampleAny(); !errors.Is(err, ErrHandle) {
		t.Errorf("the old space gave %v", err)
	}
	if kept := cgym.KeptCount(); kept != before+2 {
		t.Errorf("there are %d callbacks, not %d", kept, before+2)
	}
	must(t, env.Close())
	checkCallbacks(t, before)
	if _, err := env.Wrap(timeLimit(3)); !errors.Is(err, ErrHandle) {
		t.Errorf("Wrap after Close gave %v", err)
	}
	if _, err := (*Env)(nil).Wrap(timeLimit(3)); !errors.Is(err, ErrHandle) {
		t.Errorf("Wrap of nil gave %v", err)
	}
}

func TestCustomWrapper(t *testing.T) {
	env := makeEnv(t, "CartPole-v1", WithWrappers(CustomWrapper{
		Name: "gogym_go_wrappers:Scaled",
		Args: map[string]any{"factor": 3.0, "offset": func(reward float64) float64 { return reward + 0.5 }, "note": Tuple{1, "x"}},
	}))
	_, err := env.Reset()
	must(t, err)
	_, step, err := env.Step([]float64{0})
	must(t, err)
	if step.Reward != 3.5 {
		t.Errorf("the reward is %v", step.Reward)
	}
	info, err := env.Info()
	must(t, err)
	if note, _ := info.Get("note"); pythonText(note) != `(1, 'x')` {
		t.Errorf("the note is %v", note)
	}
	name, arguments, err := CustomWrapper{Name: "m:C", Args: map[string]any{"b": 1, "a": 2, "c": 3}}.Wrapper()
	if want := []WrapperArgument{{"a", 2}, {"b", 1}, {"c", 3}}; name != "m:C" || !slices.Equal(arguments, want) || err != nil {
		t.Errorf("got %s, %v, %v", name, arguments, err)
	}
}
