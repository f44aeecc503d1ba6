package gogym

import "time"

// yielder gives Go's scheduler a turn every few milliseconds.
//
// A goroutine that calls C again and again is never descheduled, and once it has run for 10 ms the runtime's
// monitor takes its processor away every 20 us, because it cannot interrupt C: a step of 30 us then costs 4 us
// more. A goroutine that yields before those 10 ms is left alone.
type yielder struct {
	calls uint32
	last  time.Time
}

const (
	yieldCalls  = 32 // between looks at the clock
	yieldPeriod = 4 * time.Millisecond
)

// due counts a call into C and reports whether its goroutine should yield now.
func (y *yielder) due() bool {
	y.calls++
	if y.calls%yieldCalls != 0 {
		return false
	}
	now := time.Now()
	if now.Sub(y.last) < yieldPeriod {
		return false
	}
	y.last = now
	return true
}
