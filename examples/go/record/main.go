// Record plays at random and records what it sees: record ENVIRONMENT FILE.gif [STEPS].
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"

	"example.com/gogym"
)

// record adds a frame after each step; those of several episodes follow each other.
func record(env *gogym.Env, animation *gogym.GIF, steps int) error {
	if err := env.ActionSpace().Seed(42); err != nil {
		return err
	}
	if _, err := env.Reset(gogym.ResetSeed(42)); err != nil {
		return err
	}
	for range steps {
		frame, err := env.Render() // the same from any goroutine
		if err != nil {
			return err
		}
		if err := animation.Add(frame); err != nil {
			return err
		}
		action, err := env.ActionSpace().Sample()
		if err != nil {
			return err
		}
		_, step, err := env.Step(action)
		if err != nil {
			return err
		}
		if step.Done() {
			if _, err := env.Reset(); err != nil {
				return err
			}
		}
	}
	return nil
}

func run(id, name string, steps int) (err error) {
	env, err := gogym.Make(id, gogym.WithRenderMode("rgb_array"))
	if err != nil {
		return err
	}
	defer env.Close()
	fps, err := env.RenderFPS()
	if err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	animation := gogym.NewGIF(file, fps)
	if err := record(env, animation, steps); err != nil {
		return err
	}
	fmt.Printf("%s: %d frames of %s at %v a second\n", name, steps, id, fps)
	return animation.Close()
}

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: record ENVIRONMENT FILE.gif [STEPS]")
	}
	steps := 200
	if len(os.Args) > 3 {
		var err error
		if steps, err = strconv.Atoi(os.Args[3]); err != nil {
			log.Fatal(err)
		}
	}
	if err := errors.Join(run(os.Args[1], os.Args[2], steps), gogym.Shutdown()); err != nil {
		log.Fatal(err)
	}
}
