package gogym

import (
	"errors"
	"runtime"
	"strings"
	"sync"

	"example.com/gogym/internal/cgym"
)

// Env is an environment. It is made by [Make] and must be closed with [Env.Close]: an Env that is merely
// forgotten keeps its Python object. Any goroutine may call any method at any time; calls on one Env run
// one after another; in one of the environment's own callbacks they give [ErrBusy]. Every method of a nil or zero Env
// gives [ErrHandle].
type Env struct {
	mu     sync.Mutex
	call   *cgym.Call // nil in a zero Env; used under mu
	handle cgym.Env
	seed   *int64 // for the next Reset, set by Seed; under mu
	yield  yielder

	id               string
	isolated         bool // in a worker process: its calls need no place of the limiter
	observationSpace Space
	actionSpace      Space
	observationSize  int // -1 where the space has no fixed size
	roots            [2]*spaceRoot
	callbacks        []*callback // to be removed with it; under mu
}

// Transition is what one step brought besides the observation.
type Transition struct {
	Reward     float64
	Terminated bool // the task ended: call Reset before the next Step
	Truncated  bool // the episode was cut, for example by a time limit: likewise
}

// Done reports whether the episode is over, for either reason.
func (t Transition) Done() bool {
	return t.Terminated || t.Truncated
}

// Make makes an environment, as gymnasium.make does: "CartPole-v1", or "module:Name-v0", which imports the
// Python module first. The first Make starts Python: see [Init].
func Make(id string, options ...Option) (*Env, error) {
	made := collectOptions(options)
	if strings.ContainsRune(id, 0) {
		return nil, newError(ErrArgument, "the environment's id contains a NUL character: %q", id)
	}
	encoded, callbacks, isolated, err := made.encode()
	if err != nil {
		return nil, err
	}
	if err := useLimiter(0); err != nil {
		return nil, err
	}
	env, err := openEnv(id, encoded, callbacks, isolated)
	if err != nil {
		dropCallbacks(callbacks)
		return nil, err
	}
	return env, nil
}

func openEnv(id, encoded string, callbacks []*callback, isolated bool) (*Env, error) {
	if !isolated {
		inside.acquire()
		defer inside.release()
	}
	call := cgym.NewCall()
	if err := addCallbacks(call, callbacks); err != nil {
		return nil, err
	}
	handle, code := cgym.Make(call, id, encoded)
	if err := failure(call, code); err != nil {
		return nil, err
	}
	env, err := newEnv(handle, call, id, isolated)
	if err != nil {
		return nil, err
	}
	env.callbacks = callbacks
	return env, nil
}

// describe reads both spaces, so that they outlive the environment and need no lock.
func (e *Env) describe() error {
	block, code := cgym.ObservationSpace(e.call, e.handle)
	if err := failure(e.call, code); err != nil {
		return err
	}
	observations, err := decodeSpace(block)
	if err != nil {
		return err
	}
	block, code = cgym.ActionSpace(e.call, e.handle)
	if err := failure(e.call, code); err != nil {
		return err
	}
	actions, err := decodeSpace(block)
	if err != nil {
		return err
	}
	e.observationSpace, e.actionSpace = observations, actions
	e.observationSize = observations.Size()
	e.roots = [2]*spaceRoot{{env: e}, {env: e, isAction: true}}
	link(observations, e.roots[0], nil, 0)
	link(actions, e.roots[1], nil, 0)
	return nil
}

// lock begins a call on the environment; unlock ends it. The environment's own lock comes first: who waits
// for it takes no place from others.
func (e *Env) lock() error {
	if err := e.lockOutside(); err != nil {
		return err
	}
	if !e.isolated {
		inside.acquire()
	}
	return nil
}

// lockOutside is lock for what needs no call into C.
func (e *Env) lockOutside() error {
	if e == nil || e.call == nil {
		return newError(ErrHandle, "this Env was not made by gogym.Make")
	}
	if !e.mu.TryLock() {
		return e.wait()
	}
	return nil
}

func (e *Env) unlock() {
	due := e.yield.due()
	if !e.isolated {
		inside.release()
	}
	e.mu.Unlock()
	if due {
		runtime.Gosched()
	}
}

// Seed sets the seed of the next successful Reset that is given none itself. A negative seed is an
// [ErrArgument].
func (e *Env) Seed(seed int64) error {
	if e == nil || e.call == nil {
		return newError(ErrHandle, "this Env was not made by gogym.Make")
	}
	if seed < 0 {
		return newError(ErrArgument, "the seed is %d, but must not be negative", seed)
	}
	if err := e.lockOutside(); err != nil {
		return err
	}
	defer e.mu.Unlock()
	e.seed = &seed
	return nil
}

