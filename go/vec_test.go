package gogym

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const rowEnv = "gogym_go_vec:GoRow-v0" // a module in testdata

var background = context.Background()

// makeVec makes a vector environment that is closed when the test ends.
func makeVec(tb testing.TB, id string, n int, options ...Option) *Vec {
	tb.Helper()
	if !hasCgo {
		tb.Skip("built without cgo")
	}
	vec, err := MakeVec(id, n, options...)
	if errors.Is(err, ErrDependencyNotInstalled) {
		tb.Skipf("%v", err)
	}
	must(tb, err)
	tb.Cleanup(func() {
		if err := vec.Close(); err != nil && !errors.Is(err, ErrHandle) {
			tb.Errorf("%s: %v", id, err)
		}
	})
	return vec
}

// gated gives an option with which action 6 of environments waits, until open is called. reached waits until one waits.
func gated(tb testing.TB) (option Option, open, reached func()) {
	file := filepath.Join(tb.TempDir(), "gate")
	return WithKwarg("gate", file), func() { must(tb, os.WriteFile(file, nil, 0o600)) }, func() {
		for {
			if _, err := os.Stat(file + ".reached"); err == nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// Rollouts equal those of single environments, bit for bit.
func TestVecEqualsEnvs(t *testing.T) {
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		for _, id := range []string{"CartPole-v1", "Pendulum-v1", "FrozenLake-v1"} {
			t.Run(fmt.Sprint(engine, " ", id), func(t *testing.T) {
				options := []Option{WithEngine(engine)}
				if engine == EngineProcess {
					options = append(options, WithWorkers(3))
				}
				vec := makeVec(t, id, 7, options...)
				must(t, vec.Reset(ResetSeed(5)))
				must(t, vec.SeedActions(5))
				compareRollouts(t, vec, 200)
			})
		}
	}
}

// compareRollouts steps a Vec at random, with its environments alone beside it.
func compareRollouts(t *testing.T, vec *Vec, steps int) {
	t.Helper()
	n := vec.NumEnvs()
	envs, ended := make([]*Env, n), make([]bool, n)
	for i := range envs {
		envs[i] = makeEnv(t, vec.ID())
		obs, err := envs[i].Reset(ResetSeed(5 + int64(i)))
		must(t, err)
		if !slices.Equal(obs, vec.Observation(i)) {
			t.Fatalf("environment %d begins with %v, alone with %v", i, vec.Observation(i), obs)
		}
	}
	episodes := 0
	for range steps {
		must(t, vec.SampleActions(nil))
		batch, err := vec.Step(background, nil)
		must(t, err)
		if batch.Len() != n {
			t.Fatalf("a step brought %d environments", batch.Len())
		}
		for i, env := range envs {
			var obs []float64
			var transition Transition
			if ended[i] { // the mode next_step
				obs, err = env.Reset()
			} else {
				obs, transition, err = env.Step(vec.Action(i))
			}
			must(t, err)
			if !slices.Equal(obs, batch.Observation(i)) || transition != batch.Transition(i) {
				t.Fatalf("environment %d: %v %v, alone %v %v", i, batch.Observation(i), batch.Transition(i), obs, transition)
			}
			if ended[i] = transition.Done(); ended[i] {
				episodes++
			}
		}
	}
	if episodes < n {
		t.Errorf("only %d episodes have ended", episodes)
	}
}

func TestVecSameStep(t *testing.T) {
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		vec := makeVec(t, rowEnv, 3, WithEngine(engine), WithAutoreset(AutoresetSameStep), WithKwarg("length", 2),
			WithEnvOptions(1, WithKwarg("length", 3)))
		must(t, vec.Reset())
		for range 2 {
			_, err := vec.Step(background, make([]float64, 3))
			must(t, err)
		}
		// 0 and 2 have ended in this very step, 1 goes on.
		for i, want := range [][]float64{{0, 0, 2}, {0, 2, 1}, {0, 0, 2}} {
			if !slices.Equal(vec.Observation(i), want) {
				t.Errorf("%s: observation %d is %v, not %v", engine, i, vec.Observation(i), want)
			}
			if vec.Transition(i).Terminated != (i != 1) {
				t.Errorf("%s: transition %d is %v", engine, i, vec.Transition(i))
			}
		}
		if final := vec.FinalObservation(2); !slices.Equal(final, []float64{0, 2, 1}) {
			t.Errorf("%s: the final observation is %v", engine, final)
		}
		infos, err := vec.Info()
		must(t, err)
		final, _ := infos[0].Get("final_info")
		if steps, _ := final.(*Dict).Get("steps"); steps != int64(2) {
			t.Errorf("%s: the final info is %v", engine, final)
		}
		if _, found := infos[1].Get("final_info"); found {
			t.Errorf("%s: an episode that goes on has a final info", engine)
		}
	}
}

func TestVecDisabledAutoreset(t *testing.T) {
	vec := makeVec(t, rowEnv, 4, WithWorkers(2), WithAutoreset(AutoresetDisabled), WithKwarg("length", 2),
		WithEnvOptions(1, WithKwarg("length", 3)), WithEnvOptions(2, WithKwarg("length", 3)))
	must(t, vec.Reset())
	if vec.FinalObservations() != nil {
		t.Error("there are final observations")
	}
	done := make([]bool, 4)
	for range 2 {
		batch, err := vec.Step(background, make([]float64, 4))
		must(t, err)
		for i := range done {
			done[i] = batch.Transition(i).Done()
		}
	}
	if !slices.Equal(done, []bool{true, false, false, true}) {
		t.Fatalf("done: %v", done)
	}
	batch, err := vec.Step(background, make([]float64, 4))
	if !errors.Is(err, ErrResetNeeded) || batch != nil {
		t.Errorf("a step without a reset gave %v, %v", batch, err)
	}
	must(t, vec.Reset(ResetMask(done), ResetSeeds(-1, 3, 3, 9), ResetOptions(map[string]any{"easy": true})))
	if want := []float64{0, 0, 2, 0, 2, 1, 0, 2, 1, 0, 0, 2}; !slices.Equal(vec.Observations(), want) {
		t.Errorf("observations are %v, not %v", vec.Observations(), want)
	}
	infos, err := vec.Info()
	must(t, err)
	for i, want := range map[int]string{0: "{'seed': None, 'options': {'easy': True}}", 3: "{'seed': 9, 'options': {'easy': True}}"} {
		if infos[i].String() != want {
			t.Errorf("info %d is %v, not %s", i, infos[i], want)
		}
	}
	_, err = vec.Step(background, make([]float64, 4))
	must(t, err)
}

func TestVecSendRecv(t *testing.T) {
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		t.Run(string(engine), func(t *testing.T) {
			vec := makeVec(t, rowEnv, 4, WithEngine(engine))
			must(t, vec.Reset())
			if _, err := vec.Recv(background, 1); !errors.Is(err, ErrNoAsyncCall) {
				t.Errorf("Recv without a Send gave %v", err)
			}
			must(t, vec.Send([]int{2, 0}, []float64{1, 0}))
			must(t, vec.Send([]int{}, nil)) // nothing, not everything
			for name, err := range map[string]error{
				"one again": vec.Send([]int{1, 2}, make([]float64, 2)),
				"all":       vec.Send(nil, make([]float64, 4)),
				"Reset":     vec.Reset(),
				"Step":      errOf(vec.Step(background, nil)),
			} {
				if !errors.Is(err, ErrAlreadyPendingCall) {
					t.Errorf("%s gave %v", name, err)
				}
			}
			vec.Action(3)[0] = 1
			must(t, vec.Send([]int{3}, nil))
			got := map[int]int{}
			for len(got) < 3 {
				batch, err := vec.Recv(background, 2)
				must(t, err)
				for k, id := range batch.IDs {
					got[id]++
					if batch.Transition(k).Reward != 1 || batch.Observation(k)[1] != 1 {
						t.Errorf("environment %d: %v %v", id, batch.Observation(k), batch.Transition(k))
					}
				}
			}
			if got[0] != 1 || got[2] != 1 || got[3] != 1 || vec.Observation(1)[1] != 0 {
				t.Errorf("received %v, and environment 1 observes %v", got, vec.Observation(1))
			}
			must(t, vec.Send(nil, make([]float64, 4)))
			batch, err := vec.Recv(background, 99)
			must(t, err)
			if ids := slices.Sorted(slices.Values(batch.IDs)); !slices.Equal(ids, []int{0, 1, 2, 3}) {
				t.Errorf("received %v", ids)
			}
		})
	}
}

