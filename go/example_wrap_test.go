//go:build cgo

package gogym_test

import (
	"errors"
	"fmt"
	"log"
	"math"

	"example.com/gogym"
	"example.com/gogym/wrappers"
)

func ExampleWithWrappers() {
	env, err := gogym.Make("CartPole-v1", gogym.WithWrappers(
		wrappers.FrameStackObservation{StackSize: 2, PaddingType: "zero"},
		wrappers.TransformReward{Func: func(reward float64) float64 { return reward / 10 }},
		wrappers.TimeLimit{MaxEpisodeSteps: 3},
	))
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	fmt.Println("observations of shape", env.ObservationSpace().Shape())

	obs, err := env.Reset(gogym.ResetSeed(42))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", obs)
	for {
		_, step, err := env.Step([]float64{1})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(step.Reward, step.Truncated)
		if step.Done() {
			break
		}
	}
	// Output:
	// observations of shape [2 4]
	// [0.0000 0.0000 0.0000 0.0000 0.0274 -0.0061 0.0359 0.0197]
	// 0.1 false
	// 0.1 false
	// 0.1 true
}

func ExampleEnv_Wrap() {
	angles, err := gogym.NewSpace(`{"type": "Box", "low": [-3.1416, -8], "high": [3.1416, 8], "dtype": "float64"}`)
	if err != nil {
		log.Fatal(err)
	}
	defer angles.Close()
	plain, err := gogym.Make("Pendulum-v1")
	if err != nil {
		log.Fatal(err)
	}
	env, err := plain.Wrap(
		wrappers.RescaleAction{MinAction: -1.0, MaxAction: 1.0},
		wrappers.TransformObservation{
			Func: func(in, out []float64) error { // from cosine, sine and speed to angle and speed
				out[0], out[1] = math.Atan2(in[1], in[0]), in[2]
				return nil
			},
			ObservationSpace: angles,
		},
	)
	if err != nil { // plain can still be used
		plain.Close()
		log.Fatal(err)
	}
	defer env.Close() // both
	fmt.Println(env.ActionSpace(), env.ObservationSpace())
	_, err = plain.Reset()
	fmt.Println(errors.Is(err, gogym.ErrHandle))
	// Output:
	// Box(-1.0, 1.0, (1,), float32) Box([-3.1416 -8.0], [3.1416 8.0], (2,), float64)
	// true
}

func ExampleAddCallback() {
	scale := 0.5
	remove, err := gogym.AddCallback("scale", func(reward float64) (float64, error) {
		if scale == 0 {
			return 0, errors.New("a scale of 0 makes no sense")
		}
		return scale * reward, nil
	})
	if err != nil {
		log.Fatal(err)
	}
	defer remove()
	env, err := gogym.Make("CartPole-v1", gogym.WithWrappers(
		gogym.CustomWrapper{Name: "TransformReward", Args: map[string]any{"func": gogym.CallbackName("scale")}},
	))
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	if _, err := env.Reset(gogym.ResetSeed(1)); err != nil {
		log.Fatal(err)
	}
	for range 3 {
		_, step, err := env.Step([]float64{0})
		fmt.Println(step.Reward, err, errors.Is(err, gogym.ErrCallback))
		scale -= 0.25
	}
	// Output:
	// 0.5 <nil> false
	// 0.25 <nil> false
	// 0 gogym: a scale of 0 makes no sense true
}