// Reset begins an episode and gives its first observation in a new slice; nil where the observation space
// has no fixed size.
func (e *Env) Reset(options ...ResetOption) ([]float64, error) {
	obs := e.newObservation()
	if err := e.ResetInto(obs, options...); err != nil {
		return nil, err
	}
	return obs, nil
}

// ResetInto is Reset with the caller's slice of ObservationSpace().Size() elements or more; nil where the
// space has no fixed size.
func (e *Env) ResetInto(obs []float64, options ...ResetOption) error {
	seed, encoded, err := collectResetOptions(options)
	if err != nil {
		return err
	}
	if err := e.lock(); err != nil {
		return err
	}
	defer e.unlock()
	if seed == nil {
		seed = e.seed
	}
	if err := failure(e.call, cgym.Reset(e.call, e.handle, seed, encoded, obs)); err != nil {
		return err
	}
	e.seed = nil
	return nil
}

// Step advances the environment by an action of ActionSpace().Size() elements and gives the observation in
// a new slice; nil where the observation space has no fixed size.
func (e *Env) Step(action []float64) ([]float64, Transition, error) {
	obs := e.newObservation()
	transition, err := e.StepInto(action, obs)
	if err != nil {
		return nil, Transition{}, err
	}
	return obs, transition, nil
}

// StepInto is Step with the caller's slice for the observation, of ObservationSpace().Size() elements or
// more. It allocates nothing. Where it fails, it has not written to obs.
func (e *Env) StepInto(action, obs []float64) (Transition, error) {
	if err := e.lock(); err != nil {
		return Transition{}, err
	}
	code := cgym.Step(e.call, e.handle, action, obs)
	if code != 0 {
		err := failure(e.call, code)
		e.unlock()
		return Transition{}, err
	}
	transition := Transition(e.call.Transition())
	e.unlock()
	return transition, nil
}

// Info is the info of the last successful Reset or Step; [ErrResetNeeded] before the first.
func (e *Env) Info() (*Dict, error) {
	block, err := e.info()
	if err != nil {
		return nil, err
	}
	value, err := decodeBlock(block)
	if err != nil {
		return nil, err
	}
	info, isDict := value.(*Dict)
	if !isDict {
		return nil, newError(ErrInternal, "the info is a %T, not a dict", value)
	}
	return info, nil
}

func (e *Env) info() ([]byte, error) {
	if err := e.lock(); err != nil {
		return nil, err
	}
	defer e.unlock()
	block, code := cgym.Info(e.call, e.handle)
	return block, failure(e.call, code)
}

// Close closes the environment. It cannot be used afterwards, whatever Close returns: every further call
// gives [ErrHandle], a second Close too. The spaces can still be read, but no longer draw, seed or flatten.
func (e *Env) Close() error {
	callbacks, err := e.close()
	dropCallbacks(callbacks)
	return err
}

// close gives the callbacks that nobody needs any more.
func (e *Env) close() ([]*callback, error) {
	if err := e.lock(); err != nil {
		return nil, err
	}
	defer e.unlock()
	err := failure(e.call, cgym.Close(e.call, e.handle))
	if errors.Is(err, ErrBusy) || errors.Is(err, ErrForked) {
		return nil, err // nothing was done
	}
	return e.giveUp(), err
}

// giveUp ends what belongs to an environment whose handle is no longer valid, and gives its callbacks.
func (e *Env) giveUp() []*callback {
	for _, root := range e.roots {
		_ = root.closeHandles() // the environment's own error is the one to tell
	}
	callbacks := e.callbacks
	e.callbacks = nil
	return callbacks
}

// ObservationSpace is the space of the observations. It never changes and needs no lock, also after Close.
// It is nil only for a zero Env.
func (e *Env) ObservationSpace() Space {
	if e == nil {
		return nil
	}
	return e.observationSpace
}

// ActionSpace is the space of the actions, as ObservationSpace. Should the environment replace its action space,
// Sample without options and Seed follow it.
func (e *Env) ActionSpace() Space {
	if e == nil {
		return nil
	}
	return e.actionSpace
}

// ID is the id that the environment was made from.
func (e *Env) ID() string {
	if e == nil {
		return ""
	}
	return e.id
}

func (e *Env) newObservation() []float64 {
	if e == nil {
		return nil
	}
	return newNumbers(e.observationSize)
}

func (e *Env) sampleAction(action []float64) error {
	if err := e.lock(); err != nil {
		return err
	}
	defer e.unlock()
	return failure(e.call, cgym.SampleAction(e.call, e.handle, action))
}

func (e *Env) sampleActionNative(action []byte) error {
	if err := e.lock(); err != nil {
		return err
	}
	defer e.unlock()
	return failure(e.call, cgym.SampleActionNative(e.call, e.handle, action))
}

func (e *Env) seedAction(seed int64) error {
	if err := e.lock(); err != nil {
		return err
	}
	defer e.unlock()
	return failure(e.call, cgym.SeedAction(e.call, e.handle, seed))
}
