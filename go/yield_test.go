package gogym

import (
	"testing"
	"time"
)

// yields lets a yielder count calls that take so long each, and returns the gaps between its yields.
func yields(y *yielder, now *time.Time, call, total time.Duration) (gaps []time.Duration) {
	last := *now
	for end := now.Add(total); now.Before(end); *now = now.Add(call) {
		if y.calls > 0 {
			y.calls--
			continue
		}
		if y.look(*now) {
			gaps = append(gaps, now.Sub(last))
			last = *now
		}
	}
	return gaps
}

func TestYieldsBeforeTheMonitorInterferes(t *testing.T) {
	for _, call := range []time.Duration{
		200 * time.Nanosecond, 5 * time.Microsecond, 190 * time.Microsecond, 2 * time.Millisecond, 6 * time.Millisecond,
	} {
		var y yielder
		now := time.Unix(1000, 0)
		gaps := yields(&y, &now, call, time.Second)
		if len(gaps) < 50 {
			t.Fatalf("%v a call: %d yields in a second", call, len(gaps))
		}
		for _, gap := range gaps[2:] {
			if gap < yieldPeriod-lookPeriod || gap > 10*time.Millisecond+2*call {
				t.Errorf("%v a call: %v between two yields", call, gap)
			}
		}
	}
}

func TestYieldsNotAfterAPause(t *testing.T) {
	var y yielder
	now := time.Unix(1000, 0)
	yields(&y, &now, 10*time.Microsecond, 100*time.Millisecond)
	now = now.Add(time.Second)
	y.calls = 0
	if y.look(now) {
		t.Error("a goroutine that has just been descheduled yields")
	}
}

func TestYieldsNotInCallsThatAreLongThemselves(t *testing.T) {
	var y yielder
	now := time.Unix(1000, 0)
	if gaps := yields(&y, &now, 20*time.Millisecond, time.Second); len(gaps) > 1 {
		t.Errorf("%d yields", len(gaps))
	}
}
