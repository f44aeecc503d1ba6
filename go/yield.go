package gogym

import "time"

// yielder gives Go's scheduler a turn every few milliseconds.
//
// A goroutine that calls C again and again is never descheduled, and once it has run for 10 ms the runtime's
// monitor takes its processor away every 20 us, because it cannot interrupt C: a step of 30 us then costs 4 us
// more. A goroutine that yields before those 10 ms is left alone. A yield may move the goroutine to another CPU
// with cold caches, so there are no more of them than that needs.
type yielder struct {
	calls  uint32    // left until the next look at the clock
	stride uint32    // calls between two looks
	looked time.Time // the last look
	last   time.Time // the last yield, or the first look after a pause
}

const (
	yieldPeriod = 8 * time.Millisecond
	lookPeriod  = time.Millisecond // about the time between two looks at the clock
	maxStride   = 1 << 16
)

// due counts a call into C and reports whether its goroutine should yield now.
func (y *yielder) due() bool {
	if y.calls > 0 {
		y.calls--
		return false
	}
	return y.look(time.Now())
}

func (y *yielder) look(now time.Time) bool {
	since := now.Sub(y.looked)
	y.looked = now
	switch {
	case since < lookPeriod/2 && y.stride < maxStride:
		y.stride = 2*y.stride + 1
	case since > lookPeriod:
		y.stride /= 2
	}
	y.calls = y.stride
	if since >= yieldPeriod { // a pause, in which the goroutine was descheduled, or a call as long as one
		y.last = now
		return false
	}
	if now.Sub(y.last) < yieldPeriod-lookPeriod {
		return false
	}
	y.last = now
	return true
}
