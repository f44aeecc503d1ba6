package cgym

import "sync"

// Callback is a function of the program that C calls by a number: see Keep. Only the method is called that it was added
// for.
type Callback interface {
	Reward(reward float64) (float64, *Failure)
	Array(input, output Array) *Failure
	Trigger(count int64) (bool, *Failure)
}

// Failure is what a callback tells C in place of a result: a status, and a gym_error's type and message.
type Failure struct {
	Status  int32
	Type    string
	Message string
}

// Array is a gym_array of a callback. All of it is C's memory, which is there only during the call.
type Array struct {
	Dtype    string
	Shape    []int64
	Itemsize int
	Data     []byte
}

// kept are the callbacks by their numbers.
var kept struct {
	sync.RWMutex
	callbacks map[uintptr]Callback
}

// Keep has a number stand for a callback, for C, until Forget. A number is not used twice.
func Keep(id uintptr, callback Callback) {
	kept.Lock()
	defer kept.Unlock()
	if kept.callbacks == nil {
		kept.callbacks = map[uintptr]Callback{}
	}
	kept.callbacks[id] = callback
}

// Kept is the callback that a number stands for; nil for none.
func Kept(id uintptr) Callback {
	kept.RLock()
	defer kept.RUnlock()
	return kept.callbacks[id]
}

// Forget ends what Keep began.
func Forget(id uintptr) {
	kept.Lock()
	defer kept.Unlock()
	delete(kept.callbacks, id)
}

// KeptCount is how many callbacks are kept.
func KeptCount() int {
	kept.RLock()
	defer kept.RUnlock()
	return len(kept.callbacks)
}
