package gogym

import (
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"example.com/gogym/internal/cgym"
)

// CallbackName stands for a function that was registered with [AddCallback], wherever a value is passed to Python.
type CallbackName string

// MarshalJSON writes gogym's tagged JSON.
func (n CallbackName) MarshalJSON() ([]byte, error) {
	return []byte(`{"__callback__":` + quoted(string(n)) + `}`), nil
}

// AddCallback registers a function of the program under a name, which [CallbackName] then stands for in any value
// that is passed to Python. Most programs need no names: functions among the arguments of [Make] and [Env.Wrap] are
// registered by themselves, and removed when the environment closes.
//
// The function is one of these, of this type or a named one:
//
//	func(reward float64) float64               for TransformReward; the second form may fail
//	func(reward float64) (float64, error)
//	func(in, out []float64) error              for TransformObservation and TransformAction: it fills out
//	func(in, out *gogym.Array) error           likewise, with dtype and shape
//	func(count int) bool                       for the triggers of RecordVideo; the second form may fail
//	func(count int) (bool, error)
//
// The arrays are elements of the spaces that Gymnasium has there: of Box, MultiDiscrete, MultiBinary, Discrete and
// Text with their own dtype, as in the native layout; of composite spaces with float64 numbers, as in the float64
// layout (see [Space]). out holds zeros at first. Both are good only during the call. Numbers in a []float64 are
// converted: a float is rounded to the dtype, and what no integer of it can be is an error.
//
// An error that the function returns makes the call fail that led to it: errors.Is and errors.As find it, and
// errors.Is also finds [ErrCallback]. So does a panic, as a [*CallbackPanic]. The function must not end its
// goroutine, as runtime.Goexit does, and with it FailNow, Fatal and Skip of package testing: that ends the program.
//
// It may call gogym: the environment whose call led to it gives [ErrBusy], and any other one works. It is called on
// the goroutine that made that call, or on another one where the environment renders. Several calls may be under
// way at a time where several environments use the name.
//
// remove takes the name away again, after waiting for calls under way; called from inside the function itself it
// gives [ErrBusy]. Environments that use it fail from then on with [ErrCallback], so close them first.
func AddCallback(name string, function any) (remove func() error, err error) {
	switch {
	case name == "" || strings.HasPrefix(name, callbackPrefix):
		return nil, newError(ErrCallback, "the name of a callback must not be empty, nor begin with %q, but this one is %q",
			callbackPrefix, name)
	case strings.ContainsRune(name, 0):
		return nil, newError(ErrArgument, "the name of a callback contains a NUL character: %q", name)
	}
	callback, problem := newCallback(function)
	if callback == nil {
		return nil, newError(ErrArgument, "%s", problem)
	}
	callback.name = name
	if err := useLimiter(0); err != nil {
		return nil, err
	}
	inside.acquire()
	defer inside.release()
	if err := callback.add(cgym.NewCall()); err != nil {
		return nil, err
	}
	return callback.remove, nil
}

// CallbackPanic is the error of a function that panicked while Python called it. If it panicked with an error,
// errors.Is and errors.As find that too.
type CallbackPanic struct {
	Value any    // what panic was called with
	Stack []byte // of the goroutine, as debug.Stack gives it
}

// Error gives the value.
func (p *CallbackPanic) Error() string {
	return fmt.Sprintf("panic in a callback: %v", p.Value)
}

