// Quickstart is a random agent: quickstart [ENVIRONMENT [STEPS]].
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"example.com/gogym"
)

// play steps an environment with random actions and gives the sum of all rewards.
func play(env *gogym.Env, steps int) (total float64, err error) {
	actions := env.ActionSpace()
	if err := actions.Seed(42); err != nil {
		return 0, err
	}
	if _, err := env.Reset(gogym.ResetSeed(42)); err != nil {
		return 0, err
	}
	for range steps {
		action, err := actions.Sample()
		if err != nil {
			return 0, err
		}
		_, step, err := env.Step(action) // the first result is the observation, a []float64
		if err != nil {
			return 0, err
		}
		total += step.Reward
		if step.Done() {
			if _, err := env.Reset(); err != nil {
				return 0, err
			}
		}
	}
	return total, nil
}

func run(id string, steps int) error {
	env, err := gogym.Make(id) // the first call starts Python
	if err != nil {
		return err
	}
	defer env.Close()
	start := time.Now()
	total, err := play(env, steps)
	if err != nil {
		return err
	}
	speed := float64(steps) / time.Since(start).Seconds()
	fmt.Printf("%s: %d steps, return %.1f, %.0f steps/s\n", id, steps, total, speed)
	return nil
}

func main() {
	id, steps := "CartPole-v1", 10000
	if len(os.Args) > 1 {
		id = os.Args[1]
	}
	if len(os.Args) > 2 {
		var err error
		if steps, err = strconv.Atoi(os.Args[2]); err != nil {
			log.Fatal(err)
		}
	}
	err := run(id, steps)
	var failure *gogym.Error
	if errors.As(err, &failure) {
		log.Fatalf("%s: %v\n%s", failure.Code.Name(), failure, failure.Traceback)
	}
	if err := errors.Join(err, gogym.Shutdown()); err != nil { // flushes what Python printed
		log.Fatal(err)
	}
}
