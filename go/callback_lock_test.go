package gogym

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/gogym/internal/cgym"
)

// From a callback, its own environment is busy in all its calls, and other environments work.
func TestCallbackBusy(t *testing.T) {
	for _, options := range [][]Option{nil, {WithRenderMode("rgb_array")}} { // the latter has a thread of its own
		other := makeEnv(t, "CartPole-v1")
		_, err := other.Reset()
		must(t, err)
		var env *Env
		results := map[string]error{}
		var fromOther error
		env = makeEnv(t, "CartPole-v1", append(options, WithWrappers(transformReward(func(reward float64) float64 {
			for name, call := range map[string]func() error{
				"Reset":       func() error { _, err := env.Reset(); return err },
				"ResetAny":    func() error { _, err := env.ResetAny(); return err },
				"Step":        func() error { _, _, err := env.Step([]float64{0}); return err },
				"StepNative":  func() error { _, err := env.StepNative(make([]byte, 8), make([]byte, 16)); return err },
				"Info":        func() error { _, err := env.Info(); return err },
				"Observation": func() error { _, err := env.Observation(); return err },
				"Seed":        func() error { return env.Seed(1) },
				"Sample":      func() error { _, err := env.ActionSpace().Sample(); return err },
				"SampleAny":   func() error { _, err := env.ObservationSpace().SampleAny(); return err },
				"Wrap":        func() error { _, err := env.Wrap(timeLimit(3)); return err },
				"Close":       env.Close,
			} {
				results[name] = call()
			}
			_, _, fromOther = other.Step([]float64{1})
			return reward
		})))...)
		_, err = env.Reset()
		must(t, err)
		_, _, err = env.Step([]float64{0})
		must(t, err)
		if len(results) != 11 {
			t.Errorf("%d calls were made", len(results))
		}
		for name, err := range results {
			if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "callback") {
				t.Errorf("%s gave %v", name, err)
			}
		}
		must(t, fromOther)
		_, _, err = env.Step([]float64{0}) // all is well again
		must(t, err)
	}
}

// The error of a busy environment is the call's, where the callback returns it.
func TestCallbackReturnsBusy(t *testing.T) {
	var env *Env
	env = makeEnv(t, "CartPole-v1", WithWrappers(transformReward(func(reward float64) (float64, error) {
		_, _, err := env.Step([]float64{0})
		return reward, err
	})))
	_, err := env.Reset()
	must(t, err)
	_, _, err = env.Step([]float64{0})
	if !errors.Is(err, ErrBusy) || !errors.Is(err, ErrCallback) || strings.Count(err.Error(), "gogym:") != 1 {
		t.Errorf("got %v", err)
	}
}

// While another goroutine's callback runs, calls on its environment wait as always.
func TestCallbackOthersWait(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	first := true
	env := makeEnv(t, "CartPole-v1", WithWrappers(transformReward(func(reward float64) float64 {
		if first {
			first = false
			close(entered)
			<-leave
		}
		return reward
	})))
	_, err := env.Reset()
	must(t, err)
	must(t, inParallel(3, func(i int) error {
		if i == 0 {
			_, _, err := env.Step([]float64{0})
			return err
		}
		<-entered
		if i == 2 {
			defer close(leave)
			return inParallel(8, func(int) error { // other environments work meanwhile, and callbacks too
				other, err := Make("CartPole-v1", WithWrappers(scaleReward(1)))
				if err != nil {
					return err
				}
				return errors.Join(stepOften(other, 10), other.Close())
			})
		}
		_, _, err := env.Step([]float64{1})
		return err
	}))
}

// Environments whose callbacks step further environments, with fewer places than goroutines.
func TestCallbackLimit(t *testing.T) {
	needPython(t)
	for _, threads := range []string{"1", "2"} {
		output, err := runHelper(t, "callback-limit", "TEST_THREADS="+threads, "GOMAXPROCS="+threads)
		if err != nil || output != "done\n" {
			t.Errorf("with %s threads: %v\n%s", threads, err, output)
		}
	}
}

