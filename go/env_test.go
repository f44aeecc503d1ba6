package gogym

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestEnvironments(t *testing.T) {
	for _, test := range []struct {
		id                  string
		observation, action string // types
		size                int
	}{
		{"CartPole-v1", "Box", "Discrete", 4},
		{"Pendulum-v1", "Box", "Box", 3},
		{"FrozenLake-v1", "Discrete", "Discrete", 1},
		{"Blackjack-v1", "Tuple", "Discrete", 3},
		{"Taxi-v4", "Discrete", "Discrete", 1},
	} {
		t.Run(test.id, func(t *testing.T) {
			env := makeEnv(t, test.id)
			observations, actions := env.ObservationSpace(), env.ActionSpace()
			if observations.Type() != test.observation || actions.Type() != test.action || observations.Size() != test.size {
				t.Errorf("the spaces are %s (size %d) and %s", observations, observations.Size(), actions)
			}
			must(t, actions.Seed(1))
			play := func() (trace []float64) {
				obs, err := env.Reset(ResetSeed(7))
				must(t, err)
				trace = append(trace, obs...)
				for range 200 {
					action, err := actions.Sample()
					must(t, err)
					if !actions.Contains(action) {
						t.Fatalf("%s does not contain its sample %v", actions, action)
					}
					obs, step, err := env.Step(action)
					must(t, err)
					if !observations.Contains(obs) {
						t.Fatalf("%s does not contain %v", observations, obs)
					}
					trace = append(append(trace, obs...), step.Reward)
					if step.Done() {
						_, err = env.Reset()
						must(t, err)
					}
				}
				return trace
			}
			first := play()
			must(t, actions.Seed(1))
			if second := play(); !slices.Equal(first, second) {
				t.Error("the same seeds gave other numbers")
			}
		})
	}
}

func TestCartPoleNumbers(t *testing.T) {
	env := makeEnv(t, "CartPole-v1", WithMaxEpisodeSteps(2))
	obs, err := env.Reset(ResetSeed(42))
	must(t, err)
	want := []float32{0.0273956, -0.00611216, 0.03585979, 0.0197368}
	for i := range obs {
		if math.Abs(obs[i]-float64(want[i])) > 1e-7 || float64(float32(obs[i])) != obs[i] {
			t.Errorf("obs[%d] is %v, not %v", i, obs[i], want[i])
		}
	}
	_, step, err := env.Step([]float64{1})
	if want := (Transition{Reward: 1}); err != nil || step != want || step.Done() {
		t.Errorf("step 1 gave %+v, %v", step, err)
	}
	_, step, err = env.Step([]float64{0})
	if want := (Transition{Reward: 1, Truncated: true}); err != nil || step != want || !step.Done() {
		t.Errorf("step 2 gave %+v, %v", step, err)
	}
	if env.ID() != "CartPole-v1" {
		t.Errorf("the id is %s", env.ID())
	}
}

func TestSeed(t *testing.T) {
	env := makeEnv(t, "CartPole-v1")
	seeded, err := env.Reset(ResetSeed(3))
	must(t, err)
	must(t, env.Seed(3))
	if err := env.ResetInto(nil); !errors.Is(err, ErrBuffer) {
		t.Errorf("a reset without a buffer gave %v", err)
	}
	again, err := env.Reset()
	must(t, err)
	if !slices.Equal(seeded, again) {
		t.Errorf("Seed gave %v, ResetSeed %v", again, seeded)
	}
	if next, err := env.Reset(); err != nil || slices.Equal(seeded, next) {
		t.Errorf("a seed was used twice: %v, %v", next, err)
	}
	must(t, env.Seed(9))
	if explicit, err := env.Reset(ResetSeed(3)); err != nil || !slices.Equal(seeded, explicit) {
		t.Errorf("ResetSeed after Seed gave %v, %v", explicit, err)
	}
	if next, err := env.Reset(); err != nil || slices.Equal(seeded, next) {
		t.Errorf("the seed came back: %v, %v", next, err)
	}
	if err := env.Seed(-1); !errors.Is(err, ErrArgument) {
		t.Errorf("Seed(-1) gave %v", err)
	}
	if _, err := env.Reset(ResetSeed(-1)); !errors.Is(err, ErrArgument) {
		t.Errorf("ResetSeed(-1) gave %v", err)
	}
	if err := env.ActionSpace().Seed(-1); !errors.Is(err, ErrArgument) {
		t.Errorf("ActionSpace().Seed(-1) gave %v", err)
	}
}

