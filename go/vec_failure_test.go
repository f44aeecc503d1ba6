package gogym

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What an action of the environment Row does.
const (
	actRaise = iota + 2
	actExit
	actAbort
	actHang
	_
	actMisfit
)

// failures are those of an error, which must be a VecError with an Error in it.
func failures(t *testing.T, err error) []Failure {
	t.Helper()
	var failed *VecError
	var first *Error
	if !errors.As(err, &failed) || !errors.As(err, &first) {
		t.Fatalf("the error is %v", err)
	}
	if len(failed.Failures) == 0 || !errors.Is(err, failed.Failures[0].Code) || errors.Is(err, ErrHandle) {
		t.Fatalf("the failures of %v are %v", err, failed.Failures)
	}
	return failed.Failures
}

// One environment raises: the others' results of that very step are there, and it is made anew.
func TestVecFailureRaises(t *testing.T) {
	for _, engine := range []Engine{EngineProcess, EngineSync} {
		for _, cancellable := range []bool{false, true} {
			ctx, cancel := context.WithCancel(background)
			if !cancellable {
				ctx = background
			}
			vec := makeVec(t, rowEnv, 4, WithEngine(engine), WithEnvOptions(2, WithKwarg("number", 7)))
			must(t, vec.Reset(ResetSeed(1)))
			batch, err := vec.Step(ctx, []float64{0, 1, actRaise, 0})
			found := failures(t, err)
			if len(found) != 1 || batch == nil {
				t.Fatalf("%s: %v with the batch %v", engine, found, batch)
			}
			failure := found[0]
			if failure.Env != 2 || failure.Code != ErrPython || failure.Type != "ValueError" || failure.Message != "number 7 has had enough" ||
				!strings.Contains(failure.Traceback, "in step") || !failure.Restarted || failure.Seed < 0 || failure.PID != 0 {
				t.Errorf("%s: the failure is %+v", engine, failure)
			}
			if !strings.Contains(err.Error(), "has had enough") || !strings.HasPrefix(failure.String(), "environment 2: ValueError: number 7") {
				t.Errorf("%s: it says %v, %v", engine, err, failure)
			}
			for i, want := range [][]float64{{0, 1, 1}, {0, 1, 1}, {7, 0}, {0, 1, 1}} {
				if !slices.Equal(batch.Observation(i)[:len(want)], want) {
					t.Errorf("%s: observation %d is %v, not %v", engine, i, batch.Observation(i), want)
				}
			}
			if batch.Transition(2) != (Transition{Truncated: true}) || batch.Transition(1) != (Transition{Reward: 1}) {
				t.Errorf("%s: the transitions are %v", engine, vec.Transitions())
			}
			if vec.Statuses()[2] != ErrPython || vec.Statuses()[1] != 0 {
				t.Errorf("%s: the statuses are %v", engine, vec.Statuses())
			}
			// And on it goes.
			for range 3 {
				_, err = vec.Step(ctx, make([]float64, 4))
				must(t, err)
			}
			if vec.Observation(2)[0] != 7 || vec.Observation(3)[1] != 4 {
				t.Errorf("%s: observes %v", engine, vec.Observations())
			}
			must(t, vec.Close())
			cancel()
		}
	}
}

// A worker ends: all its environments fail, those of the others do not.
func TestVecFailureWorker(t *testing.T) {
	for name, test := range map[string]struct {
		action  float64
		timeout time.Duration
		check   func(Failure) bool
	}{
		"exit": {actExit, 0, func(f Failure) bool {
			return f.ExitCode == 3 && f.Signal == 0 && strings.Contains(f.Stderr, "leaving with three")
		}},
		"abort": {actAbort, 0, func(f Failure) bool { return f.Signal == syscall.SIGABRT && f.ExitCode == -1 }},
		"hang":  {actHang, 300 * time.Millisecond, func(f Failure) bool { return f.Signal == syscall.SIGKILL }},
	} {
		t.Run(name, func(t *testing.T) {
			options := []Option{WithWorkers(2)}
			if test.timeout > 0 {
				options = append(options, WithTimeout(test.timeout))
			}
			vec := makeVec(t, rowEnv, 4, options...)
			before, err := vec.Describe()
			must(t, err)
			must(t, vec.Reset())
			for range 2 { // the new worker is like the old one
				batch, err := vec.Step(background, []float64{0, 0, test.action, 0})
				if !errors.Is(err, ErrWorker) {
					t.Fatalf("the step gave %v", err)
				}
				for _, failure := range failures(t, err) {
					if failure.Env < 2 || failure.Code != ErrWorker || failure.PID == 0 || !failure.Restarted || failure.Seed < 0 || !test.check(failure) {
						t.Errorf("the failure is %+v", failure)
					}
				}
				if batch.Observation(1)[1] == 0 || batch.Transition(1).Truncated || batch.Observation(2)[1] != 0 || !batch.Transition(2).Truncated {
					t.Errorf("observes %v, %v", vec.Observations(), vec.Transitions())
				}
				must(t, errOf(vec.Step(background, make([]float64, 4))))
			}
			after, err := vec.Describe()
			must(t, err)
			if after.Workers[1].PID == before.Workers[1].PID || after.Workers[1].Restarts != 2 || after.Workers[0] != before.Workers[0] {
				t.Errorf("the workers were %+v and are %+v", before.Workers, after.Workers)
			}
			if vec.Observation(0)[1] != 4 {
				t.Errorf("environment 0 has done %v steps", vec.Observation(0)[1])
			}
		})
	}
}

