package gogym

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// An isolated environment does what one in this process does.
func TestIsolated(t *testing.T) {
	for _, id := range []string{"CartPole-v1", "Pendulum-v1"} {
		alone, here := makeEnv(t, id, WithIsolation()), makeEnv(t, id)
		obs, err := alone.Reset(ResetSeed(3))
		must(t, err)
		want, err := here.Reset(ResetSeed(3))
		must(t, err)
		must(t, errors.Join(alone.ActionSpace().Seed(1), here.ActionSpace().Seed(1)))
		for range 100 {
			if !slices.Equal(obs, want) {
				t.Fatalf("%s: observes %v, not %v", id, obs, want)
			}
			action, err := alone.ActionSpace().Sample()
			must(t, err)
			other, err := here.ActionSpace().Sample()
			must(t, err)
			if !slices.Equal(action, other) {
				t.Fatalf("%s: sampled %v, not %v", id, action, other)
			}
			var transition, wanted Transition
			obs, transition, err = alone.Step(action)
			must(t, err)
			want, wanted, err = here.Step(action)
			must(t, err)
			if transition != wanted {
				t.Fatalf("%s: %v, not %v", id, transition, wanted)
			}
			if transition.Done() {
				obs, err = alone.Reset()
				must(t, err)
				want, err = here.Reset()
				must(t, err)
			}
		}
	}
}

func TestIsolatedAllocations(t *testing.T) {
	env := makeEnv(t, "Pendulum-v1", WithIsolation(), WithMaxEpisodeSteps(-1))
	obs, action := make([]float64, 3), []float64{0.5}
	must(t, env.ResetInto(obs))
	var failed error
	if n := testing.AllocsPerRun(200, func() { failed = errors.Join(failed, errOf(env.StepInto(action, obs))) }); n != 0 {
		t.Errorf("StepInto allocates %v times", n)
	}
	must(t, failed)
}

func TestIsolatedFailures(t *testing.T) {
	for name, test := range map[string]struct {
		action float64
		texts  []string
	}{
		"raise": {actRaise, []string{"ValueError", "number 0 has had enough"}},
		"exit":  {actExit, []string{"3", "leaving with three"}},
		"abort": {actAbort, []string{"signal 6"}},
		"hang":  {actHang, []string{"did not answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			env := makeEnv(t, rowEnv, WithIsolation(), WithTimeout(500*time.Millisecond))
			_, err := env.Reset()
			must(t, err)
			_, _, err = env.Step([]float64{test.action})
			if errors.Is(err, ErrWorker) != (name != "raise") {
				t.Errorf("the step gave %v", err)
			}
			for _, text := range test.texts {
				if !strings.Contains(fmt.Sprint(err), text) {
					t.Errorf("%q is not in %v", text, err)
				}
			}
		})
	}
}

func TestIsolatedFunctions(t *testing.T) {
	wrapper := CustomWrapper{Name: "TransformReward", Args: map[string]any{"func": func(float64) float64 { return 0 }}}
	if _, err := Make("CartPole-v1", WithIsolation(), WithWrappers(wrapper)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Make gave %v", err)
	}
	env := makeEnv(t, "CartPole-v1", WithIsolation())
	if _, err := env.Wrap(wrapper); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Wrap gave %v", err)
	}
	wrapped, err := env.Wrap(CustomWrapper{Name: "FlattenObservation"})
	must(t, err)
	defer wrapped.Close()
	_, err = wrapped.Reset()
	must(t, err)
}

func init() {
	helpers["isolated"] = func() {
		env, err := Make("CartPole-v1", WithIsolation())
		if err == nil {
			_, err = env.Reset()
		}
		vec, err2 := MakeVec("CartPole-v1", 3)
		if err2 == nil {
			err2 = vec.Reset()
			err2 = errors.Join(err2, vec.SampleActions(nil), errOf(vec.Step(background, nil)))
		}
		maps, err3 := os.ReadFile("/proc/self/maps")
		fmt.Println(errors.Join(err, err2, err3), "libpython:", strings.Contains(string(maps), "libpython"))
		if err := Shutdown(); err != nil || vec.Observations() != nil {
			fmt.Println("Shutdown:", err, vec.Observations())
		}
	}
}

// Worker processes need no Python in this one.
func TestIsolatedNeedsNoPython(t *testing.T) {
	if !hasCgo {
		t.Skip("built without cgo")
	}
	output, err := runHelper(t, "isolated")
	must(t, err)
	if output != "<nil> libpython: false\n" {
		t.Error(output)
	}
}
