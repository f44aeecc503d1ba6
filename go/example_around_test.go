//go:build cgo

package gogym_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"slices"

	"example.com/gogym"
)

func ExampleEnv_Render() {
	env, err := gogym.Make("CartPole-v1", gogym.WithRenderMode("rgb_array"))
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	if _, err := env.Reset(gogym.ResetSeed(42)); err != nil {
		log.Fatal(err)
	}
	frame, err := env.Render()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(frame.Bounds().Size(), frame.At(0, 0))
	// Output:
	// (600,400) {255 255 255 255}
}

func ExampleGIF() {
	env, err := gogym.Make("CartPole-v1", gogym.WithRenderMode("rgb_array"))
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	fps, err := env.RenderFPS()
	if err != nil {
		log.Fatal(err)
	}
	if _, err := env.Reset(gogym.ResetSeed(42)); err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer // or what os.Create gives
	animation := gogym.NewGIF(&file, fps)
	for i := range 20 {
		frame, err := env.Render()
		if err != nil {
			log.Fatal(err)
		}
		if err := animation.Add(frame); err != nil {
			log.Fatal(err)
		}
		if _, _, err := env.Step([]float64{float64(i % 2)}); err != nil {
			log.Fatal(err)
		}
	}
	if err := animation.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(fps, "frames a second,", file.Len() < 20000)
	// Output:
	// 50 frames a second, true
}

func ExampleAttr() {
	env, err := gogym.Make("Ant-v5")
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	if _, err := env.Reset(gogym.ResetSeed(42)); err != nil {
		log.Fatal(err)
	}
	qpos, err := gogym.Attr[[]float64](env, "unwrapped.data.qpos")
	if err != nil {
		log.Fatal(err)
	}
	qvel, err := gogym.Attr[[]float64](env, "unwrapped.data.qvel")
	if err != nil {
		log.Fatal(err)
	}
	qpos[2] = 1.5 // the height
	if _, err := env.Call("unwrapped.set_state", qpos, qvel); err != nil {
		log.Fatal(err)
	}
	healthy, err := gogym.Attr[bool](env, "unwrapped.is_healthy")
	fmt.Println(len(qpos), healthy, err)
	// Output:
	// 15 false <nil>
}

func ExampleEnv_SaveState() {
	env, err := gogym.Make("FrozenLake-v1") // the ice is slippery: steps are random
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	if _, err := env.Reset(gogym.ResetSeed(42)); err != nil {
		log.Fatal(err)
	}
	state, err := env.SaveState()
	if err != nil {
		log.Fatal(err)
	}
	var tries [2][]float64
	for i := range tries {
		if err := env.LoadState(state); err != nil {
			log.Fatal(err)
		}
		for range 5 {
			obs, _, err := env.Step([]float64{2})
			if err != nil {
				log.Fatal(err)
			}
			tries[i] = append(tries[i], obs[0])
		}
	}
	fmt.Println(slices.Equal(tries[0], tries[1]))
	// Output:
	// true
}

func ExampleSpecOf() {
	spec, err := gogym.SpecOf("CartPole-v1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(spec.EntryPoint, spec.MaxEpisodeSteps, *spec.RewardThreshold)
	ids, err := gogym.ListEnvs("LunarLander*")
	fmt.Println(ids, err)
	// Output:
	// gymnasium.envs.classic_control.cartpole:CartPoleEnv 500 475
	// [LunarLander-v3 LunarLanderContinuous-v3] <nil>
}

func ExampleSetMessageHandler() {
	err := gogym.SetMessageHandler(func(level gogym.MessageLevel, text string) {
		fmt.Fprintf(os.Stdout, "%v: %.60s...\n", level, text)
	})
	if err != nil {
		log.Fatal(err)
	}
	defer gogym.SetMessageHandler(nil)
	env, err := gogym.Make("CartPole-v0") // has a successor, which Gymnasium mentions
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	if err := gogym.Flush(); err != nil { // waits for the handler
		log.Fatal(err)
	}
	// Output:
	// WARNING: DeprecationWarning: WARN: The environment CartPole-v0 is out...
}
