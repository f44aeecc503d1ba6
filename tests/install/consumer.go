// A program of someone else's: takes one step of CartPole-v1 and says so.
package main

import (
	"fmt"
	"os"

	"example.com/gogym"
)

func run() error {
	env, err := gogym.Make("CartPole-v1")
	if err != nil {
		return err
	}
	if _, err := env.Reset(gogym.ResetSeed(1)); err != nil {
		return err
	}
	_, transition, err := env.Step([]float64{1})
	if err != nil {
		return err
	}
	fmt.Printf("reward %.1f\n", transition.Reward)
	if err := env.Close(); err != nil {
		return err
	}
	return gogym.Shutdown()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
