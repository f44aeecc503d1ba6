package gogym

import (
	"sync/atomic"
	"time"

	"example.com/gogym/internal/cgym"
)

// wait takes the environment's lock, which another call holds, unless it would be waiting for ever: that call may be
// the one whose callback this is.
func (e *Env) wait() error {
	if callbacksRunning.Load() == 0 {
		e.mu.Lock()
		return nil
	}
	if cgym.IsInside(e.handle) {
		return newError(ErrBusy, "this environment is inside a call, which one of its callbacks is a part of; "+
			"a callback may call other environments, but not its own")
	}
	if !cgym.IsInside(0) {
		e.mu.Lock()
		return nil
	}
	return e.waitInCallback()
}

// waitInCallback is wait in a callback of another environment. Whoever holds this one's lock may be in a callback too,
// and wait for that other environment. C knows who waits for whom there, so that is where to wait; but C does not
// know of those who wait for the lock in Go, who come first.
func (e *Env) waitInCallback() error {
	locked := make(chan struct{})
	var decided atomic.Bool // by whoever is first: the lock was taken, or is not wanted any more
	go func() {
		e.mu.Lock()
		if decided.CompareAndSwap(false, true) {
			close(locked)
		} else {
			e.mu.Unlock()
		}
	}()
	call := cgym.NewCall()
	for {
		select {
		case <-locked:
			return nil
		case <-time.After(time.Millisecond):
		}
		_, code := cgym.HasAttr(call, e.handle, "unwrapped") // waits for the call under way
		if Code(code) == ErrBusy && decided.CompareAndSwap(false, true) {
			return failure(call, code)
		}
	}
}