func init() {
	helpers["callback-limit"] = func() {
		threads, _ := strconv.Atoi(os.Getenv("TEST_THREADS"))
		if err := Init(Config{MaxThreads: threads}); err != nil {
			fmt.Println(err)
			return
		}
		var most, running atomic.Int64
		err := inParallel(16, func(i int) error {
			inner, err := Make("CartPole-v1", WithWrappers(scaleReward(2)))
			if err != nil {
				return err
			}
			if _, err := inner.Reset(); err != nil {
				return err
			}
			options := []Option{WithMaxEpisodeSteps(-1)}
			if i%4 == 0 {
				options = append(options, WithRenderMode("rgb_array")) // has a thread of its own, where the callback is called
			}
			outer, err := Make("Pendulum-v1", append(options, WithWrappers(transformReward(func(reward float64) (float64, error) {
				most.Store(max(most.Load(), running.Add(1)))
				defer running.Add(-1)
				runtime.Gosched()
				_, step, err := inner.Step([]float64{0})
				if err == nil && step.Done() {
					_, err = inner.Reset()
				}
				return step.Reward, err
			})))...)
			if err != nil {
				return err
			}
			obs, err := outer.Reset()
			if err != nil {
				return err
			}
			for range 100 {
				if step, err := outer.StepInto([]float64{0}, obs); err != nil || step.Reward != 2 {
					return fmt.Errorf("%+v: %w", step, err)
				}
			}
			return errors.Join(outer.Close(), inner.Close())
		})
		switch {
		case err != nil:
			fmt.Println(err)
		case most.Load() <= int64(threads):
			fmt.Printf("at most %d callbacks ran at a time: they hold the places of the limiter\n", most.Load())
		case inside.count.Load() != 0 || callbacksRunning.Load() != 0 || cgym.KeptCount() != 0:
			fmt.Printf("%d places are taken, %d callbacks run, %d are kept\n", inside.count.Load(), callbacksRunning.Load(), cgym.KeptCount())
		default:
			fmt.Println("done")
		}
	}
	helpers["callback-goexit"] = func() {
		env, err := Make("CartPole-v1", WithWrappers(transformReward(func(float64) float64 { runtime.Goexit(); return 0 })))
		if err == nil {
			if _, err = env.Reset(); err == nil {
				_, _, err = env.Step([]float64{0})
			}
		}
		fmt.Println("still there", err)
	}
	helpers["callback-shutdown"] = func() {
		env, err := Make("CartPole-v1", WithWrappers(scaleReward(2)))
		if err != nil {
			fmt.Println(err)
			return
		}
		var inner error
		remove, err := AddCallback("late", func(reward float64) float64 { inner = Shutdown(); return reward })
		if err != nil {
			fmt.Println(err)
			return
		}
		busy, err := env.Wrap(transformReward(CallbackName("late")))
		if err == nil {
			if _, err = busy.Reset(); err == nil {
				_, _, err = busy.Step([]float64{0})
			}
		}
		fmt.Println(err, errors.Is(inner, ErrBusy))
		fmt.Println(Shutdown(), errors.Is(busy.Close(), ErrShutdown), errors.Is(remove(), ErrShutdown), cgym.KeptCount())
	}
}

