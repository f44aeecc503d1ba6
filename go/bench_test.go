package gogym

import (
	"testing"

	"example.com/gogym/internal/cgym"
)

func TestStepIntoAllocations(t *testing.T) {
	env := makeEnv(t, "Pendulum-v1", WithMaxEpisodeSteps(-1))
	obs := make([]float64, 3)
	action := []float64{0.5}
	must(t, env.ResetInto(obs))
	step := func() {
		if _, err := env.StepInto(action, obs); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("StepInto allocates %v times", n)
	}
	reset := func() {
		if err := env.ResetInto(obs); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, reset); n != 0 {
		t.Errorf("ResetInto without options allocates %v times", n)
	}
}

func BenchmarkStepInto(b *testing.B) {
	for _, id := range []string{"CartPole-v1", "Pendulum-v1"} {
		b.Run(id, func(b *testing.B) {
			env := makeEnv(b, id, WithMaxEpisodeSteps(-1))
			must(b, benchmarkSteps(b, env))
		})
	}
}

func benchmarkSteps(b *testing.B, env *Env) error {
	obs := make([]float64, env.ObservationSpace().Size())
	action := []float64{0}
	if err := env.ResetInto(obs); err != nil {
		return err
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
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

// BenchmarkStepOverhead is what StepInto costs without Python: a step that the C library refuses at once,
// because the handle is zero, with nowhere to write the error.
func BenchmarkStepOverhead(b *testing.B) {
	must(b, stepOften(makeEnv(b, "CartPole-v1"), 1)) // this thread has seen Python
	env := &Env{call: new(cgym.Call)}
	action, obs := make([]float64, 1), make([]float64, 4)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := env.lock(); err != nil {
			b.Fatal(err)
		}
		if code := cgym.Step(env.call, env.handle, action, obs); code != int32(ErrHandle) {
			b.Fatal(code)
		}
		_ = Transition(env.call.Transition())
		env.unlock()
	}
}

func BenchmarkReset(b *testing.B) {
	env := makeEnv(b, "CartPole-v1")
	obs := make([]float64, 4)
	b.ReportAllocs()
	for range b.N {
		if err := env.ResetInto(obs); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInfo(b *testing.B) {
	env := makeEnv(b, "Taxi-v4")
	_, err := env.Reset()
	must(b, err)
	b.ReportAllocs()
	for range b.N {
		if _, err := env.Info(); err != nil {
			b.Fatal(err)
		}
	}
}