func TestVecSendWrong(t *testing.T) {
	vec := makeVec(t, rowEnv, 4)
	must(t, vec.Reset())
	for name, err := range map[string]error{
		"twice":      vec.Send([]int{1, 1}, make([]float64, 2)),
		"beyond":     vec.Send([]int{4}, make([]float64, 1)),
		"negative":   vec.Send([]int{-1}, make([]float64, 1)),
		"many":       vec.Send(make([]int, 9), make([]float64, 9)),
		"empty Recv": errOf(vec.Recv(background, 0)),
	} {
		if !errors.Is(err, ErrArgument) {
			t.Errorf("%s gave %v", name, err)
		}
	}
	if err := vec.Send([]int{1}, make([]float64, 2)); !errors.Is(err, ErrBuffer) {
		t.Errorf("two actions for one environment gave %v", err)
	}
	if _, err := vec.Step(background, make([]float64, 5)); !errors.Is(err, ErrBuffer) {
		t.Errorf("five actions for four environments gave %v", err)
	}
	if _, err := vec.Recv(background, 1); !errors.Is(err, ErrNoAsyncCall) {
		t.Errorf("something was sent: Recv gave %v", err)
	}
}

// Those that are ready come first, whatever the others do.
func TestVecRecvFirstReady(t *testing.T) {
	gate, open, _ := gated(t)
	vec := makeVec(t, rowEnv, 4, WithWorkers(4), gate)
	defer open()
	must(t, vec.Reset())
	must(t, vec.Send(nil, []float64{6, 0, 6, 0}))
	batch, err := vec.Recv(background, 2)
	must(t, err)
	ready := slices.Sorted(slices.Values(batch.IDs))
	if !slices.Equal(ready, []int{1, 3}) {
		t.Errorf("received %v first", ready)
	}
	must(t, vec.Send(ready, []float64{1, 1})) // these go on while the others wait
	batch, err = vec.Recv(background, 2)
	must(t, err)
	for k := range batch.IDs {
		if batch.Observation(k)[1] != 2 {
			t.Errorf("environment %d observes %v", batch.IDs[k], batch.Observation(k))
		}
	}
	open()
	batch, err = vec.Recv(background, 4)
	must(t, err)
	if late := slices.Sorted(slices.Values(batch.IDs)); !slices.Equal(late, []int{0, 2}) {
		t.Errorf("received %v at last", late)
	}
}

