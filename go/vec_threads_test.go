package gogym

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// Functions of the program are called where the environments live in this process, and may not come back to the Vec.
func TestVecCallbacks(t *testing.T) {
	var vec *Vec
	var inner error
	halve := func(reward float64) (float64, error) {
		_, inner = vec.Info()
		return reward / 2, nil
	}
	vec = makeVec(t, rowEnv, 2, WithEngine(EngineSync),
		WithWrappers(CustomWrapper{Name: "TransformReward", Args: map[string]any{"func": halve}}))
	must(t, vec.Reset())
	batch, err := vec.Step(background, make([]float64, 2))
	must(t, err)
	if batch.Transition(1).Reward != 0.5 || !errors.Is(inner, ErrBusy) {
		t.Errorf("the reward is %v, the call within gave %v", batch.Transition(1).Reward, inner)
	}
}

func TestVecEngineVector(t *testing.T) {
	for _, options := range [][]Option{nil, {WithWorkers(2)}} {
		vec := makeVec(t, "CartPole-v1", 6, append(options, WithEngine(EngineVector))...)
		must(t, vec.Reset(ResetSeed(1)))
		for range 30 {
			must(t, vec.SampleActions(nil))
			_, err := vec.Step(background, nil)
			must(t, err)
		}
		if vec.Observation(5)[0] == 0 || vec.Transition(0).Reward > 1 {
			t.Errorf("observes %v", vec.Observations())
		}
	}
}

// One goroutine sends, another receives; a third asks.
func TestVecGoroutines(t *testing.T) {
	const n, steps = 8, 200
	vec := makeVec(t, rowEnv, n, WithWorkers(2))
	must(t, vec.Reset())
	idle := make(chan []int, n+1)
	idle <- []int{0, 1, 2, 3, 4, 5, 6, 7}
	var done sync.WaitGroup
	done.Add(2)
	go func() {
		defer done.Done()
		actions := make([]float64, n)
		for ids := range idle {
			if err := vec.Send(ids, actions[:len(ids)]); err != nil {
				t.Errorf("Send(%v): %v", ids, err)
			}
		}
	}()
	go func() {
		defer done.Done()
		for range 50 {
			if _, err := vec.Describe(); err != nil && !errors.Is(err, ErrAlreadyPendingCall) {
				t.Errorf("Describe: %v", err)
			}
		}
	}()
	counts := make([]int, n)
	for received := 0; received < n*steps; {
		batch, err := vec.Recv(background, 3)
		if errors.Is(err, ErrNoAsyncCall) {
			time.Sleep(time.Millisecond) // the sender has not got there yet
			continue
		}
		must(t, err)
		var again []int
		for k, id := range batch.IDs {
			counts[id]++
			received++
			if int(batch.Observation(k)[1]) != counts[id] {
				t.Fatalf("environment %d observes %v after %d steps", id, batch.Observation(k), counts[id])
			}
			if counts[id] < steps {
				again = append(again, id)
			}
		}
		if len(again) > 0 {
			idle <- again
		}
	}
	close(idle)
	done.Wait()
	for id, count := range counts {
		if count != steps {
			t.Errorf("environment %d was received %d times", id, count)
		}
	}
}

// Any goroutine may step; steps do not overlap.
func TestVecShared(t *testing.T) {
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		vec := makeVec(t, rowEnv, 3, WithEngine(engine))
		must(t, vec.Reset())
		must(t, inParallel(8, func(int) error {
			for range 25 {
				if _, err := vec.Step(background, make([]float64, 3)); err != nil {
					return err
				}
			}
			return nil
		}))
		if vec.Observation(2)[1] != 200 {
			t.Errorf("%s: %v steps were done", engine, vec.Observation(2)[1])
		}
	}
}

// A Close while others step: they get a result or ErrHandle.
func TestVecConcurrentClose(t *testing.T) {
	for range 5 {
		vec := makeVec(t, rowEnv, 2, WithWorkers(1))
		must(t, vec.Reset())
		must(t, inParallel(4, func(i int) error {
			if i == 0 {
				return vec.Close()
			}
			for {
				if _, err := vec.Step(background, make([]float64, 2)); errors.Is(err, ErrHandle) {
					return nil
				} else if err != nil {
					return err
				}
			}
		}))
	}
}

// Environments in worker processes need no place among those that may be inside Python at a time.
func TestVecNeedsNoPlace(t *testing.T) {
	vec := makeVec(t, rowEnv, 2)
	env := makeEnv(t, rowEnv, WithIsolation())
	places := inside.limit.Load()
	for range places {
		inside.acquire()
	}
	_, err := env.Reset()
	_, err2 := vec.ActionSpace().Sample()
	err3 := errors.Join(vec.Reset(), errOf(vec.Step(background, make([]float64, 2))))
	for range places {
		inside.release()
	}
	must(t, errors.Join(err, err2, err3))
}

func BenchmarkVecStep(b *testing.B) {
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		for _, n := range []int{8, 64, 512} {
			b.Run(fmt.Sprintf("%s/%d", engine, n), func(b *testing.B) {
				vec := makeVec(b, "CartPole-v1", n, WithEngine(engine))
				must(b, vec.Reset())
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					if _, err := vec.Step(background, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "steps/s")
			})
		}
	}
}
