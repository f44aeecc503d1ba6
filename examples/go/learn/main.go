// Learn has an agent learn an environment with Discrete actions, CartPole-v1 unless told otherwise, on many environments
// at a time. It prints its learning curve as it goes and saves it as a picture:
//
//	learn [-env CartPole-v1] [-envs 64] [-engine process] [-seed 1] [-target 475] [-out learning.png]
//
// The agent (agent.go), the picture (plot.go) and its letters (font.go) are plain Go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"time"

	"example.com/gogym"
)

const (
	rollout = 32  // steps of each environment between two updates
	window  = 100 // episodes that the mean return is taken over
)

type settings struct {
	env, engine, out string
	envs             int
	seed             int64
	target           float64
	most             int // steps
}

func main() {
	var s settings
	flag.StringVar(&s.env, "env", "CartPole-v1", "the `environment`")
	flag.IntVar(&s.envs, "envs", 64, "how many of them")
	flag.StringVar(&s.engine, "engine", "process", "how they are run: process or sync")
	flag.Int64Var(&s.seed, "seed", 1, "of the environments and the agent")
	flag.Float64Var(&s.target, "target", 475, "the mean return of 100 episodes to stop at")
	flag.IntVar(&s.most, "steps", 1_000_000, "the number of steps to stop at")
	flag.StringVar(&s.out, "out", "learning.png", "the `file` for the picture")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // Ctrl-C ends it, with a picture
	err := run(ctx, s)
	stop()
	if err := errors.Join(err, gogym.Shutdown()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, s settings) error {
	vec, err := gogym.MakeVec(s.env, s.envs,
		gogym.WithEngine(gogym.Engine(s.engine)), gogym.WithAutoreset(gogym.AutoresetSameStep))
	if err != nil {
		return err
	}
	defer vec.Close()
	actions, isDiscrete := vec.ActionSpace().(*gogym.Discrete)
	if !isDiscrete {
		return fmt.Errorf("the actions of %s are a %s, not Discrete", s.env, vec.ActionSpace())
	}
	if err := vec.Reset(gogym.ResetSeed(s.seed)); err != nil {
		return err
	}
	l := &learner{
		vec: vec, first: actions.Start, returns: make([]float64, s.envs),
		agent: newAgent(vec.ObservationSpace().Size(), int(actions.N), uint64(s.seed)),
	}
	begun := time.Now()
	for l.steps < s.most && !(l.curve.mean() >= s.target) { // also while it is not a number
		samples, err := l.collect(ctx)
		if errors.Is(err, context.Canceled) {
			break
		} else if err != nil {
			return err
		}
		l.agent.update(samples)
		l.tell()
	}
	seconds := time.Since(begun).Seconds()
	fmt.Printf("%s: mean return %.1f over the last %d episodes, after %d steps in %.1f s (%.0f steps/s)\n",
		s.env, l.curve.mean(), window, l.steps, seconds, float64(l.steps)/seconds)
	title := fmt.Sprintf("%s on %d environments, engine %s: %.1f s", s.env, s.envs, s.engine, seconds)
	return l.curve.save(s.out, title, s.target)
}

// learner is an agent with its environments.
type learner struct {
	vec     *gogym.Vec
	agent   *agent
	first   int64     // the number of the first action
	returns []float64 // of each environment's episode so far
	steps   int
	curve   curve
	told    int // steps at the last line
}

// collect takes some steps and gives what is to be learned from them.
func (l *learner) collect(ctx context.Context) ([]sample, error) {
	n := l.vec.NumEnvs()
	samples := make([]sample, rollout*n) // those of a step are side by side
	next := make([]float64, rollout*n)   // the worth of what followed; 0 after a terminated episode
	ended := make([]bool, rollout*n)
	for t := range rollout {
		// The rows of the vector environment are memory that the worker processes share: no call is needed to read or
		// write them.
		for i := range n {
			observation := append([]float64{}, l.vec.Observation(i)...)
			action, logp := l.agent.act(observation)
			samples[t*n+i] = sample{observation: observation, action: action, logp: logp, worth: l.agent.worth(observation)}
			l.vec.Action(i)[0] = float64(l.first + int64(action))
		}
		if err := l.step(ctx); err != nil {
			return nil, err
		}
		for i, transition := range l.vec.Transitions() {
			k := t*n + i
			samples[k].target = (1 - gamma) * transition.Reward // so that returns are about as large as rewards
			ended[k] = transition.Done()
			switch {
			case transition.Terminated:
			case transition.Truncated: // it would have gone on
				next[k] = l.agent.worth(l.vec.FinalObservation(i))
			default:
				next[k] = l.agent.worth(l.vec.Observation(i))
			}
		}
	}
	for k := len(samples) - 1; k >= 0; k-- { // generalized advantage estimation
		s := &samples[k]
		s.advantage = s.target + gamma*next[k] - s.worth
		if k+n < len(samples) && !ended[k] {
			s.advantage += gamma * lambda * samples[k+n].advantage
		}
		s.target = s.worth + s.advantage
	}
	return samples, nil
}

// step takes one step and counts what it brought.
func (l *learner) step(ctx context.Context) error {
	_, err := l.vec.Step(ctx, nil) // the actions are in the vector environment's own rows
	var failed *gogym.VecError
	if errors.As(err, &failed) {
		log.Print(failed) // those environments have been made anew: learning goes on
	} else if err != nil {
		return err
	}
	l.steps += l.vec.NumEnvs()
	for i, transition := range l.vec.Transitions() {
		l.returns[i] += transition.Reward
		if transition.Done() {
			l.curve.add(l.steps, l.returns[i])
			l.returns[i] = 0
		}
	}
	return nil
}

// tell prints a line of the learning curve now and then.
func (l *learner) tell() {
	const every = 8192
	if l.steps-l.told < every || len(l.curve.points) < window {
		return
	}
	l.told = l.steps
	mean := l.curve.mean()
	bar := strings.Repeat("#", max(0, min(50, int(mean/10))))
	fmt.Printf("%7d steps %5d episodes  mean return %6.1f  %s\n", l.steps, len(l.curve.points), mean, bar)
}
