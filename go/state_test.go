package gogym

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// stateFamilies are environments of every kind of state.
var stateFamilies = []string{"CartPole-v1", "FrozenLake-v1", "LunarLander-v3", "Ant-v5", "ale_py:ALE/Pong-v5"}

// trajectory plays with what the action space draws, and gives all that can be seen of it.
func trajectory(env *Env, steps int) (trace []float64, err error) {
	obs := make([]float64, env.ObservationSpace().Size())
	for range steps {
		action, err := env.ActionSpace().Sample()
		if err != nil {
			return nil, err
		}
		step, err := env.StepInto(action, obs)
		if err != nil {
			return nil, err
		}
		sum := 0.0 // of the observation, with weights: a frame of pixels has 100800 numbers
		for i, x := range obs {
			sum += x * float64(i%97+1)
		}
		trace = append(append(trace, action...), sum, step.Reward, flag(step.Terminated), flag(step.Truncated))
		if len(obs) < 200 {
			trace = append(trace, obs...)
		}
		if step.Done() {
			if err := env.ResetInto(obs); err != nil { // without a seed: the random generator goes on
				return nil, err
			}
			trace = append(trace, obs[0])
		}
	}
	return trace, nil
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// sameNumbers is slices.Equal for which NaN equals NaN.
func sameNumbers(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

func TestSaveState(t *testing.T) {
	for _, id := range stateFamilies {
		t.Run(id, func(t *testing.T) {
			env := makeEnv(t, id)
			must(t, startPlay(env))
			_, err := trajectory(env, 50)
			must(t, err)
			state, err := env.SaveState()
			must(t, err)
			observation, err := env.Observation()
			must(t, err)
			info, err := env.Info()
			must(t, err)
			first, err := trajectory(env, 50)
			must(t, err)

			must(t, env.LoadState(state))
			if again, err := env.Observation(); err != nil || pythonText(again) != pythonText(observation) {
				t.Errorf("the observation is another one: %v", err)
			}
			if again, err := env.Info(); err != nil || again.String() != info.String() {
				t.Errorf("the info is %v, %v, not %v", again, err, info)
			}
			second, err := trajectory(env, 50)
			must(t, err)
			if !sameNumbers(first, second) {
				t.Error("the environment continues differently")
			}
			// Loaded again, and into another one that has done something else.
			must(t, env.LoadState(state))
			other := makeEnv(t, id)
			_, err = other.Reset(ResetSeed(77))
			must(t, err)
			_, err = trajectory(other, 3)
			must(t, err)
			must(t, other.LoadState(state))
			for name, env := range map[string]*Env{"again": env, "into another": other} {
				if third, err := trajectory(env, 50); err != nil || !sameNumbers(first, third) {
					t.Errorf("loaded %s, the environment continues differently: %v", name, err)
				}
			}
		})
	}
}

func TestClone(t *testing.T) {
	for _, id := range stateFamilies {
		t.Run(id, func(t *testing.T) {
			env := makeEnv(t, id)
			must(t, startPlay(env))
			_, err := trajectory(env, 20)
			must(t, err)
			clone, err := env.Clone()
			must(t, err)
			t.Cleanup(func() { _ = clone.Close() })
			if clone.ID() != env.ID() || clone.ObservationSpace().String() != env.ObservationSpace().String() ||
				clone.ActionSpace().String() != env.ActionSpace().String() {
				t.Errorf("the clone is %s with %s", clone.ID(), clone.ObservationSpace())
			}
			first, err := trajectory(clone, 20)
			must(t, err)
			must(t, clone.Close())
			second, err := trajectory(env, 20)
			must(t, err)
			if !sameNumbers(first, second) {
				t.Error("the clone continued differently, or changed the original")
			}
		})
	}
}

func init() {
	helpers["load state"] = func() {
		state, err := os.ReadFile(os.Getenv("STATE"))
		env, makeErr := Make(os.Getenv("ENVIRONMENT"))
		if err := errors.Join(err, makeErr, env.LoadState(state)); err != nil {
			fmt.Print(err)
			return
		}
		trace, err := trajectory(env, 50)
		fmt.Print(doublesText(trace), err)
	}
}

// A state is good in another process.
func TestLoadStateElsewhere(t *testing.T) {
	for _, id := range stateFamilies {
		t.Run(id, func(t *testing.T) {
			env := makeEnv(t, id)
			must(t, startPlay(env))
			_, err := trajectory(env, 50)
			must(t, err)
			state, err := env.SaveState()
			must(t, err)
			file := filepath.Join(t.TempDir(), "state")
			must(t, os.WriteFile(file, state, 0o600))
			want, err := trajectory(env, 50)
			must(t, err)
			command := helperCommand("load state", "ENVIRONMENT="+id, "STATE="+file)
			output, err := command.Output()
			if err != nil || string(output) != doublesText(want)+"<nil>" {
				t.Errorf("the other process says %s, %v", cut(string(output)), err)
			}
		})
	}
}

// A seed that waits for the next Reset waits in the clone too.
func TestCloneSeed(t *testing.T) {
	env := makeEnv(t, "CartPole-v1")
	want, err := env.Reset(ResetSeed(9))
	must(t, err)
	must(t, env.Seed(9))
	clone, err := env.Clone()
	must(t, err)
	t.Cleanup(func() { must(t, clone.Close()) })
	for range 2 {
		if got, err := clone.Reset(); err != nil || !slices.Equal(got, want) {
			t.Errorf("the clone began with %v, %v, not %v", got, err, want)
		}
		clone = env
	}
}

// A clone keeps the functions of the original, also when that is closed.
func TestCloneCallbacks(t *testing.T) {
	calls := 0
	twice := func(reward float64) float64 { calls++; return 2 * reward }
	env := makeEnv(t, "CartPole-v1", WithWrappers(CustomWrapper{"TransformReward", map[string]any{"func": twice}}))
	must(t, startPlay(env))
	clone, err := env.Clone()
	must(t, err)
	must(t, env.Close())
	for range 3 {
		if _, step, err := clone.Step([]float64{1}); err != nil || step.Reward != 2 {
			t.Errorf("a step of the clone gave %v, %v", step, err)
		}
	}
	must(t, clone.Close())
	if calls != 3 {
		t.Errorf("the function was called %d times", calls)
	}
}

func TestStateRendered(t *testing.T) {
	for _, family := range []renderedEnv{families[0], families[3]} {
		env := family.make(t)
		must(t, startPlay(env))
		must(t, play(env))
		layout, err := env.FrameLayout()
		must(t, err)
		state, err := env.SaveState()
		must(t, err)
		must(t, play(env))
		want, got, cloned := layout.MakeBuffer(), layout.MakeBuffer(), layout.MakeBuffer()
		must(t, env.RenderInto(want))
		must(t, env.LoadState(state))
		clone, err := env.Clone()
		must(t, err)
		t.Cleanup(func() { must(t, clone.Close()) })
		must(t, errors.Join(play(env), env.RenderInto(got), play(clone), clone.RenderInto(cloned)))
		if !bytes.Equal(got, want) || !bytes.Equal(cloned, want) {
			t.Errorf("%v: after a restore (%v) or in a clone (%v) it looks different", family, bytes.Equal(got, want),
				bytes.Equal(cloned, want))
		}
	}
}

// planned looks for the action whose random continuations bring most, as a planner does.
func planned(env *Env, root []byte, actions, rollouts, depth int) (best int, err error) {
	most := math.Inf(-1)
	obs := make([]float64, env.ObservationSpace().Size())
	for action := range actions {
		total := 0.0
		for rollout := range rollouts {
			if err := env.LoadState(root); err != nil {
				return 0, err
			}
			if err := env.ActionSpace().Seed(int64(rollout)); err != nil {
				return 0, err
			}
			next := []float64{float64(action)}
			for range depth {
				step, err := env.StepInto(next, obs)
				if err != nil {
					return 0, err
				}
				total += step.Reward
				if step.Done() {
					break
				}
				if err := env.ActionSpace().SampleInto(next); err != nil {
					return 0, err
				}
			}
		}
		if total > most {
			best, most = action, total
		}
	}
	return best, env.LoadState(root)
}

// A planner that knows nothing but the environment keeps the pole up, where chance lets it fall.
func TestPlanning(t *testing.T) {
	const steps = 60
	env := makeEnv(t, "CartPole-v1")
	must(t, startPlay(env))
	var actions []int
	for i := range steps {
		root, err := env.SaveState()
		must(t, err)
		action, err := planned(env, root, 2, 6, 15)
		must(t, err)
		actions = append(actions, action)
		_, step, err := env.Step([]float64{float64(action)})
		must(t, err)
		if step.Done() {
			t.Fatalf("the pole fell after %d steps", i+1)
		}
	}
	// What was tried on the way has left no trace.
	want, err := env.Observation()
	must(t, err)
	again := makeEnv(t, "CartPole-v1")
	must(t, startPlay(again))
	for _, action := range actions {
		_, _, err := again.Step([]float64{float64(action)})
		must(t, err)
	}
	if got, err := again.Observation(); err != nil || pythonText(got) != pythonText(want) ||
		!slices.Equal(got.(*Array).Data.([]float32), want.(*Array).Data.([]float32)) {
		t.Errorf("the planner came to %v, its actions alone to %v, %v", want, got, err)
	}
}

func TestStateErrors(t *testing.T) {
	env := makeEnv(t, "CartPole-v1")
	if state, err := env.SaveState(); state != nil || !errors.Is(err, ErrResetNeeded) {
		t.Errorf("saved before Reset: %v, %v", state, err)
	}
	must(t, startPlay(env))
	state, err := env.SaveState()
	must(t, err)
	want, err := trajectory(env, 5)
	must(t, err)
	must(t, env.LoadState(state))
	lake := makeEnv(t, "FrozenLake-v1")
	must(t, startPlay(lake))
	other, err := lake.SaveState()
	must(t, err)
	damaged := bytes.Clone(state)
	damaged[len(damaged)/2] ^= 0xff
	for name, bad := range map[string][]byte{
		"nil": nil, "short": state[:len(state)-1], "damaged": damaged, "foreign": other, "text": []byte("state"),
		"long": append(bytes.Clone(state), 0),
	} {
		if err := env.LoadState(bad); !errors.Is(err, ErrState) {
			t.Errorf("a state that is %s gave %v", name, err)
		}
	}
	if got, err := trajectory(env, 5); err != nil || !sameNumbers(got, want) {
		t.Errorf("bad states have changed the environment: %v", err)
	}
	locked := makeEnv(t, around+"GoUnsaveable-v0")
	must(t, startPlay(locked))
	if state, err := locked.SaveState(); state != nil || !errors.Is(err, ErrState) {
		t.Errorf("saved an environment with a generator: %v", err)
	}
	if clone, err := locked.Clone(); clone != nil || !errors.Is(err, ErrState) {
		t.Errorf("cloned an environment with a generator: %v", err)
	}
	must(t, play(locked))
	must(t, env.Close())
	for name, env := range map[string]*Env{"closed": env, "nil": nil, "zero": new(Env)} {
		_, saved := env.SaveState()
		_, cloned := env.Clone()
		for i, err := range []error{saved, cloned, env.LoadState(state)} {
			if !errors.Is(err, ErrHandle) {
				t.Errorf("call %d of an Env that is %s gave %v", i, name, err)
			}
		}
	}
}

// Goroutines clone, step and load at the same time.
func TestStateConcurrency(t *testing.T) {
	env := makeEnv(t, "CartPole-v1")
	must(t, startPlay(env))
	state, err := env.SaveState()
	must(t, err)
	want, err := trajectory(env, 30)
	must(t, err)
	must(t, env.LoadState(state))
	must(t, inParallel(8, func(i int) error {
		clone, err := env.Clone()
		if err != nil {
			return err
		}
		defer clone.Close()
		for range 5 {
			if err := clone.LoadState(state); err != nil {
				return err
			}
			if got, err := trajectory(clone, 30); err != nil || !sameNumbers(got, want) {
				return fmt.Errorf("clone %d continued differently: %v", i, err)
			}
		}
		return nil
	}))
}
