package gogym

import (
	"errors"
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

func TestStepNativeAllocations(t *testing.T) {
	env := makeEnv(t, "Pendulum-v1", WithMaxEpisodeSteps(-1))
	obs, action := MakeBuffer(env.ObservationSpace()), MakeBuffer(env.ActionSpace())
	must(t, env.ResetNative(obs))
	torque, err := View[float32](action, env.ActionSpace())
	must(t, err)
	torque[0] = 0.5
	space := env.ObservationSpace()
	x, flat := make([]float64, space.Size()), make([]float64, space.Flatdim())
	must(t, space.SampleInto(x))
	var failed error
	for name, call := range map[string]func() error{
		"StepNative": func() error {
			_, err := env.StepNative(action, obs)
			return err
		},
		"ResetNative":  func() error { return env.ResetNative(obs) },
		"SampleInto":   func() error { return env.ActionSpace().SampleInto(x) },
		"SampleNative": func() error { return env.ActionSpace().SampleNative(action) },
	} {
		if n := testing.AllocsPerRun(500, func() { failed = errors.Join(failed, call()) }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	for name, call := range map[string]func() error{ // their memory for calls may be taken by the garbage collector
		"SampleInto of an observation": func() error { return space.SampleInto(x) },
		"FlattenInto":                  func() error { return space.FlattenInto(x, flat) },
		"UnflattenInto":                func() error { return space.UnflattenInto(flat, x) },
	} {
		if n := testing.AllocsPerRun(500, func() { failed = errors.Join(failed, call()) }); n != 0 && !raceDetector {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	must(t, failed)
}

func BenchmarkStepNative(b *testing.B) {
	for _, id := range []string{"CartPole-v1", "Pendulum-v1"} {
		b.Run(id, func(b *testing.B) {
			env := makeEnv(b, id, WithMaxEpisodeSteps(-1))
			obs, action := MakeBuffer(env.ObservationSpace()), MakeBuffer(env.ActionSpace())
			must(b, env.ResetNative(obs))
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				step, err := env.StepNative(action, obs)
				if err == nil && step.Done() {
					err = env.ResetNative(obs)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkStepAny(b *testing.B) {
	env := makeEnv(b, "CartPole-v1", WithMaxEpisodeSteps(-1))
	_, err := env.ResetAny()
	must(b, err)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		_, step, err := env.StepAny(0)
		if err == nil && step.Done() {
			_, err = env.ResetAny()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSpace(b *testing.B) {
	needPython(b)
	space, err := NewSpace(`{"type": "Dict", "spaces": {"a": {"type": "Discrete", "n": 4},
		"b": {"type": "Box", "low": -1, "high": 1, "shape": [8]}}}`)
	must(b, err)
	defer space.Close()
	x, flat := make([]float64, space.Size()), make([]float64, space.Flatdim())
	for name, call := range map[string]func() error{
		"Sample":   func() error { return space.SampleInto(x) },
		"Flatten":  func() error { return space.FlattenInto(x, flat) },
		"Contains": func() error { space.Contains(x); return nil },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if err := call(); err != nil {
					b.Fatal(err)
				}
			}
		})
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
