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

func ExampleEnv_StepNative() {
	env, err := gogym.Make("CartPole-v1")
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	obs, action := gogym.MakeBuffer(env.ObservationSpace()), gogym.MakeBuffer(env.ActionSpace())
	if err := env.ResetNative(obs, gogym.ResetSeed(42)); err != nil {
		log.Fatal(err)
	}
	// Views of the buffers' own memory, made once and valid for every step.
	state, err := gogym.View[float32](obs, env.ObservationSpace())
	if err != nil {
		log.Fatal(err)
	}
	push, err := gogym.View[int64](action, env.ActionSpace())
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		push[0] = 0
		if state[2] > 0 { // to the side where the pole leans
			push[0] = 1
		}
		if _, err := env.StepNative(action, obs); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.4f\n", state)
	}
	// Output:
	// [0.0273 0.1885 0.0363 -0.2614]
	// [0.0310 0.3831 0.0310 -0.5425]
	// [0.0387 0.5777 0.0202 -0.8252]
}

func ExampleEnv_StepAny() {
	env, err := gogym.Make("Blackjack-v1")
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	obs, err := env.ResetAny(gogym.ResetSeed(2))
	if err != nil {
		log.Fatal(err)
	}
	hand := obs.([]any) // my sum, the dealer's card, whether I have a usable ace
	for hand[0].(int64) < 17 {
		obs, _, err := env.StepAny(1) // another card
		if err != nil {
			log.Fatal(err)
		}
		hand = obs.([]any)
		fmt.Println(hand)
	}
	// Output:
	// [12 10 0]
	// [14 10 0]
	// [19 10 0]
}

func ExampleNewSpace() {
	space, err := gogym.NewSpace(`{"type": "Dict", "spaces": {
		"camera": {"type": "Box", "low": 0, "high": 255, "shape": [2, 2], "dtype": "uint8"},
		"gear": {"type": "Discrete", "n": 3, "start": -1}}}`)
	if err != nil {
		log.Fatal(err)
	}
	defer space.Close()
	if err := space.Seed(1); err != nil {
		log.Fatal(err)
	}
	x, err := space.Sample()
	if err != nil {
		log.Fatal(err)
	}
	flat, err := space.Flatten(x)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x, space.Contains(x))
	fmt.Println(flat)
	masked, err := space.SampleAny(gogym.SampleMask(map[string]any{"camera": nil, "gear": []int{0, 0, 1}}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(masked.(map[string]any)["gear"])
	// Output:
	// [130 88 142 57 -1] true
	// [130 88 142 57 1 0 0]
	// 1
}

func ExampleView() {
	space, err := gogym.NewSpace(`{"type": "Dict", "spaces": {
		"camera": {"type": "Box", "low": 0, "high": 255, "shape": [2, 2], "dtype": "uint8"},
		"speed": {"type": "Box", "low": -1, "high": 1, "shape": [], "dtype": "float64"}}}`)
	if err != nil {
		log.Fatal(err)
	}
	defer space.Close()
	buffer := gogym.MakeBuffer(space)
	speed, _ := space.(*gogym.DictSpace).Get("speed")
	numbers, err := gogym.View[float64](buffer, speed)
	if err != nil {
		log.Fatal(err)
	}
	numbers[0] = 0.5
	inside, err := space.ContainsNative(buffer)
	fmt.Println(len(buffer), speed.ByteOffset(), inside, err)
	_, err = gogym.View[float32](buffer, speed)
	fmt.Println(err)
	// Output:
	// 16 8 true <nil>
	// gogym: elements of dtype float64 are viewed as float64, not float32
}
