package gogym

import (
	"fmt"
	"strings"
	"syscall"

	"example.com/gogym/internal/cgym"
)

// VecError is the error of a [Vec.Reset], [Vec.Step] or [Vec.Recv] in which environments failed: they raised, returned
// what does not fit, or their worker process ended, hung or crashed. It is the one kind of error after which everything
// is there: the rows of all other environments are those of this very call.
//
//	batch, err := vec.Step(ctx, nil)
//	var failed *gogym.VecError
//	if errors.As(err, &failed) {
//		for _, failure := range failed.Failures { ... }
//	} else if err != nil {
//		return err
//	}
//
// What becomes of the environments that failed is for [WithOnFailure] to say. With [OnFailureRestart] they have been made
// anew and reset: their rows hold the first observation of a new episode, the reward 0 and Truncated, and the program
// may go on as if nothing had happened.
//
// errors.Is finds the code of each failure, and errors.As the first one as an [*Error].
type VecError struct {
	Failures []Failure // at least one
	first    error
}

// Error tells of the first failure, and how many there are.
func (e *VecError) Error() string { return e.first.Error() }

// Is reports whether target is the code of one of the failures, or one that it derives from.
func (e *VecError) Is(target error) bool {
	wanted, isCode := target.(Code)
	if !isCode {
		return false
	}
	for _, failure := range e.Failures {
		if failure.Code.derivesFrom(wanted) {
			return true
		}
	}
	return false
}

// Unwrap gives the [*Error] of the whole call: that of the first failure.
func (e *VecError) Unwrap() error { return e.first }

// Failure is what became of one environment of a [Vec].
type Failure struct {
	Env       int    // which one
	Code      Code   // what happened: ErrWorker where its process ended
	Type      string // the Python class; or ""
	Message   string
	Traceback string // the Python traceback; or ""

	Restarted bool  // it was made anew
	Seed      int64 // what it was then reset with; -1 where it was not

	// Where its worker process ended: the id of that process, 0 otherwise.
	PID      int
	Signal   syscall.Signal // that ended it; 0 for none
	ExitCode int            // -1 where it was a signal, or is not known
	Stderr   string         // the end of what it wrote to its standard error
}

// failure makes the error of a call in which environments may have failed, and nil for success. It runs under the lock.
func (v *Vec) failure(code int32) error {
	if code == 0 {
		return nil
	}
	first := failure(v.call, code)
	if hasCode(first, refusals...) {
		return first
	}
	block, asked := cgym.VecFailures(v.call, v.handle)
	if asked != 0 {
		return first // the handle is not good for anything
	}
	failures, err := decodeFailures(block)
	if err != nil || len(failures) == 0 {
		return first // the call itself has failed
	}
	return &VecError{Failures: failures, first: first}
}

// refusals are the codes of calls that were refused before any environment had a part in them: the failures that C tells
// of are then those of the call before.
var refusals = []Code{ErrArgument, ErrHandle, ErrBuffer, ErrJSON, ErrBusy, ErrForked, ErrShutdown, ErrTimeout,
	ErrAlreadyPendingCall, ErrNoAsyncCall}

func decodeFailures(block []byte) ([]Failure, error) {
	value, err := decodeBlock(block)
	if err != nil {
		return nil, err
	}
	items, isList := value.([]any)
	if !isList {
		return nil, newError(ErrInternal, "the failures are a %T, not a list", value)
	}
	failures := make([]Failure, len(items))
	for i, item := range items {
		d, isDict := item.(*Dict)
		if !isDict {
			return nil, newError(ErrInternal, "a failure is a %T, not a dict", item)
		}
		failures[i] = Failure{
			Env:       int(integerIn(d, "env", -1)),
			Code:      Code(integerIn(d, "status", 0)),
			Type:      textIn(d, "type"),
			Message:   textIn(d, "message"),
			Traceback: textIn(d, "traceback"),
			Restarted: boolIn(d, "restarted"),
			Seed:      integerIn(d, "seed", -1),
			PID:       int(integerIn(d, "pid", 0)),
			Signal:    syscall.Signal(integerIn(d, "signal", 0)),
			ExitCode:  int(integerIn(d, "exit_code", -1)),
			Stderr:    textIn(d, "stderr"),
		}
	}
	return failures, nil
}

// String says which environment failed, with what, and what was done about it, in one line.
func (f Failure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "environment %d: ", f.Env)
	if f.Type != "" {
		b.WriteString(f.Type + ": ")
	}
	b.WriteString(f.Message)
	switch {
	case f.Restarted && f.Seed >= 0:
		fmt.Fprintf(&b, " (made anew, reset with seed %d)", f.Seed)
	case f.Restarted:
		b.WriteString(" (made anew)")
	}
	return b.String()
}

// integerIn and boolIn, as textIn, read an entry of a dict that C made; one that is missing or None is the default.
func integerIn(d *Dict, key string, missing int64) int64 {
	value, _ := d.Get(key)
	if number, isInteger := value.(int64); isInteger {
		return number
	}
	return missing
}

func boolIn(d *Dict, key string) bool {
	value, _ := d.Get(key)
	is, _ := value.(bool)
	return is
}
