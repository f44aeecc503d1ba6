// Command rollout_go does the rollouts of ../vectors.py through the Go module: rollout_go PLAN OUT. See there
// for the protocol. OUT.json receives one line for each environment: the infos of the first reset and of the
// last step.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"example.com/gogym"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: rollout_go PLAN OUT")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(plan, out string) error {
	lines, err := os.Open(plan)
	if err != nil {
		return err
	}
	defer lines.Close()
	words, err := os.Create(out)
	if err != nil {
		return err
	}
	infos, err := os.Create(out + ".json")
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(words)
	for {
		var id string
		var steps int
		var seed int64
		if _, err := fmt.Fscan(lines, &id, &steps, &seed); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		if err := rollout(id, steps, seed, buffered, infos); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	if err := gogym.Shutdown(); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := words.Close(); err != nil {
		return err
	}
	return infos.Close()
}

func rollout(id string, steps int, seed int64, words, infos io.Writer) error {
	env, err := gogym.Make(id)
	if err != nil {
		return err
	}
	defer env.Close()
	put := func(data any) error { return binary.Write(words, binary.NativeEndian, data) }

	observation := make([]float64, env.ObservationSpace().Size())
	if err := put([]int64{int64(len(observation)), int64(env.ActionSpace().Size())}); err != nil {
		return err
	}
	if err := env.ActionSpace().Seed(seed + 1); err != nil {
		return err
	}
	if err := env.ResetInto(observation, gogym.ResetSeed(seed)); err != nil {
		return err
	}
	first, err := env.Info()
	if err != nil {
		return err
	}
	last := first
	if err := put(observation); err != nil {
		return err
	}
	for i := range steps {
		action, err := env.ActionSpace().Sample()
		if err != nil {
			return err
		}
		t, err := env.StepInto(action, observation)
		if err != nil {
			return err
		}
		if i == steps-1 {
			if last, err = env.Info(); err != nil {
				return err
			}
		}
		flags := 0.0
		if t.Terminated {
			flags++
		}
		if t.Truncated {
			flags += 2
		}
		for _, data := range [][]float64{action, observation, {t.Reward, flags}} {
			if err := put(data); err != nil {
				return err
			}
		}
		if !t.Done() {
			continue
		}
		if err := env.ResetInto(observation); err != nil {
			return err
		}
		if err := put(observation); err != nil {
			return err
		}
	}
	return json.NewEncoder(infos).Encode([]any{id, first, last})
}
