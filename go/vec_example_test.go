//go:build cgo

package gogym_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"example.com/gogym"
)

func ExampleMakeVec() {
	vec, err := gogym.MakeVec("CartPole-v1", 64) // in worker processes, one for each CPU
	if err != nil {
		log.Fatal(err)
	}
	defer vec.Close()
	if err := vec.Reset(gogym.ResetSeed(42)); err != nil { // environment i gets seed 42 + i
		log.Fatal(err)
	}
	episodes := 0
	for range 100 {
		for i := range vec.NumEnvs() {
			vec.Action(i)[0] = 0
			if vec.Observation(i)[2] > 0 { // push to the side where the pole leans
				vec.Action(i)[0] = 1
			}
		}
		if _, err := vec.Step(context.Background(), nil); err != nil {
			log.Fatal(err)
		}
		for _, transition := range vec.Transitions() {
			if transition.Done() {
				episodes++ // it begins anew by itself
			}
		}
	}
	fmt.Println(vec.NumEnvs(), "environments,", episodes, "episodes")
	fmt.Printf("%.4f\n", vec.Observation(63))
	// Output:
	// 64 environments, 123 episodes
	// [-0.0581 0.1713 0.0980 -0.2177]
}

func ExampleVec_Recv() {
	vec, err := gogym.MakeVec("Pendulum-v1", 8)
	if err != nil {
		log.Fatal(err)
	}
	defer vec.Close()
	if err := vec.Reset(gogym.ResetSeed(1)); err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	actions := make([]float64, 8)
	if err := vec.Send(nil, actions); err != nil { // all of them
		log.Fatal(err)
	}
	steps := 0
	for steps < 400 {
		batch, err := vec.Recv(ctx, 4) // the first four that are ready
		if err != nil {
			log.Fatal(err)
		}
		for i := range batch.IDs {
			actions[i] = -batch.Observation(i)[2] // against the angular velocity
		}
		if err := vec.Send(batch.IDs, actions[:batch.Len()]); err != nil { // while the others go on
			log.Fatal(err)
		}
		steps += batch.Len()
	}
	fmt.Println(steps, "steps")
	// Output:
	// 400 steps
}

func ExampleVecError() {
	vec, err := gogym.MakeVec("CartPole-v1", 4)
	if err != nil {
		log.Fatal(err)
	}
	defer vec.Close()
	if err := vec.Reset(); err != nil {
		log.Fatal(err)
	}
	// CartPole has the actions 0 and 1.
	batch, err := vec.Step(context.Background(), []float64{0, 1, 5, 0})
	var failed *gogym.VecError
	if errors.As(err, &failed) {
		for _, failure := range failed.Failures {
			fmt.Println("environment", failure.Env, "failed with", failure.Type, "and was made anew:", failure.Restarted)
		}
	} else if err != nil {
		log.Fatal(err)
	}
	for i := range batch.IDs {
		fmt.Println(batch.Transition(i))
	}
	// Output:
	// environment 2 failed with AssertionError and was made anew: true
	// {1 false false}
	// {1 false false}
	// {0 false true}
	// {1 false false}
}

func ExampleViewRows() {
	vec, err := gogym.MakeVec("CartPole-v1", 3, gogym.WithLayout(gogym.LayoutNative))
	if err != nil {
		log.Fatal(err)
	}
	defer vec.Close()
	// Made once: they show the shared memory itself.
	states, err := gogym.ViewRows[float32](vec, vec.ObservationsNative(), vec.ObservationSpace())
	if err != nil {
		log.Fatal(err)
	}
	pushes, err := gogym.ViewRows[int64](vec, vec.ActionsNative(), vec.ActionSpace())
	if err != nil {
		log.Fatal(err)
	}
	if err := vec.Reset(gogym.ResetSeed(42)); err != nil {
		log.Fatal(err)
	}
	for i, state := range states {
		if state[2] > 0 {
			pushes[i][0] = 1
		}
	}
	if _, err := vec.Step(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", states[0])
	// Output:
	// [0.0273 0.1885 0.0363 -0.2614]
}

func ExampleWithIsolation() {
	env, err := gogym.Make("CartPole-v1", gogym.WithIsolation(), gogym.WithTimeout(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer env.Close()
	obs, err := env.Reset(gogym.ResetSeed(42))
	if errors.Is(err, gogym.ErrWorker) {
		log.Fatal("its process has ended: ", err)
	} else if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", obs)
	// Output:
	// [0.0274 -0.0061 0.0359 0.0197]
}
