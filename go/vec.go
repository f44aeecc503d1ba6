package gogym

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"example.com/gogym/internal/cgym"
)

// Vec is a vector environment: many environments of one kind that step together. It is made by [MakeVec] and must be
// closed with [Vec.Close]: one that is merely forgotten keeps its processes until the program ends.
//
// Each environment has a row, 0 to NumEnvs()-1, in every array. [Vec.Actions], [Vec.Observations],
// [Vec.FinalObservations], [Vec.Transitions] and [Vec.Statuses] are these arrays themselves, which the worker processes
// read and write: nothing is copied. They do not move, so that a slice of them may be kept until Close, and shows what
// the last step brought. From Step or Send until that Step or Recv has returned them, the rows under way belong to the
// environments; all others are the program's. Nothing else protects them: goroutines that share rows must see to it.
//
// Any goroutine may call any method at any time. Calls run one after another, but for [Vec.Send], which does not wait
// for a [Vec.Recv]. Every method of a nil or zero Vec gives [ErrHandle].
type Vec struct {
	mu       sync.Mutex // of all calls but Send
	call     *cgym.Call // nil in a zero Vec; under mu
	ids      []int64    // that C writes to; under mu
	received Batch      // what Recv gives; under mu
	yield    yielder    // under mu

	sendMu   sync.Mutex // of Send; taken after mu, where both are
	sendCall *cgym.Call
	sendIDs  []int64 // that C reads

	handle     cgym.Vec
	arrays     atomic.Pointer[vecArrays] // nil after Close
	whole      Batch                     // what Step gives; never changed
	usesPython bool                      // of this process: calls need a place of the limiter
	isNative   bool

	id               string
	numEnvs          int
	observationSpace Space
	actionSpace      Space
	roots            []*spaceRoot // under mu
	callbacks        []*callback  // to be removed with it; under mu
}

// lookPause is how long a call waits in C until it looks whether its context has ended.
const lookPause = 10 * time.Millisecond

// lockOf takes a lock of a Vec. A callback of the program, which runs within somebody's call, must not wait for it: that
// may be the very call which it is a part of.
func lockOf(mu *sync.Mutex) error {
	if mu.TryLock() {
		return nil
	}
	if callbacksRunning.Load() > 0 && cgym.IsInside(0) {
		return newError(ErrBusy, "this vector environment is inside a call, and a callback cannot wait for it")
	}
	mu.Lock()
	return nil
}

func (v *Vec) lock() error {
	if v == nil || v.call == nil {
		return errNoVec()
	}
	if err := lockOf(&v.mu); err != nil {
		return err
	}
	if v.usesPython {
		inside.acquire()
	}
	return nil
}

func (v *Vec) unlock() {
	due := v.yield.due()
	if v.usesPython {
		inside.release()
	}
	v.mu.Unlock()
	if due {
		runtime.Gosched()
	}
}

func errNoVec() error {
	return newError(ErrHandle, "this Vec was not made by gogym.MakeVec")
}

// Reset begins an episode in every environment; its first observations are in [Vec.Observations]. Options are [ResetSeed]
// (environment i gets seed + i) or [ResetSeeds], [ResetMask] and [ResetOptions]. Where environments fail, the error is a
// [*VecError], and all others have been reset. [ErrAlreadyPendingCall] while environments are under way that have not
// been received.
func (v *Vec) Reset(options ...ResetOption) error {
	seeds, mask, encoded, err := v.resetArguments(options)
	if err != nil {
		return err
	}
	if err := v.lock(); err != nil {
		return err
	}
	defer v.unlock()
	reset := cgym.VecReset
	if v.isNative {
		reset = cgym.VecResetNative
	}
	return v.failure(reset(v.call, v.handle, seeds, mask, encoded))
}

