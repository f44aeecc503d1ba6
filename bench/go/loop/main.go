// Loop is the Go contender: loop ENVIRONMENT MODE [SETUP], with the modes and setups of bench/contenders/loop.c;
// bench/contenders/contender.h says how the contenders are driven. This one knows one request more: "allocs N" answers
// with the allocations per StepInto.
package main

import (
	"fmt"
	"log"
	"os"
	"testing"
	"time"

	"example.com/gogym"
	"example.com/gogym/wrappers"
)

const pool = 1000

type loop struct {
	env      *gogym.Env
	actions  [][]float64
	obs      []float64
	position int // in the pool of actions

	nativeActions [][]byte
	nativeObs     []byte

	frame []byte
	pixel int
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func (l *loop) step(action []float64) float64 {
	transition, err := l.env.StepInto(action, l.obs)
	must(err)
	if transition.Done() {
		must(l.env.ResetInto(l.obs))
	}
	return transition.Reward
}

func (l *loop) drawn(steps int) (total float64) {
	for range steps {
		total += l.step(l.actions[l.position])
		if l.position++; l.position == pool {
			l.position = 0
		}
	}
	return total
}

func (l *loop) sampled(steps int) (total float64) {
	space := l.env.ActionSpace()
	for range steps {
		action, err := space.Sample()
		must(err)
		total += l.step(action)
	}
	return total
}

// native steps through native buffers, with actions from a pool of its own.
func (l *loop) native(steps int) (total float64) {
	for range steps {
		transition, err := l.env.StepNative(l.nativeActions[l.position], l.nativeObs)
		must(err)
		if transition.Done() {
			must(l.env.ResetNative(l.nativeObs))
		}
		total += transition.Reward
		if l.position++; l.position == pool {
			l.position = 0
		}
	}
	return total
}

// prepareNative samples the pool of actions and makes the first reset.
func (l *loop) prepareNative() {
	l.nativeObs = gogym.MakeBuffer(l.env.ObservationSpace())
	must(l.env.ActionSpace().Seed(0))
	for range pool {
		action := gogym.MakeBuffer(l.env.ActionSpace())
		must(l.env.ActionSpace().SampleNative(action))
		l.nativeActions = append(l.nativeActions, action)
	}
	must(l.env.ResetNative(l.nativeObs, gogym.ResetSeed(0)))
}

// render asks for frames of the first observation.
func (l *loop) render(steps int) (total float64) {
	for range steps {
		must(l.env.RenderInto(l.frame))
		total += float64(l.frame[l.pixel])
	}
	return total
}

func (l *loop) prepareFrame() {
	layout, err := l.env.FrameLayout()
	must(err)
	shape := layout.Parts[0].Shape
	l.frame = make([]byte, layout.NBytes)
	l.pixel = (shape[0]/2*shape[1] + shape[1]/2) * shape[2]
}

func options(setup string) []gogym.Option {
	switch setup {
	case "chain":
		return []gogym.Option{gogym.WithWrappers(
			wrappers.FrameStackObservation{StackSize: 4},
			wrappers.ClipReward{MinReward: -1.0, MaxReward: 1.0},
			wrappers.TimeLimit{MaxEpisodeSteps: 200},
		)}
	case "callback":
		double := func(reward float64) float64 { return 2 * reward }
		return []gogym.Option{gogym.WithWrappers(wrappers.TransformReward{Func: double})}
	case "rendered":
		return []gogym.Option{gogym.WithRenderMode("rgb_array")}
	}
	return nil
}

func main() {
	if len(os.Args) != 3 && len(os.Args) != 4 {
		log.Fatal("usage: loop ENVIRONMENT MODE [SETUP]")
	}
	setup := "plain"
	if len(os.Args) == 4 {
		setup = os.Args[3]
	}
	env, err := gogym.Make(os.Args[1], options(setup)...)
	must(err)
	l := &loop{env: env, obs: make([]float64, env.ObservationSpace().Size())}
	body := l.drawn
	if os.Args[2] == "sampled" {
		body = l.sampled
	}
	if os.Args[2] == "native" {
		body = l.native
		l.prepareNative()
	} else {
		l.prepare()
	}
	if os.Args[2] == "render" {
		l.prepareFrame()
		body = l.render
	}
	converse(l, body)
}

// prepare is prepareNative for float64 buffers.
func (l *loop) prepare() {
	must(l.env.ActionSpace().Seed(0))
	for range pool {
		action, err := l.env.ActionSpace().Sample()
		must(err)
		l.actions = append(l.actions, action)
	}
	must(l.env.ResetInto(l.obs, gogym.ResetSeed(0)))
}

// converse answers requests until there are no more.
func converse(l *loop, body func(steps int) float64) {
	fmt.Println("ready")
	for {
		var verb string
		var steps int
		if _, err := fmt.Scan(&verb, &steps); err != nil {
			return
		}
		if verb == "allocs" {
			fmt.Println(0, testing.AllocsPerRun(steps, func() { l.step(l.actions[0]) }))
			continue
		}
		start := time.Now()
		total := body(steps)
		fmt.Printf("%d %.17g\n", time.Since(start).Nanoseconds(), total)
	}
}
