package gogym

import "example.com/gogym/internal/cgym"

// SaveState gives the state of the environment with all its wrappers and random generators, also of its action
// space: after [Env.LoadState] it continues exactly as it would have continued here, which is what planning needs.
// The bytes are opaque, and good for the same versions of everything, in this environment or an equally made one,
// in this process or another. [ErrResetNeeded] before the first reset; [ErrState] where the environment cannot be
// saved, with the part that is to blame.
//
// A seed that [Env.Seed] has set for the next Reset is not a part of the state.
func (e *Env) SaveState() ([]byte, error) {
	if err := e.lock(); err != nil {
		return nil, err
	}
	defer e.unlock()
	state, code := cgym.SaveState(e.call, e.handle)
	return state, failure(e.call, code)
}

// LoadState puts the environment into a saved state. [Env.Observation] and [Env.Info] are those of the saved moment
// too. A state that is damaged, or of another environment, gives [ErrState] and changes nothing. Load only states
// that you trust: they are Python pickles, and can run code.
func (e *Env) LoadState(state []byte) error {
	if e != nil && len(state) == 0 {
		return newError(ErrState, "the state is empty: SaveState gives one")
	}
	if err := e.lock(); err != nil {
		return err
	}
	defer e.unlock()
	return failure(e.call, cgym.LoadState(e.call, e.handle, state))
}

// Clone makes a second environment, independent of the first, in the same state. It must be closed as well.
func (e *Env) Clone() (*Env, error) {
	if err := e.lock(); err != nil {
		return nil, err
	}
	defer e.unlock()
	handle, code := cgym.Clone(e.call, e.handle)
	if err := failure(e.call, code); err != nil {
		return nil, err
	}
	clone, err := newEnv(handle, cgym.NewCall(), e.id, e.isolated)
	if err != nil {
		return nil, err
	}
	clone.seed = e.seed // never changed in place
	clone.callbacks = shareCallbacks(e.callbacks)
	return clone, nil
}