func (v *Vec) resetArguments(options []ResetOption) (seeds []int64, mask []byte, encoded string, err error) {
	if len(options) == 0 {
		return nil, nil, "", nil
	}
	given := gatherResetOptions(options)
	if given.seed != nil && given.seeds != nil {
		return nil, nil, "", newError(ErrArgument, "there are both ResetSeed and ResetSeeds")
	}
	seeds = given.seeds
	if given.seed != nil {
		seeds = []int64{*given.seed}
	} else if seeds != nil && len(seeds) != v.NumEnvs() {
		return nil, nil, "", newError(ErrArgument, "ResetSeeds has %d seeds, but there are %d environments; "+
			"-1 stands for none", len(seeds), v.NumEnvs())
	}
	if given.mask != nil {
		if len(given.mask) != v.NumEnvs() {
			return nil, nil, "", newError(ErrArgument, "ResetMask has %d bools, but there are %d environments",
				len(given.mask), v.NumEnvs())
		}
		mask = make([]byte, len(given.mask))
		for i, chosen := range given.mask {
			if chosen {
				mask[i] = 1
			}
		}
	}
	encoded, err = encodeOptions(given.options)
	return seeds, mask, encoded, err
}

// ResetSeeds gives each environment of a [Vec] a seed of its own; -1 leaves its random generator as it is.
func ResetSeeds(seeds ...int64) ResetOption {
	return func(o *resetOptions) { o.seeds = append([]int64{}, seeds...) }
}

// ResetMask has [Vec.Reset] reset only the environments whose bool is true: with [AutoresetDisabled] those whose episode
// has ended. The others keep their observation.
func ResetMask(mask []bool) ResetOption {
	return func(o *resetOptions) { o.mask = append([]bool{}, mask...) }
}

// Step advances every environment by its action and gives all of them as a batch. actions are NumEnvs() rows of
// ActionSpace().Size() elements, or nil for those that were written to [Vec.Actions]. It allocates nothing.
//
// Where environments fail, the error is a [*VecError], and there is a batch nevertheless: the rows of all others are
// those of this very step. With any other error the batch is nil.
//
// A context that can be cancelled is looked at every few milliseconds. When it has ended, the error is one that errors.Is
// takes for both the context's and [ErrTimeout], and the environments are still under way: receive them with
// [Vec.Recv]. Where it had ended before, nothing was done.
func (v *Vec) Step(ctx context.Context, actions []float64) (*Batch, error) {
	return v.step(ctx, actions, nil)
}

// StepNative is Step with actions in the native layout, for a Vec made with [LayoutNative]: NumEnvs() rows of
// [Vec.ActionNBytes] bytes, or nil for those that were written to [Vec.ActionsNative].
func (v *Vec) StepNative(ctx context.Context, actions []byte) (*Batch, error) {
	return v.step(ctx, nil, actions)
}

// step takes actions of one of the layouts, or nil.
func (v *Vec) step(ctx context.Context, actions []float64, native []byte) (*Batch, error) {
	if err := v.lock(); err != nil {
		return nil, err
	}
	defer v.unlock()
	var code int32
	switch {
	case ctx != nil && ctx.Done() != nil:
		if err := v.send(ctx, nil, actions, native); err != nil {
			return nil, err
		}
		_, err := v.receive(ctx, v.numEnvs)
		return v.whole.with(err)
	case native != nil || v.isNative && actions == nil:
		code = cgym.VecStepNative(v.call, v.handle, native)
	default:
		code = cgym.VecStep(v.call, v.handle, actions)
	}
	return v.whole.with(v.failure(code))
}

// Send sends actions to environments without waiting for them: [Vec.Recv] brings what they did. ids are the environments,
// each once; nil means all of them, and an empty slice none. actions are rows in the order of ids, or nil for those that
// were written to the environments' rows of [Vec.Actions]. It allocates nothing.
//
// An environment that has not been received yet gives [ErrAlreadyPendingCall], and nothing is sent.
func (v *Vec) Send(ids []int, actions []float64) error {
	if v == nil || v.call == nil {
		return errNoVec()
	}
	if v.usesPython {
		inside.acquire()
		defer inside.release()
	}
	return v.send(nil, ids, actions, nil)
}

// SendNative is Send with actions in the native layout.
func (v *Vec) SendNative(ids []int, actions []byte) error {
	if v == nil || v.call == nil {
		return errNoVec()
	}
	if v.usesPython {
		inside.acquire()
		defer inside.release()
	}
	return v.send(nil, ids, nil, actions)
}