func TestVecFailureReport(t *testing.T) {
	vec := makeVec(t, rowEnv, 2, WithWorkers(1), WithOnFailure(OnFailureReport))
	must(t, vec.Reset())
	for range 3 { // it stays down
		batch, err := vec.Step(background, []float64{0, actRaise})
		found := failures(t, err)
		if len(found) != 1 || found[0].Env != 1 || found[0].Restarted || found[0].Seed != -1 || !batch.Transition(1).Truncated {
			t.Errorf("the failures are %+v", found)
		}
	}
	if vec.Observation(0)[1] != 3 {
		t.Errorf("environment 0 has done %v steps", vec.Observation(0)[1])
	}
	must(t, vec.Reset(ResetMask([]bool{false, true})))
	_, err := vec.Step(background, make([]float64, 2))
	must(t, err)
	if vec.Observation(0)[1] != 4 || vec.Observation(1)[1] != 1 {
		t.Errorf("observes %v", vec.Observations())
	}
}

func TestVecFailureClose(t *testing.T) {
	vec := makeVec(t, rowEnv, 2, WithWorkers(2), WithOnFailure(OnFailureClose))
	must(t, vec.Reset())
	_, err := vec.Step(background, []float64{0, actExit})
	if found := failures(t, err); found[0].Env != 1 || found[0].Restarted {
		t.Errorf("the failures are %+v", found)
	}
	if _, err = vec.Step(background, make([]float64, 2)); !errors.Is(err, ErrWorker) {
		t.Errorf("a step after the end gave %v", err)
	}
	var failed *VecError
	if errors.As(err, &failed) {
		t.Errorf("a step that was not done tells of %v", failed.Failures)
	}
}

// Failures are told of once: a call that is refused afterwards is no failure of environments.
func TestVecFailureThenRefused(t *testing.T) {
	vec := makeVec(t, rowEnv, 2, WithEngine(EngineSync))
	must(t, vec.Reset())
	if _, err := vec.Step(background, []float64{actMisfit, 0}); !errors.Is(err, ErrObservation) {
		t.Fatalf("the step gave %v", err)
	}
	for name, err := range map[string]error{
		"a short Step": errOf(vec.Step(background, make([]float64, 1))),
		"Recv":         errOf(vec.Recv(background, 1)),
		"Reset":        vec.Reset(ResetSeed(-1)),
	} {
		var failed *VecError
		if err == nil || errors.As(err, &failed) {
			t.Errorf("%s gave %v", name, err)
		}
	}
}

// An action that the space's dtype cannot hold fails its row, and the environment knows nothing of it.
func TestVecFailureAction(t *testing.T) {
	vec := makeVec(t, rowEnv, 3)
	must(t, vec.Reset())
	must(t, vec.Send(nil, []float64{0, 0.5, 0}))
	batch, err := vec.Recv(background, 3)
	found := failures(t, err)
	if len(found) != 1 || found[0].Env != 1 || found[0].Code != ErrAction || batch.Len() != 3 {
		t.Errorf("the failures are %+v with the batch %v", found, batch)
	}
	if vec.Observation(0)[1] != 1 || vec.Observation(2)[1] != 1 {
		t.Errorf("observes %v", vec.Observations())
	}
}

func TestVecFailureInReset(t *testing.T) {
	vec := makeVec(t, envs+"GoFails-v0", 3, WithKwarg("where", "nowhere"), WithEnvOptions(1, WithKwarg("where", "reset")),
		WithOnFailure(OnFailureReport))
	found := failures(t, vec.Reset())
	if len(found) != 1 || found[0].Env != 1 || !strings.Contains(found[0].Message, "no reset today: \u2603") {
		t.Errorf("the failures are %+v", found)
	}
}

func TestVecErrorIs(t *testing.T) {
	err := error(&VecError{
		first:    &Error{Code: ErrWorker, Message: "gone"},
		Failures: []Failure{{Code: ErrWorker}, {Code: ErrNameNotFound}},
	})
	for code, want := range map[Code]bool{ErrWorker: true, ErrNameNotFound: true, ErrGymnasium: true, ErrPython: false} {
		if errors.Is(err, code) != want {
			t.Errorf("errors.Is(%v, %v) is %v", err, code, !want)
		}
	}
	if err.Error() != "gogym: gone" {
		t.Error(err)
	}
}

func TestDecodeFailures(t *testing.T) {
	for _, block := range [][]byte{nil, {1, 2, 3}} {
		if _, err := decodeFailures(block); !errors.Is(err, ErrBlock) {
			t.Errorf("decodeFailures(%v) gave %v", block, err)
		}
	}
}