// Unwrap gives the value, where it is an error.
func (p *CallbackPanic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// callbackPrefix is that of the names that functions get by themselves, and of the types of their errors.
const callbackPrefix = "go:"

// callback is a function of the program that Python calls. One of the functions is not nil.
type callback struct {
	reward  func(reward float64) (float64, error)
	numbers func(in, out []float64) error
	array   func(in, out *Array) error
	trigger func(count int) (bool, error)

	id     uintptr
	name   string
	users  atomic.Int32 // environments
	added  atomic.Bool  // to C
	frames sync.Pool    // of *arrayFrame
	failed keptErrors
}

var (
	lastCallback     atomic.Uintptr // the id given last
	callbacksRunning atomic.Int64   // how many functions of the program are being called from C
)

// newCallback makes a callback of a function, which C does not know of yet, or says why it cannot.
func newCallback(function any) (made *callback, problem string) {
	c := new(callback)
	v := reflect.ValueOf(function)
	if v.Kind() != reflect.Func || v.IsNil() {
		return nil, fmt.Sprintf("a callback is a function that is not nil, not %T", function)
	}
	for _, plain := range callbackTypes {
		if v.Type() != plain && v.CanConvert(plain) {
			function = v.Convert(plain).Interface()
			break
		}
	}
	switch f := function.(type) {
	case func(float64) float64:
		c.reward = func(reward float64) (float64, error) { return f(reward), nil }
	case func(float64) (float64, error):
		c.reward = f
	case func([]float64, []float64) error:
		c.numbers = f
	case func(*Array, *Array) error:
		c.array = f
	case func(int) bool:
		c.trigger = func(count int) (bool, error) { return f(count), nil }
	case func(int) (bool, error):
		c.trigger = f
	default:
		return nil, fmt.Sprintf("a function of type %T cannot be called from Python; see AddCallback for those that can", function)
	}
	c.id = lastCallback.Add(1)
	c.name = fmt.Sprintf("%s%d", callbackPrefix, c.id)
	return c, ""
}

// callbackTypes are those that newCallback understands.
var callbackTypes = []reflect.Type{
	reflect.TypeFor[func(float64) float64](),
	reflect.TypeFor[func(float64) (float64, error)](),
	reflect.TypeFor[func([]float64, []float64) error](),
	reflect.TypeFor[func(*Array, *Array) error](),
	reflect.TypeFor[func(int) bool](),
	reflect.TypeFor[func(int) (bool, error)](),
}

// add registers the callback with C.
func (c *callback) add(call *cgym.Call) error {
	add := cgym.AddArrayCallback
	switch {
	case c.reward != nil:
		add = cgym.AddRewardCallback
	case c.trigger != nil:
		add = cgym.AddTriggerCallback
	}
	cgym.Keep(c.id, c)
	if err := failure(call, add(call, c.name, c.id)); err != nil {
		cgym.Forget(c.id)
		return err
	}
	c.added.Store(true)
	return nil
}

// remove ends what add began. It has no place of the limiter while it waits for calls of the callback, because they
// may be waiting for one.
func (c *callback) remove() error {
	if !c.added.CompareAndSwap(true, false) {
		return newError(ErrCallback, "the callback %q has been removed already", c.name)
	}
	call := calls.Get().(*cgym.Call)
	defer calls.Put(call)
	err := failure(call, cgym.RemoveCallback(call, c.name))
	if errors.Is(err, ErrBusy) {
		c.added.Store(true) // it has called itself
		return err
	}
	cgym.Forget(c.id)
	return err
}

// addCallbacks registers the functions among the arguments of a call.
func addCallbacks(call *cgym.Call, callbacks []*callback) error {
	for _, c := range callbacks {
		c.users.Add(1)
		if err := c.add(call); err != nil {
			return err
		}
	}
	return nil
}

// shareCallbacks is for another environment with the same callbacks.
func shareCallbacks(callbacks []*callback) []*callback {
	for _, c := range callbacks {
		c.users.Add(1)
	}
	return callbacks[:len(callbacks):len(callbacks)]
}

// dropCallbacks removes the callbacks of an environment that is closed, or that never came to be, unless others use
// them. Nobody could do anything about an error.
func dropCallbacks(callbacks []*callback) {
	for _, c := range callbacks {
		if c.users.Add(-1) <= 0 && c.added.Load() {
			_ = c.remove()
		}
	}
}

// Reward calls the function for the C library.
func (c *callback) Reward(reward float64) (result float64, failed *cgym.Failure) {
	failed = c.run(func() (err error) {
		result, err = c.reward(reward)
		return err
	})
	return result, failed
}

// Trigger calls the function for the C library.
func (c *callback) Trigger(count int64) (result bool, failed *cgym.Failure) {
	failed = c.run(func() (err error) {
		result, err = c.trigger(int(count))
		return err
	})
	return result, failed
}

// Array calls the function for the C library.
func (c *callback) Array(input, output cgym.Array) *cgym.Failure {
	frame, _ := c.frames.Get().(*arrayFrame)
	if frame == nil {
		frame = new(arrayFrame)
	}
	defer c.frames.Put(frame)
	if err := frame.read(input, output, c.numbers != nil); err != nil {
		return c.failure(err)
	}
	failed := c.run(func() error {
		if c.numbers != nil {
			return c.numbers(frame.in.numbers, frame.out.numbers)
		}
		return c.array(&frame.in.array, &frame.out.array)
	})
	if failed != nil {
		return failed
	}
	if err := frame.write(output, c.numbers != nil); err != nil {
		return c.failure(err)
	}
	return nil
}

// run calls a function of the program from C. The place of the limiter, which the call into C has taken, is free
// meanwhile: the function may call other environments, and take its time.
func (c *callback) run(function func() error) (failed *cgym.Failure) {
	callbacksRunning.Add(1)
	inside.release()
	ended := false
	defer func() {
		if !ended {
			failed = c.unwound(recover())
		}
		inside.acquire()
		callbacksRunning.Add(-1)
	}()
	if err := function(); err != nil {
		failed = c.failure(err) // calls its method Error
	}
	ended = true
	return failed
}

// unwound is for a function that did not come to its end: a panic must not go on into C's frames, nor a Goexit,
// which cannot be stopped.
func (c *callback) unwound(panicked any) *cgym.Failure {
	if panicked == nil {
		go panic("gogym: a callback called runtime.Goexit (as FailNow, Fatal and Skip of package testing do), " +
			"which would unwind the stack of C and Python; return an error instead")
		select {}
	}
	return c.failure(&CallbackPanic{Value: panicked, Stack: debug.Stack()})
}

// failure is what C is told of an error. The type finds the error again when the call has failed with it.
func (c *callback) failure(err error) *cgym.Failure {
	return &cgym.Failure{
		Status:  int32(ErrCallback),
		Type:    fmt.Sprintf("%s%d:%d", callbackPrefix, c.id, c.failed.keep(err)),
		Message: strings.ReplaceAll(strings.TrimPrefix(err.Error(), "gogym: "), "\x00", `\x00`),
	}
}

// keptErrors are the last errors of a callback, until the calls that fail with them ask for them. Python code may
// swallow errors, so there are only so many; several environments may use the callback, so it is not just one.
type keptErrors struct {
	mu   sync.Mutex
	next uint64
	last []error // nil before the first
}

const mostKeptErrors = 256

// keep gives the number of an error.
func (k *keptErrors) keep(err error) uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last == nil {
		k.last = make([]error, mostKeptErrors)
	}
	k.next++
	k.last[k.next%mostKeptErrors] = err
	return k.next
}

// take gives the error of a number, once; nil where it is too old.
func (k *keptErrors) take(number uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if number == 0 || number > k.next || number+mostKeptErrors <= k.next {
		return nil
	}
	err := k.last[number%mostKeptErrors]
	k.last[number%mostKeptErrors] = nil
	return err
}

// findCause looks for the error that a function of the program has returned, if that is where this one comes from.
func (e *Error) findCause() {
	var id uintptr
	var number uint64
	if n, _ := fmt.Sscanf(e.Type, callbackPrefix+"%d:%d", &id, &number); n != 2 {
		return
	}
	e.Type = ""
	if c, _ := cgym.Kept(id).(*callback); c != nil {
		e.cause = c.failed.take(number)
	}
}
