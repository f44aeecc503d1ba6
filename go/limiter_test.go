package gogym

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func TestLimiter(t *testing.T) {
	for _, limit := range []int{1, 2, 3} {
		l := newLimiter(limit)
		var within, most, total atomic.Int64
		var group sync.WaitGroup
		for range 64 {
			group.Add(1)
			go func() {
				defer group.Done()
				for range 1000 {
					l.acquire()
					now := within.Add(1)
					for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
					}
					if total.Add(1)%7 == 0 {
						runtime.Gosched()
					}
					within.Add(-1)
					l.release()
				}
			}()
		}
		group.Wait()
		if most.Load() > int64(limit) || total.Load() != 64*1000 || l.count.Load() != 0 || l.free != 0 {
			t.Errorf("limit %d: at most %d inside, %d calls, count %d, free %d",
				limit, most.Load(), total.Load(), l.count.Load(), l.free)
		}
	}
	if got := newLimiter(0).limit.Load(); got != int64(runtime.NumCPU()) {
		t.Errorf("the default is %d", got)
	}
}

func TestLimiterAllocations(t *testing.T) {
	l := newLimiter(1)
	if n := testing.AllocsPerRun(1000, func() { l.acquire(); l.release() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLimiter(b *testing.B) {
	l := newLimiter(0)
	for range b.N {
		l.acquire()
		l.release()
	}
}

func BenchmarkLimiterContended(b *testing.B) {
	l := newLimiter(0)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.acquire()
			l.release()
		}
	})
}