// What goes in as keyword arguments comes out of the info unchanged.
func TestKwargsAndInfo(t *testing.T) {
	kwargs := map[string]any{
		"none": nil, "bool": true, "int": int64(math.MinInt64), "float": 1.0, "inf": math.Inf(-1), "text": "h\u00e9\n\x00\"",
		"big":   Other{"int", "18446744073709551616"},
		"list":  []any{int64(1), []any{}},
		"tuple": Tuple{int64(1), Tuple{}, "x"},
		"dict":  NewDict([2]any{"b", int64(1)}, [2]any{"a", nil}),
		"keys":  NewDict([2]any{int64(3), true}, [2]any{Tuple{int64(1)}, 2.5}),
		"array": &Array{"float32", []int{2, 2}, []float32{1, 2, 3, float32(math.Inf(1))}},
		"half":  &Array{"float16", []int{1}, []uint16{0x3c00}},
		"zero":  &Array{"int64", []int{}, []int64{5}},
		"flags": &Array{"bool", []int{2}, []bool{true, false}},
		"none2": &Array{"uint8", []int{2, 0}, []uint8{}},
	}
	env := makeEnv(t, envs+"GoKwargs-v0", WithKwargs(kwargs), WithKwarg("later", 1), WithKwarg("later", "2"))
	if _, err := env.Info(); !errors.Is(err, ErrResetNeeded) {
		t.Errorf("Info before Reset gave %v", err)
	}
	_, err := env.Reset(ResetSeed(5), ResetOptions(map[string]any{"level": Tuple{1}}))
	must(t, err)
	info, err := env.Info()
	must(t, err)
	kwargs["later"] = "2"
	value, _ := info.Get("kwargs")
	got := value.(*Dict)
	if got.Len() != len(kwargs) {
		t.Errorf("%d of %d arguments arrived", got.Len(), len(kwargs))
	}
	for name, want := range kwargs {
		if value, found := got.Get(name); !found || !reflect.DeepEqual(value, want) {
			t.Errorf("%s: got %#v, want %#v", name, value, want)
		}
	}
	if types, _ := info.Get("types"); !strings.Contains(pythonText(types), "'float': 'float'") {
		t.Errorf("types %v", types)
	}
	if seed, _ := info.Get("seed"); seed != int64(5) {
		t.Errorf("the seed is %v", seed)
	}
	if options, _ := info.Get("options"); options.(*Dict).String() != "{'level': (1,)}" {
		t.Errorf("the options are %v", options)
	}
}

func TestTaxiInfo(t *testing.T) {
	env := makeEnv(t, "Taxi-v4")
	_, err := env.Reset(ResetSeed(1))
	must(t, err)
	info, err := env.Info()
	must(t, err)
	mask, _ := info.Get("action_mask")
	array, isArray := mask.(*Array)
	if !isArray || array.Dtype != "int8" || !slices.Equal(array.Shape, []int{6}) {
		t.Fatalf("the mask is %v of %v", mask, info)
	}
	if _, isBytes := array.Data.([]int8); !isBytes {
		t.Errorf("its data are %T", array.Data)
	}
	if probability, _ := info.Get("prob"); probability != 1.0 {
		t.Errorf("prob is %#v", probability)
	}
}

// Contains means what Gymnasium's contains means for the element that a buffer denotes.
func TestContainsAsGymnasium(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	odd := []float64{0, 1, -1, 2, 3, 4, 5, -2, 0.5, 255, 256, math.NaN(), math.Inf(1), 1.0000001, 2.0005, 1 << 40, 1<<40 + 1, 62}
	for _, name := range []string{"box", "box-float16", "box-float64", "box-uint8", "box-int64", "box-empty", "discrete",
		"multi-discrete", "multi-binary", "text", "tuple", "dict", "one-of"} {
		t.Run(name, func(t *testing.T) {
			env := makeEnv(t, envs+"GoSpaces-v0", WithKwarg("name", name))
			space := env.ActionSpace()
			must(t, space.Seed(3))
			obs, err := env.Reset(ResetSeed(1))
			must(t, err)
			if !env.ObservationSpace().Contains(obs) {
				t.Errorf("%s does not contain %v", env.ObservationSpace(), obs)
			}
			counts := map[bool]int{}
			for i := range 400 {
				action, err := space.Sample()
				must(t, err)
				if i%4 > 0 && len(action) > 0 {
					action[random.IntN(len(action))] = odd[random.IntN(len(odd))]
				}
				contained, err := containedInPython(env, action)
				must(t, err)
				if got := space.Contains(action); got != contained {
					t.Fatalf("%s contains %v: %v in Go, %v in Python", space, action, got, contained)
				}
				counts[contained]++
			}
			if counts[true] < 100 {
				t.Errorf("only %d of 400 actions were in the space", counts[true])
			}
		})
	}
}

// containedInPython tells what Gymnasium says; what cannot be converted is in no space.
func containedInPython(env *Env, action []float64) (bool, error) {
	if _, _, err := env.Step(action); errors.Is(err, ErrAction) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	info, err := env.Info()
	if err != nil {
		return false, err
	}
	contained, _ := info.Get("contained")
	return contained.(bool), nil
}

func TestSpaceTextsAsGymnasium(t *testing.T) {
	for _, name := range []string{"box", "box-float16", "box-uint8", "box-int64", "discrete", "multi-binary", "text",
		"tuple", "sequence"} {
		env := makeEnv(t, envs+"GoSpaces-v0", WithKwarg("name", name))
		var obs []float64
		if size := env.ObservationSpace().Size(); size > 0 {
			obs = make([]float64, size)
		}
		must(t, env.ResetInto(obs))
		info, err := env.Info()
		must(t, err)
		want, _ := info.Get("repr")
		if got := env.ObservationSpace().String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestDynamicSpaces(t *testing.T) {
	for _, name := range []string{"sequence", "graph"} {
		env := makeEnv(t, envs+"GoSpaces-v0", WithKwarg("name", name))
		if size := env.ObservationSpace().Size(); size != -1 {
			t.Errorf("%s: the size is %d", name, size)
		}
		if obs, err := env.Reset(); obs != nil || err != nil {
			t.Errorf("%s: Reset gave %v, %v", name, obs, err)
		}
		if _, _, err := env.Step(nil); !errors.Is(err, ErrDynamic) {
			t.Errorf("%s: Step gave %v", name, err)
		}
		if _, err := env.ActionSpace().Sample(); !errors.Is(err, ErrDynamic) {
			t.Errorf("%s: Sample gave %v", name, err)
		}
	}
}
