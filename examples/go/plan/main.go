// Plan balances a pole with nothing but snapshots: before each step it tries every action a few times with random
// ones after it, and takes the best: plan [ENVIRONMENT [STEPS]]. The environment's actions must be Discrete.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"

	"example.com/gogym"
)

const (
	rollouts = 8  // random continuations of each action
	horizon  = 20 // steps of each
)

// rollout takes an action from a saved state, then random ones, and gives the sum of the rewards.
func rollout(env *gogym.Env, state []byte, first, seed int64, obs []float64) (total float64, err error) {
	if err := env.LoadState(state); err != nil {
		return 0, err
	}
	if err := env.ActionSpace().Seed(seed); err != nil { // each continuation is another one
		return 0, err
	}
	action := []float64{float64(first)}
	for range horizon {
		step, err := env.StepInto(action, obs)
		if err != nil {
			return 0, err
		}
		total += step.Reward
		if step.Done() {
			break
		}
		if err := env.ActionSpace().SampleInto(action); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// best gives the action whose continuations bring most, and leaves the environment as it was.
func best(env *gogym.Env, actions *gogym.Discrete, obs []float64) (float64, error) {
	state, err := env.SaveState()
	if err != nil {
		return 0, err
	}
	choice, most := actions.Start, 0.0
	for action := actions.Start; action < actions.Start+actions.N; action++ {
		total := 0.0
		for seed := range int64(rollouts) {
			reward, err := rollout(env, state, action, seed, obs)
			if err != nil {
				return 0, err
			}
			total += reward
		}
		if action == actions.Start || total > most {
			choice, most = action, total
		}
	}
	return float64(choice), env.LoadState(state)
}

func run(id string, steps int) error {
	env, err := gogym.Make(id)
	if err != nil {
		return err
	}
	defer env.Close()
	actions, isDiscrete := env.ActionSpace().(*gogym.Discrete)
	if !isDiscrete {
		return fmt.Errorf("the actions of %s are a %s, not Discrete", id, env.ActionSpace())
	}
	obs, err := env.Reset(gogym.ResetSeed(42))
	if err != nil {
		return err
	}
	total, taken := 0.0, 0
	for taken < steps {
		action, err := best(env, actions, obs)
		if err != nil {
			return err
		}
		step, err := env.StepInto([]float64{action}, obs)
		if err != nil {
			return err
		}
		total += step.Reward
		taken++
		if step.Done() {
			break
		}
	}
	fmt.Printf("%s: return %.1f after %d steps\n", id, total, taken)
	return nil
}

func main() {
	id, steps := "CartPole-v1", 100
	if len(os.Args) > 1 {
		id = os.Args[1]
	}
	if len(os.Args) > 2 {
		var err error
		if steps, err = strconv.Atoi(os.Args[2]); err != nil {
			log.Fatal(err)
		}
	}
	if err := errors.Join(run(id, steps), gogym.Shutdown()); err != nil {
		log.Fatal(err)
	}
}