func TestVecContext(t *testing.T) {
	gate, open, reached := gated(t)
	vec := makeVec(t, rowEnv, 3, WithWorkers(3), gate)
	defer open()
	must(t, vec.Reset())
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	batch, err := vec.Step(ctx, []float64{0, 1, 0})
	must(t, err)
	if !slices.Equal(batch.IDs, []int{0, 1, 2}) {
		t.Errorf("a step brought %v", batch.IDs)
	}
	go func() {
		reached()
		cancel()
	}()
	batch, err = vec.Step(ctx, []float64{0, 6, 0})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrTimeout) || batch != nil {
		t.Fatalf("a step that was cancelled gave %v, %v", batch, err)
	}
	var gymErr *Error
	if !errors.As(err, &gymErr) || gymErr.Code != ErrTimeout {
		t.Errorf("the error is %#v", err)
	}
	if _, err = vec.Step(ctx, make([]float64, 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("a step after the end gave %v", err)
	}
	if _, err = vec.Recv(ctx, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("Recv after the end gave %v", err)
	}
	soon, cancelSoon := context.WithTimeout(background, time.Millisecond)
	defer cancelSoon()
	if _, err = vec.Recv(soon, 3); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrTimeout) {
		t.Errorf("Recv past the deadline gave %v", err)
	}
	if _, err = vec.Step(background, make([]float64, 3)); !errors.Is(err, ErrAlreadyPendingCall) {
		t.Errorf("a step meanwhile gave %v", err)
	}
	open()
	later, cancelLater := context.WithTimeout(background, time.Hour)
	defer cancelLater()
	batch, err = vec.Recv(later, 3)
	must(t, err)
	for k := range batch.IDs {
		if batch.Observation(k)[1] != 2 { // no step was lost, none was done twice
			t.Errorf("environment %d observes %v", batch.IDs[k], batch.Observation(k))
		}
	}
	batch, err = vec.Step(later, make([]float64, 3))
	must(t, err)
	if batch.Observation(1)[1] != 3 {
		t.Errorf("environment 1 observes %v", batch.Observation(1))
	}
}

