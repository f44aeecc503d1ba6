package gogym

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
)

// inParallel runs n goroutines and gives their errors.
func inParallel(n int, run func(i int) error) error {
	var group sync.WaitGroup
	failures := make([]error, n)
	for i := range n {
		group.Add(1)
		go func() {
			defer group.Done()
			failures[i] = run(i)
		}()
	}
	group.Wait()
	return errors.Join(failures...)
}

func stepOften(env *Env, steps int) error {
	obs := make([]float64, env.ObservationSpace().Size())
	action := make([]float64, env.ActionSpace().Size())
	if err := env.ResetInto(obs); err != nil {
		return err
	}
	for i := range steps {
		action[0] = float64(i % 2)
		step, err := env.StepInto(action, obs)
		if err == nil && step.Done() {
			err = env.ResetInto(obs)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// osThreads is the number of threads of this process; 0 where that cannot be told.
func osThreads() int {
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0
	}
	return len(entries)
}

func TestConcurrencyPrivate(t *testing.T) {
	envs := make([]*Env, 64)
	for i := range envs {
		envs[i] = makeEnv(t, "CartPole-v1")
	}
	before := osThreads()
	must(t, inParallel(64, func(i int) error { return stepOften(envs[i], 300) }))
	if after := osThreads(); after > before+2*runtime.NumCPU()+4 {
		t.Errorf("64 goroutines took the process from %d to %d threads", before, after)
	}
}

func TestConcurrencyShared(t *testing.T) {
	envs := make([]*Env, 8)
	for i := range envs {
		envs[i] = makeEnv(t, "Pendulum-v1", WithMaxEpisodeSteps(-1)) // its episodes never end
	}
	before := osThreads()
	must(t, inParallel(64, func(i int) error { return stepOften(envs[i%8], 200) }))
	if after := osThreads(); after > before+2*runtime.NumCPU()+4 {
		t.Errorf("64 goroutines took the process from %d to %d threads", before, after)
	}
}

// Steps of one environment never overlap, and no more than NumCPU are inside Python at all, although these
// environments let go of the interpreter lock within a step.
func TestConcurrencyLimit(t *testing.T) {
	shared := makeEnv(t, envs+"GoRacy-v0", WithKwarg("sleep", 0.0001), WithKwarg("fresh", true))
	_, err := shared.Reset()
	must(t, err)
	must(t, inParallel(16, func(int) error {
		for range 20 {
			if _, _, err := shared.Step([]float64{0}); err != nil {
				return err
			}
		}
		return nil
	}))
	obs, _, err := shared.Step([]float64{0})
	must(t, err)
	if obs[0] != 16*20+1 || obs[1] != 1 {
		t.Errorf("counted %v steps of %d, %v at a time", obs[0], 16*20+1, obs[1])
	}

	private := make([]*Env, 16)
	for i := range private {
		private[i] = makeEnv(t, envs+"GoRacy-v0", WithKwarg("sleep", 0.001))
		_, err := private[i].Reset()
		must(t, err)
	}
	before := osThreads()
	must(t, inParallel(16, func(i int) error { return stepOften(private[i], 20) }))
	obs, _, err = private[0].Step([]float64{0})
	must(t, err)
	if limit := float64(runtime.NumCPU()); obs[1] > limit || limit > 1 && obs[1] < 2 {
		t.Errorf("%v steps ran at a time, with %v CPUs", obs[1], limit)
	}
	if after := osThreads(); after > before+2*runtime.NumCPU()+4 {
		t.Errorf("16 goroutines took the process from %d to %d threads", before, after)
	}
}

// Making, closing, seeding and reading while others step.
func TestConcurrencyMixed(t *testing.T) {
	shared := makeEnv(t, "Pendulum-v1", WithMaxEpisodeSteps(-1))
	deadline := time.Now().Add(500 * time.Millisecond)
	must(t, inParallel(16, func(i int) error {
		for time.Now().Before(deadline) {
			env, err := Make("CartPole-v1")
			if err != nil {
				return err
			}
			if err := errors.Join(stepOften(env, 5), stepOften(shared, 5), shared.Seed(int64(i))); err != nil {
				return err
			}
			if _, err := shared.Info(); err != nil {
				return err
			}
			if _, err := shared.ActionSpace().Sample(); err != nil {
				return err
			}
			// Two at once: exactly one closes.
			closes := make(chan error, 2)
			go func() { closes <- env.Close() }()
			closes <- env.Close()
			first, second := <-closes, <-closes
			if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), ErrHandle) {
				return errors.Join(errors.New("two closes gave"), first, second)
			}
		}
		return nil
	}))
}

// A step while another goroutine closes gives a result or ErrHandle.
func TestConcurrencyClose(t *testing.T) {
	for range 20 {
		env := makeEnv(t, "Pendulum-v1")
		_, err := env.Reset()
		must(t, err)
		must(t, inParallel(8, func(i int) error {
			if i == 0 {
				return env.Close()
			}
			for {
				if _, _, err := env.Step([]float64{1}); errors.Is(err, ErrHandle) {
					return nil
				} else if err != nil {
					return err
				}
			}
		}))
	}
}
