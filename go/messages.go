package gogym

import (
	"context"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"example.com/gogym/internal/cgym"
)

// MessageLevel says how urgent a message is. Python's logging knows others in between.
type MessageLevel int

// The levels are those of Python's logging, and MessageOutput.
const (
	MessageOutput   MessageLevel = 0 // a line of Python's standard output
	MessageDebug    MessageLevel = 10
	MessageInfo     MessageLevel = 20
	MessageWarning  MessageLevel = 30 // of the warnings module too
	MessageError    MessageLevel = 40
	MessageCritical MessageLevel = 50
)

// String is Python's name of the level: "WARNING".
func (l MessageLevel) String() string {
	switch l {
	case MessageOutput:
		return "OUTPUT"
	case MessageDebug:
		return "DEBUG"
	case MessageInfo:
		return "INFO"
	case MessageWarning:
		return "WARNING"
	case MessageError:
		return "ERROR"
	case MessageCritical:
		return "CRITICAL"
	}
	return "Level " + strconv.Itoa(int(l))
}

// MessageHandler receives a message, without colour codes and without a newline at its end.
type MessageHandler func(level MessageLevel, text string)

// LogTo is a handler that logs messages: output as slog.LevelInfo, all else at the level that corresponds to its own
// (CRITICAL is slog.LevelError+4).
func LogTo(logger *slog.Logger) MessageHandler {
	return func(level MessageLevel, text string) {
		logLevel := slog.LevelInfo
		if level != MessageOutput {
			logLevel += slog.Level(level-MessageInfo) * (slog.LevelWarn - slog.LevelInfo) / slog.Level(MessageWarning-MessageInfo)
		}
		logger.Log(context.Background(), logLevel, text)
	}
}

// SetMessageHandler has Python's warnings, logging and standard output go to a function, in place of the process's
// standard error and output, where they go otherwise. There is one for the process; nil ends it and puts everything
// back. What C libraries print themselves is not seen. Like the first [Make], it starts Python.
//
//	gogym.SetMessageHandler(gogym.LogTo(slog.Default()))
//
// The function gets one message at a time, in the order in which they came, on a goroutine of its own. No environment
// waits for it, so it may take its time and may call anything of this package; messages pile up meanwhile. A message
// may so arrive after the call that led to it has returned: [Flush] waits for all that there are, [Shutdown] does too,
// and SetMessageHandler waits until the function it replaces has got all of its own. None of them waits where the
// function itself calls it. If it panics, the program ends, as with any goroutine.
func SetMessageHandler(handler MessageHandler) error {
	if err := setMessageHandler(handler); err != nil {
		return err
	}
	messages.wait()
	return nil
}

func setMessageHandler(handler MessageHandler) error {
	messagesMu.Lock()
	defer messagesMu.Unlock()
	before := messages.currentHandler()
	if before == nil {
		messages.setHandler(handler) // so that the first message has somebody to go to
	}
	receive := messages.add
	if handler == nil {
		receive = nil
	}
	err := withLibrary(func(call *cgym.Call) int32 { return cgym.SetMessageCallback(call, receive) })
	if err != nil {
		handler = before
	}
	messages.setHandler(handler) // only now, because a line that had not ended was still for the one before
	return err
}

// Flush flushes Python's standard output and standard error. With a handler of messages it returns when that has got
// all of them, a line that has not ended included. Before Python was started there is nothing to flush.
func Flush() error {
	err := withLibrary(cgym.Flush)
	messages.wait()
	return err
}

var (
	messagesMu sync.Mutex // one SetMessageHandler at a time
	messages   = newMessageQueue()
)

// messageQueue hands messages from any thread to a handler, on a goroutine that runs while there are any. They come
// in the middle of calls, with their environment locked and a place of the limiter taken: a handler that was called
// there could call next to nothing without waiting for itself.
type messageQueue struct {
	mu      sync.Mutex
	handed  sync.Cond // of mu: a message was handed over
	handler MessageHandler
	waiting []message
	running bool   // deliver
	added   uint64 // messages, ever
	done    uint64 // of those, the ones that a handler has got
}

type message struct {
	handler MessageHandler
	level   MessageLevel
	text    string
}

func newMessageQueue() *messageQueue {
	q := new(messageQueue)
	q.handed.L = &q.mu
	return q
}

func (q *messageQueue) currentHandler() MessageHandler {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.handler
}

// setHandler sets who gets the messages from here on.
func (q *messageQueue) setHandler(handler MessageHandler) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.handler = handler
}

// add is called by C, on any thread, several at a time.
func (q *messageQueue) add(level int, text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.handler == nil {
		return
	}
	q.waiting = append(q.waiting, message{q.handler, MessageLevel(level), text})
	q.added++
	if !q.running {
		q.running = true
		go q.deliver()
	}
}

// deliver hands over what there is.
func (q *messageQueue) deliver() {
	q.mu.Lock()
	defer func() { // also where a handler has ended the goroutine
		if q.running = len(q.waiting) > 0; q.running {
			go q.deliver()
		}
		q.mu.Unlock()
	}()
	for len(q.waiting) > 0 {
		next := q.waiting[0]
		q.waiting[0] = message{} // no longer needed by this memory
		q.waiting = q.waiting[1:]
		q.handOver(next)
	}
}

// handOver calls a handler without the lock.
func (q *messageQueue) handOver(m message) {
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		q.done++
		q.handed.Broadcast()
	}()
	m.handler(m.level, m.text)
}

// wait returns when all messages that are here now have been handed over; at once within the handler.
func (q *messageQueue) wait() {
	if delivering() {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for added := q.added; q.done < added; {
		q.handed.Wait()
	}
}

// delivering reports whether the calling goroutine is the one of a handler.
func delivering() bool {
	callers := make([]uintptr, 64)
	for {
		n := runtime.Callers(0, callers)
		if n < len(callers) {
			callers = callers[:n]
			break
		}
		callers = make([]uintptr, 2*len(callers))
	}
	for frames := runtime.CallersFrames(callers); ; {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, ".(*messageQueue).deliver") {
			return true
		}
		if !more {
			return false
		}
	}
}