// A context that has ended before the step: nothing happens.
func TestVecContextBefore(t *testing.T) {
	vec := makeVec(t, rowEnv, 2, WithEngine(EngineSync))
	must(t, vec.Reset())
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := vec.Step(ctx, make([]float64, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("the step gave %v", err)
	}
	_, err := vec.Step(background, make([]float64, 2))
	must(t, err)
	if vec.Observation(0)[1] != 1 {
		t.Errorf("%v steps were done", vec.Observation(0)[1])
	}
}

func TestVecNative(t *testing.T) {
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		vec := makeVec(t, "gogym_go_vec:GoPair-v0", 3, WithEngine(engine), WithLayout(LayoutNative))
		must(t, vec.Reset())
		if vec.Observations() != nil || vec.Actions() != nil || vec.Observation(0) != nil || vec.ActionNBytes()%8 != 0 {
			t.Errorf("%s: there are float64 rows, or actions of %d bytes", engine, vec.ActionNBytes())
		}
		parts := vec.ObservationSpace().(*DictSpace)
		count, _ := parts.Get("count")
		place, _ := parts.Get("place")
		counts, err := ViewRows[int16](vec, vec.ObservationsNative(), count)
		must(t, err)
		places, err := ViewRows[float32](vec, vec.ObservationsNative(), place)
		must(t, err)
		actions, err := ViewRows[float32](vec, vec.ActionsNative(), vec.ActionSpace())
		must(t, err)
		for step := int16(1); step <= 5; step++ {
			for i, action := range actions {
				action[1] = float32(i) / 4
			}
			_, err := vec.Step(background, nil)
			must(t, err)
			for i := range counts {
				if counts[i][0] != step || !slices.Equal(places[i], []float32{0, float32(i) / 4, 0}) {
					t.Fatalf("%s: environment %d observes %v %v", engine, i, counts[i], places[i])
				}
			}
		}
		action := make([]byte, 3*vec.ActionNBytes())
		must(t, vec.SampleActionsNative(action))
		_, err = vec.StepNative(background, action)
		must(t, err)
		sampled, err := View[float32](action[2*vec.ActionNBytes():], vec.ActionSpace())
		must(t, err)
		if !slices.Equal(places[2], sampled) || slices.Equal(sampled, make([]float32, 3)) {
			t.Errorf("%s: %v does not observe the action %v", engine, places[2], sampled)
		}
		must(t, vec.SendNative([]int{1}, action[:vec.ActionNBytes()]))
		batch, err := vec.Recv(background, 1)
		must(t, err)
		first, err := View[int16](batch.ObservationNative(0), count)
		must(t, err)
		if batch.IDs[0] != 1 || first[0] != 7 {
			t.Errorf("%s: received %v with %v", engine, batch.IDs, first)
		}
		if _, err := vec.Step(background, make([]float64, 9)); !errors.Is(err, ErrArgument) {
			t.Errorf("%s: float64 actions gave %v", engine, err)
		}
		if _, err := ViewRows[int16](vec, vec.ObservationsNative()[:5], count); !errors.Is(err, ErrBuffer) {
			t.Errorf("%s: a part of the array gave %v", engine, err)
		}
	}
}

func TestVecAllocations(t *testing.T) {
	cancellable, cancel := context.WithCancel(background)
	defer cancel()
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		vec := makeVec(t, "CartPole-v1", 4, WithEngine(engine))
		must(t, vec.Reset())
		ids, actions := []int{1, 3}, []float64{1, 0}
		var failed error
		for name, call := range map[string]func() error{
			"Step":                  func() error { return errOf(vec.Step(background, nil)) },
			"Step with a context":   func() error { return errOf(vec.Step(cancellable, nil)) },
			"SampleActions":         func() error { return vec.SampleActions(nil) },
			"Reset without options": func() error { return vec.Reset() },
			"reading rows":          func() error { return readRows(vec) },
			"Send and Recv": func() error {
				if err := vec.Send(ids, actions); err != nil {
					return err
				}
				return errOf(vec.Recv(background, 2))
			},
			"Send and Recv with a context": func() error {
				if err := vec.Send(nil, nil); err != nil {
					return err
				}
				return errOf(vec.Recv(cancellable, 4))
			},
		} {
			if n := testing.AllocsPerRun(200, func() {
				if err := call(); err != nil {
					failed = err
				}
			}); n != 0 {
				t.Errorf("%s: %s allocates %v times", engine, name, n)
			}
			must(t, failed)
		}
	}
}