func (v *Vec) send(ctx context.Context, ids []int, actions []float64, native []byte) error {
	if ctx != nil && ctx.Err() != nil {
		return endedContext(ctx, "nothing was sent")
	}
	if ids != nil && len(ids) == 0 {
		return nil // C takes no ids for all of them
	}
	if len(ids) > v.numEnvs {
		return newError(ErrArgument, "there are %d ids, but only %d environments", len(ids), v.numEnvs)
	}
	if err := lockOf(&v.sendMu); err != nil {
		return err
	}
	defer v.sendMu.Unlock()
	for i, id := range ids {
		v.sendIDs[i] = int64(id)
	}
	send := v.sendIDs[:len(ids)]
	if native != nil || v.isNative && actions == nil {
		return failure(v.sendCall, cgym.VecSendNative(v.sendCall, v.handle, send, native))
	}
	return failure(v.sendCall, cgym.VecSend(v.sendCall, v.handle, send, actions))
}

// Recv receives the first environments that are ready of those that were sent actions, and gives them as a batch, which
// is good until the next Recv. It waits for `size` of them, or fewer where fewer are under way. [ErrNoAsyncCall] where
// none is. It allocates nothing.
//
// Failures and contexts are as in [Vec.Step]: when the context has ended, nothing was received, and all that is ready
// stays there for the next Recv.
func (v *Vec) Recv(ctx context.Context, size int) (*Batch, error) {
	if err := v.lock(); err != nil {
		return nil, err
	}
	defer v.unlock()
	if size < 1 {
		return nil, newError(ErrArgument, "a batch has at least one environment, not %d", size)
	}
	if ctx == nil {
		ctx = context.Background()
	}
	count, err := v.receive(ctx, min(size, v.numEnvs))
	v.received.IDs = v.received.memory[:count]
	for i := range v.received.IDs {
		v.received.IDs[i] = int(v.ids[i])
	}
	return v.received.with(err)
}

// receive runs under the lock. It gives how many ids there are in v.ids.
func (v *Vec) receive(ctx context.Context, size int) (int, error) {
	recv := cgym.VecRecv
	if v.isNative {
		recv = cgym.VecRecvNative
	}
	if ctx.Done() == nil {
		count, code := recv(v.call, v.handle, -1, v.ids[:size])
		return count, v.failure(code)
	}
	for ctx.Err() == nil {
		pause := lookPause
		if deadline, isSet := ctx.Deadline(); isSet {
			pause = max(0, min(pause, time.Until(deadline)))
		}
		count, code := recv(v.call, v.handle, pause.Seconds(), v.ids[:size])
		if Code(code) != ErrTimeout {
			return count, v.failure(code)
		}
	}
	return 0, endedContext(ctx, "environments are still under way, for Recv")
}

// endedContext is the error of a call whose context has ended.
func endedContext(ctx context.Context, consequence string) error {
	err := newError(ErrTimeout, "%v: %s", ctx.Err(), consequence)
	err.cause = ctx.Err()
	return err
}

// Batch is what a [Vec.Step] or [Vec.Recv] has brought. It holds no copies: the rows are those of the Vec.
type Batch struct {
	IDs []int // the environments, in the order in which they became ready; of Step all, in their order

	vec    *Vec
	memory []int
}

// with gives the batch, unless there is an error after which there is none.
func (b *Batch) with(err error) (*Batch, error) {
	if err == nil {
		return b, nil
	}
	var failed *VecError
	if errors.As(err, &failed) {
		return b, err
	}
	return nil, err
}

// Len is how many environments there are in the batch.
func (b *Batch) Len() int { return len(b.IDs) }

// Observation is that of environment IDs[i]: a row of [Vec.Observations].
func (b *Batch) Observation(i int) []float64 { return b.vec.Observation(b.IDs[i]) }

// ObservationNative is that of environment IDs[i]: a row of [Vec.ObservationsNative].
func (b *Batch) ObservationNative(i int) []byte { return b.vec.ObservationNative(b.IDs[i]) }

// Transition is that of environment IDs[i].
func (b *Batch) Transition(i int) Transition { return b.vec.Transition(b.IDs[i]) }

// hasCode reports whether an error is one of those.
func hasCode(err error, codes ...Code) bool {
	for _, code := range codes {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}
