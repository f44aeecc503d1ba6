package gogym

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// limiter bounds how many goroutines are inside C at a time. A goroutine in C holds an OS thread, also
// while it waits there for Python's global interpreter lock; one that waits here holds none.
//
// The uncontended path is one atomic addition on either side. Waiters are woken in the order of their
// arrival, but one that just arrives may overtake one that was just woken.
type limiter struct {
	limit atomic.Int64
	count atomic.Int64 // those inside and those that wait

	mu    sync.Mutex
	woken sync.Cond // of mu
	free  int64     // places given up for waiters and not taken yet
}

// newLimiter makes a limiter of so many places; 0 means one a CPU.
func newLimiter(limit int) *limiter {
	l := new(limiter)
	l.woken.L = &l.mu
	if limit <= 0 {
		limit = runtime.NumCPU()
	}
	l.limit.Store(int64(limit))
	return l
}

// acquire waits for a place. It allocates nothing.
func (l *limiter) acquire() {
	if l.count.Add(1) > l.limit.Load() {
		l.wait()
	}
}

func (l *limiter) wait() {
	l.mu.Lock()
	for l.free == 0 {
		l.woken.Wait()
	}
	l.free--
	l.mu.Unlock()
}

// release gives a place up.
func (l *limiter) release() {
	if l.count.Add(-1) >= l.limit.Load() {
		l.handOver()
	}
}

// handOver leaves the place to a waiter: there is one, or there will be as soon as it has got from acquire
// to wait.
func (l *limiter) handOver() {
	l.mu.Lock()
	l.free++
	l.mu.Unlock()
	l.woken.Signal()
}

// inside limits the calls of the whole package.
var inside = newLimiter(0)

var (
	insideMu   sync.Mutex
	insideUsed bool // no change from here on: the accounting needs a fixed limit
)

// useLimiter is called before any call into C. A limit of 0 leaves it as it is.
func useLimiter(limit int) error {
	insideMu.Lock()
	defer insideMu.Unlock()
	if limit < 0 {
		return newError(ErrArgument, "Config.MaxThreads is %d, but must not be negative", limit)
	}
	current := inside.limit.Load()
	if limit != 0 && int64(limit) != current {
		if insideUsed {
			return newError(ErrConfig, "Config.MaxThreads cannot change from %d to %d after the first Init or Make",
				current, limit)
		}
		inside.limit.Store(int64(limit))
	}
	insideUsed = true
	return nil
}