// Goexit cannot be stopped, and must not unwind C.
func TestCallbackGoexit(t *testing.T) {
	needPython(t)
	output, err := runHelper(t, "callback-goexit")
	if err == nil || strings.Contains(output, "still there") || !strings.Contains(output, "a callback called runtime.Goexit") {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestCallbackShutdown(t *testing.T) {
	needPython(t)
	output, err := runHelper(t, "callback-shutdown")
	if want := "<nil> true\n<nil> true true 0\n"; err != nil || output != want {
		t.Errorf("%v\n%s", err, output)
	}
}

// Two environments whose callbacks step each other, from two goroutines: one of them gets an error, and nobody waits
// for ever.
func TestCallbackCycle(t *testing.T) {
	var envs [2]*Env
	var inside [2]chan struct{}
	for i := range envs {
		envs[i] = makeEnv(t, "Pendulum-v1", WithWrappers(transformReward(func(reward float64) (float64, error) {
			inside[i] <- struct{}{}
			<-inside[1-i] // now both are in a callback
			_, err := envs[1-i].Info()
			return reward, err
		})))
		_, err := envs[i].Reset()
		must(t, err)
	}
	for range 5 {
		for i := range inside {
			inside[i] = make(chan struct{}, 1)
		}
		var busy atomic.Int64
		must(t, inParallel(2, func(i int) error {
			_, _, err := envs[i].Step([]float64{0})
			if errors.Is(err, ErrBusy) {
				busy.Add(1)
				return nil
			}
			return err
		}))
		if busy.Load() < 1 {
			t.Errorf("%d calls found the other environment busy", busy.Load())
		}
	}
	for i := range envs { // both can be used
		_, err := envs[i].Info()
		must(t, err)
	}
}

// Many environments, whose callbacks step the next one: some find it busy, and nothing else goes wrong.
func TestCallbackRing(t *testing.T) {
	const n = 6
	var ring [n]*Env
	var calls, busy atomic.Int64
	for i := range ring {
		ring[i] = makeEnv(t, "Pendulum-v1", WithMaxEpisodeSteps(-1), WithWrappers(transformReward(func(reward float64) (float64, error) {
			calls.Add(1)
			_, err := ring[(i+1)%n].Info()
			if errors.Is(err, ErrBusy) {
				busy.Add(1)
				err = nil
			}
			return reward, err
		})))
		_, err := ring[i].Reset()
		must(t, err)
	}
	must(t, inParallel(2*n, func(i int) error {
		for range 50 {
			if _, _, err := ring[i%n].Step([]float64{0}); err != nil {
				return err
			}
		}
		return nil
	}))
	if calls.Load() != 2*n*50 {
		t.Errorf("%d calls, %d busy", calls.Load(), busy.Load())
	}
}

// One function for many environments at a time, with errors that find their way to the right one.
func TestCallbackShared(t *testing.T) {
	needPython(t)
	type mine struct {
		error
		reward float64
	}
	remove, err := AddCallback("test/shared", func(reward float64) (float64, error) {
		if reward >= 100 {
			return 0, mine{errors.New("too much"), reward}
		}
		return reward + 1, nil
	})
	must(t, err)
	must(t, inParallel(16, func(i int) error {
		one := WithKwarg("kind", "scalar") // its rewards are all 1
		env, err := Make("gogym_go_wrappers:GoStretched-v0", one, WithWrappers(scaleReward(float64(i)), transformReward(CallbackName("test/shared"))))
		if err != nil {
			return err
		}
		loud, err := Make("gogym_go_wrappers:GoStretched-v0", one, WithWrappers(scaleReward(float64(100+i)), transformReward(CallbackName("test/shared"))))
		if err != nil {
			return err
		}
		if _, err := loud.Reset(); err != nil {
			return err
		}
		if err := stepOften(env, 100); err != nil {
			return err
		}
		for range 20 {
			_, _, err := loud.Step([]float64{0})
			var found mine
			if !errors.As(err, &found) || found.reward != float64(100+i) {
				return fmt.Errorf("environment %d: %w", i, err)
			}
		}
		return errors.Join(env.Close(), loud.Close())
	}))
	must(t, remove())
}

// remove waits for calls under way, also where all places of the limiter are taken, and is refused from inside.
func TestCallbackRemove(t *testing.T) {
	needPython(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var remove func() error
	var fromInside error
	remove, err := AddCallback("test/slow", func(reward float64) float64 {
		once.Do(func() {
			fromInside = remove()
			close(entered)
			<-leave
		})
		return reward
	})
	must(t, err)
	env := makeEnv(t, "CartPole-v1", WithWrappers(transformReward(CallbackName("test/slow"))))
	_, err = env.Reset()
	must(t, err)
	other := makeEnv(t, "CartPole-v1")
	var order []string
	must(t, inParallel(2, func(i int) error {
		if i == 0 {
			_, _, err := env.Step([]float64{0})
			return err
		}
		<-entered
		removed := make(chan error)
		go func() { removed <- remove() }()
		if err := stepOften(other, 5); err != nil {
			return err
		}
		select {
		case err := <-removed:
			return fmt.Errorf("removed while it runs: %w", err)
		default:
			order = append(order, "left")
			close(leave)
		}
		return <-removed
	}))
	if !errors.Is(fromInside, ErrBusy) || len(order) != 1 {
		t.Errorf("remove from inside gave %v, %v", fromInside, order)
	}
	if _, _, err := env.Step([]float64{0}); !errors.Is(err, ErrCallback) {
		t.Errorf("a step without its callback gave %v", err)
	}
}

// Making, wrapping, stepping and closing at the same time.
func TestCallbackConcurrency(t *testing.T) {
	needPython(t)
	before := cgym.KeptCount()
	shared := makeEnv(t, "Pendulum-v1", WithMaxEpisodeSteps(-1), WithWrappers(scaleReward(0.5)))
	must(t, inParallel(8, func(i int) error {
		for j := range 10 {
			env, err := Make("CartPole-v1", WithWrappers(transformReward(func(reward float64) float64 {
				_, _ = shared.ActionSpace().Sample()
				return reward
			})))
			if err != nil {
				return err
			}
			wrapped, err := env.Wrap(named("TransformObservation", WrapperArgument{"func", func(in, out []float64) error {
				copy(out, in)
				return nil
			}}, WrapperArgument{"observation_space", nil}))
			if err != nil {
				return err
			}
			if err := errors.Join(stepOften(wrapped, 10), stepOften(shared, 5)); err != nil {
				return err
			}
			if j%2 == 0 { // two at once: exactly one closes
				closes := make(chan error, 2)
				go func() { closes <- wrapped.Close() }()
				closes <- wrapped.Close()
				first, second := <-closes, <-closes
				if (first == nil) == (second == nil) {
					return errors.Join(errors.New("two closes gave"), first, second)
				}
			} else if err := wrapped.Close(); err != nil {
				return err
			}
		}
		return nil
	}))
	if kept := cgym.KeptCount(); kept != before+1 {
		t.Errorf("%d callbacks are kept, not %d", kept, before+1)
	}
}