func readRows(vec *Vec) error {
	sum := 0.0
	for i, transition := range vec.Transitions() {
		sum += vec.Observation(i)[0] + transition.Reward + vec.Action(i)[0] + float64(vec.Statuses()[i])
	}
	if sum != sum {
		return errors.New("not a number")
	}
	return nil
}

func TestVecClosed(t *testing.T) {
	vec := makeVec(t, rowEnv, 2)
	must(t, vec.Reset())
	must(t, vec.Close())
	for name, v := range map[string]*Vec{"closed": vec, "zero": new(Vec), "nil": nil} {
		for call, err := range map[string]error{
			"Close": v.Close(), "Reset": v.Reset(), "Step": errOf(v.Step(background, nil)), "Send": v.Send(nil, nil),
			"StepNative": errOf(v.StepNative(background, nil)), "SendNative": v.SendNative(nil, nil),
			"Recv": errOf(v.Recv(background, 1)), "Info": errOf(v.Info()), "Call": errOf(v.Call("add", 1)),
			"Render": errOf(v.Render()), "Describe": errOf(v.Describe()), "SampleActions": v.SampleActions(nil),
			"SampleActionsNative": v.SampleActionsNative(nil), "SeedActions": v.SeedActions(1),
			"BatchObservationSpace": errOf(v.BatchObservationSpace()), "BatchActionSpace": errOf(v.BatchActionSpace()),
		} {
			if !errors.Is(err, ErrHandle) {
				t.Errorf("%s of a %s Vec gave %v", call, name, err)
			}
		}
		if v.Actions() != nil || v.Action(0) != nil || v.Observations() != nil || v.Observation(1) != nil || v.Transitions() != nil ||
			v.FinalObservation(0) != nil || v.Statuses() != nil || v.ObservationNative(0) != nil || v.Transition(0) != (Transition{}) {
			t.Errorf("a %s Vec has rows", name)
		}
	}
	if _, err := vec.ActionSpace().Sample(); !errors.Is(err, ErrHandle) {
		t.Errorf("Sample after Close gave %v", err)
	}
	if vec.ActionSpace().(*Discrete).N != 8 || vec.NumEnvs() != 2 || vec.ID() != rowEnv {
		t.Error("a closed Vec has forgotten what it was")
	}
}

func TestVecRows(t *testing.T) {
	vec := makeVec(t, rowEnv, 3, WithEnvOptions(1, WithKwarg("number", 5)), WithEnvOptions(2, WithKwarg("number", 7)))
	must(t, vec.Reset())
	if &vec.Observations()[3] != &vec.Observation(1)[0] || &vec.Actions()[2] != &vec.Action(2)[0] {
		t.Error("a row is not a part of its array")
	}
	if len(vec.Observation(1)) != 3 || cap(vec.Observation(1)) != 3 || vec.Observation(3) != nil || vec.Observation(-1) != nil {
		t.Error("rows have other bounds than they should")
	}
	kept := vec.Observation(2)
	_, err := vec.Step(background, vec.Actions()) // its own array
	must(t, err)
	if !slices.Equal(kept, []float64{7, 1, 1}) {
		t.Errorf("a row that was kept shows %v", kept)
	}
	if !slices.Equal(vec.Statuses(), make([]Code, 3)) {
		t.Errorf("statuses are %v", vec.Statuses())
	}
	if vec.ObservationNBytes() != 24 || vec.ActionNBytes() != 8 {
		t.Errorf("rows have %d and %d bytes", vec.ObservationNBytes(), vec.ActionNBytes())
	}
}

