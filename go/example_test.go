//go:build cgo

package gogym_test

import (
	"errors"
	"fmt"
	"log"

	"example.com/gogym"
)

func ExampleMake() {
	env, err := gogym.Make("CartPole-v1", gogym.WithMaxEpisodeSteps(20))
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	fmt.Println(env.ObservationSpace())
	fmt.Println(env.ActionSpace())

	obs, err := env.Reset(gogym.ResetSeed(42))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", obs)

	total, steps := 0.0, 0
	for done := false; !done; steps++ {
		action := 0.0
		if obs[2] > 0 { // push to the side where the pole leans
			action = 1
		}
		var step gogym.Transition
		if obs, step, err = env.Step([]float64{action}); err != nil {
			log.Fatal(err)
		}
		total += step.Reward
		done = step.Done()
	}
	fmt.Println(steps, "steps, return", total)
	// Output:
	// Box([-4.8 -inf -0.41887903 -inf], [4.8 inf 0.41887903 inf], (4,), float32)
	// Discrete(2)
	// [0.0274 -0.0061 0.0359 0.0197]
	// 20 steps, return 20
}

func ExampleEnv_StepInto() {
	env, err := gogym.Make("Pendulum-v1")
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	obs := make([]float64, env.ObservationSpace().Size()) // used for every step: nothing is allocated
	action := make([]float64, env.ActionSpace().Size())
	if err := env.ResetInto(obs, gogym.ResetSeed(1)); err != nil {
		log.Fatal(err)
	}
	for range 200 {
		action[0] = -obs[2] // against the angular velocity
		step, err := env.StepInto(action, obs)
		if err != nil {
			log.Fatal(err)
		}
		if step.Done() {
			fmt.Println("truncated:", step.Truncated)
		}
	}
	// Output:
	// truncated: true
}

func ExampleEnv_Info() {
	env, err := gogym.Make("Taxi-v4")
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	if _, err := env.Reset(gogym.ResetSeed(1)); err != nil {
		log.Fatal(err)
	}
	info, err := env.Info()
	if err != nil {
		log.Fatal(err)
	}
	if mask, found := info.Get("action_mask"); found {
		fmt.Println(mask.(*gogym.Array).Dtype, mask.(*gogym.Array).Shape)
	}
	// Output:
	// int8 [6]
}

func ExampleError() {
	_, err := gogym.Make("CartPol-v1")
	var gymErr *gogym.Error
	if errors.As(err, &gymErr) {
		fmt.Println(gymErr.Type)
		fmt.Println(gymErr.Message)
	}
	fmt.Println(errors.Is(err, gogym.ErrNameNotFound), errors.Is(err, gogym.ErrUnregisteredEnv))
	// Output:
	// gymnasium.error.NameNotFound
	// Environment `CartPol` doesn't exist. Did you mean: `CartPole`?
	// true true
}

func ExampleWithKwarg() {
	env, err := gogym.Make("FrozenLake-v1",
		gogym.WithKwarg("desc", []string{"SF", "FG"}),
		gogym.WithKwarg("is_slippery", false))
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	fmt.Println(env.ObservationSpace())
	// Output:
	// Discrete(4)
}
