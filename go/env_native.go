package gogym

import "example.com/gogym/internal/cgym"

// ResetNative is ResetInto with a buffer in the native layout (see [Space]), of ObservationSpace().NBytes()
// bytes or more; nil where the space has no fixed size. [MakeBuffer] makes one.
func (e *Env) ResetNative(obs []byte, options ...ResetOption) error {
	seed, encoded, err := collectResetOptions(options)
	if err != nil {
		return err
	}
	if err := e.lock(); err != nil {
		return err
	}
	defer e.unlock()
	return e.resetNative(obs, seed, encoded)
}

// resetNative runs under the lock.
func (e *Env) resetNative(obs []byte, seed *int64, encoded string) error {
	if seed == nil {
		seed = e.seed
	}
	if err := failure(e.call, cgym.ResetNative(e.call, e.handle, seed, encoded, obs)); err != nil {
		return err
	}
	e.seed = nil
	return nil
}

// StepNative is StepInto with buffers in the native layout (see [Space]): action of exactly
// ActionSpace().NBytes() bytes, obs of ObservationSpace().NBytes() bytes or more. It allocates nothing. Where it
// fails, it has not written to obs. [View] gives the numbers within a buffer.
func (e *Env) StepNative(action, obs []byte) (Transition, error) {
	if err := e.lock(); err != nil {
		return Transition{}, err
	}
	code := cgym.StepNative(e.call, e.handle, action, obs)
	if code != 0 {
		err := failure(e.call, code)
		e.unlock()
		return Transition{}, err
	}
	transition := Transition(e.call.Transition())
	e.unlock()
	return transition, nil
}
