package gogym

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
)

func TestMessageQueueOrder(t *testing.T) {
	q := newMessageQueue()
	q.add(20, "nobody hears this")
	type received struct {
		level MessageLevel
		text  string
	}
	var got []received // without a lock: there is one message at a time
	var within atomic.Int32
	q.setHandler(func(level MessageLevel, text string) {
		if within.Add(1) != 1 {
			t.Error("two messages at a time")
		}
		if got = append(got, received{level, text}); len(got)%10 == 0 {
			runtime.Gosched()
		}
		within.Add(-1)
	})
	must(t, inParallel(8, func(i int) error {
		for j := range 200 {
			q.add(i, fmt.Sprint(j))
		}
		return nil
	}))
	q.wait()
	if len(got) != 8*200 {
		t.Fatalf("%d messages of %d", len(got), 8*200)
	}
	next := map[MessageLevel]int{}
	for _, message := range got {
		if message.text != fmt.Sprint(next[message.level]) {
			t.Fatalf("%v came in place of %d", message, next[message.level])
		}
		next[message.level]++
	}
	if q.mu.Lock(); q.running || len(q.waiting) > 0 {
		t.Error("the queue still runs")
	}
	q.mu.Unlock()
}

// What was added under a handler is that handler's, however late it comes.
func TestMessageQueueHandlers(t *testing.T) {
	q := newMessageQueue()
	begun, goOn := make(chan bool), make(chan bool)
	var first, second []string
	q.setHandler(func(_ MessageLevel, text string) {
		if text == "1" {
			close(begun)
			<-goOn
		}
		first = append(first, text)
	})
	q.add(0, "1")
	<-begun
	q.add(0, "2")
	before := q.currentHandler()
	q.setHandler(func(_ MessageLevel, text string) { second = append(second, text) })
	q.add(0, "3")
	q.setHandler(nil)
	q.add(0, "4")
	q.setHandler(before)
	q.add(0, "5")
	close(goOn)
	q.wait()
	if !slices.Equal(first, []string{"1", "2", "5"}) || !slices.Equal(second, []string{"3"}) {
		t.Errorf("the handlers got %v and %v", first, second)
	}
}

// A handler may wait for the queue, and may end its goroutine.
func TestMessageQueueWithin(t *testing.T) {
	q := newMessageQueue()
	var got []string
	q.setHandler(func(_ MessageLevel, text string) {
		got = append(got, text)
		deep(200, q.wait)
		if text == "2" {
			runtime.Goexit()
		}
		if text == "1" {
			q.add(0, "from within")
		}
	})
	for i := range 4 {
		q.add(0, fmt.Sprint(i))
	}
	q.wait()
	q.wait()
	slices.Sort(got)
	if !slices.Equal(got, []string{"0", "1", "2", "3", "from within"}) {
		t.Errorf("got %v", got)
	}
	if delivering() {
		t.Error("this is no handler")
	}
}

// deep calls a function at the bottom of a deep stack.
func deep(n int, run func()) {
	if n > 0 {
		deep(n-1, run)
		return
	}
	run()
}

func TestMessageLevels(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attr
		},
	}))
	log := LogTo(logger)
	for _, level := range []MessageLevel{MessageOutput, MessageDebug, MessageInfo, 25, MessageWarning, MessageError, MessageCritical} {
		log(level, level.String())
	}
	want := "level=INFO msg=OUTPUT\nlevel=DEBUG msg=DEBUG\nlevel=INFO msg=INFO\nlevel=INFO+2 msg=\"Level 25\"\n" +
		"level=WARN msg=WARNING\nlevel=ERROR msg=ERROR\nlevel=ERROR+4 msg=CRITICAL\n"
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
}