func TestVecCalls(t *testing.T) {
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		vec := makeVec(t, rowEnv, 3, WithEngine(engine), WithRenderMode("rgb_array"), WithEnvOptions(2, WithKwarg("number", 9)))
		if _, err := vec.Info(); !errors.Is(err, ErrResetNeeded) {
			t.Errorf("%s: Info before the first reset gave %v", engine, err)
		}
		must(t, vec.Reset(ResetSeed(3)))
		sums, err := vec.CallKeywords("unwrapped.add", map[string]any{"y": 0.5}, 1)
		must(t, err)
		if fmt.Sprint(sums) != "[1.5 1.5 10.5]" {
			t.Errorf("%s: the calls gave %v", engine, sums)
		}
		numbers, err := vec.Call("unwrapped.number")
		must(t, err)
		if len(numbers) != 3 || numbers[2] != int64(9) {
			t.Errorf("%s: the attributes are %v", engine, numbers)
		}
		if _, err := vec.Call("unwrapped.nothing"); !errors.Is(err, ErrAttribute) {
			t.Errorf("%s: an attribute that is missing gave %v", engine, err)
		}
		pictures, err := vec.Render()
		must(t, err)
		if len(pictures) != 3 || pictures[2].At(1, 1) != (color.RGBA{9, 9, 9, 255}) || pictures[0].Bounds().Dx() != 3 {
			t.Errorf("%s: rendered %v", engine, pictures)
		}
		infos, err := vec.Info()
		must(t, err)
		if seed, _ := infos[2].Get("seed"); seed != int64(5) {
			t.Errorf("%s: the infos are %v", engine, infos)
		}
	}
}

func TestVecDescribe(t *testing.T) {
	vec := makeVec(t, rowEnv, 5, WithWorkers(2), WithAutoreset(AutoresetDisabled))
	d, err := vec.Describe()
	must(t, err)
	if d.ID != rowEnv || d.NumEnvs != 5 || d.Engine != EngineProcess || d.Autoreset != AutoresetDisabled || d.Layout != LayoutFloat64 {
		t.Errorf("described as %+v", d)
	}
	if len(d.Workers) != 2 || d.Workers[0].Count+d.Workers[1].Count != 5 || d.Workers[1].First != d.Workers[0].Count ||
		d.Workers[0].PID == d.Workers[1].PID || d.Workers[0].PID == os.Getpid() || d.Workers[0].Python == "" {
		t.Errorf("the workers are %+v", d.Workers)
	}
	d, err = makeVec(t, rowEnv, 2, WithEngine(EngineSync)).Describe()
	must(t, err)
	if d.Engine != EngineSync || len(d.Workers) != 0 {
		t.Errorf("described as %+v", d)
	}
}

func TestVecSpaces(t *testing.T) {
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		vec := makeVec(t, "CartPole-v1", 3, WithEngine(engine))
		if text := fmt.Sprint(vec.ActionSpace()); text != "Discrete(2)" {
			t.Errorf("%s: the action space is %s", engine, text)
		}
		must(t, vec.ActionSpace().Seed(7))
		action, err := vec.ActionSpace().Sample()
		must(t, err)
		if !vec.ActionSpace().Contains(action) {
			t.Errorf("%s: sampled %v", engine, action)
		}
		batch, err := vec.BatchActionSpace()
		must(t, err)
		if text := fmt.Sprint(batch); text != "MultiDiscrete([2 2 2])" {
			t.Errorf("%s: the batched action space is %s", engine, text)
		}
		observations, err := vec.BatchObservationSpace()
		must(t, err)
		if !slices.Equal(observations.Shape(), []int{3, 4}) {
			t.Errorf("%s: the batched observation space is %v", engine, observations)
		}
		if err := batch.Close(); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: Close of a space gave %v", engine, err)
		}
		must(t, batch.Seed(4))
		want, err := batch.Sample()
		must(t, err)
		must(t, vec.SeedActions(4))
		got := make([]float64, 3)
		must(t, vec.SampleActions(got))
		if !slices.Equal(got, want) {
			t.Errorf("%s: SampleActions gave %v, the batched space %v", engine, got, want)
		}
		must(t, vec.Close())
		if _, err := batch.Sample(); !errors.Is(err, ErrHandle) {
			t.Errorf("%s: Sample after Close gave %v", engine, err)
		}
	}
}
