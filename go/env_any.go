package gogym

import "example.com/gogym/internal/cgym"

// ResetAny begins an episode, as Reset does, and gives its first observation in natural types (see [Space]), for
// observation spaces of any kind.
func (e *Env) ResetAny(options ...ResetOption) (any, error) {
	seed, encoded, err := collectResetOptions(options)
	if err != nil {
		return nil, err
	}
	block, err := e.resetAny(seed, encoded)
	if err != nil {
		return nil, err
	}
	return e.natural(block)
}

func (e *Env) resetAny(seed *int64, encoded string) ([]byte, error) {
	if err := e.lock(); err != nil {
		return nil, err
	}
	defer e.unlock()
	if seed == nil {
		seed = e.seed
	}
	block, code := cgym.ResetValue(e.call, e.handle, seed, encoded)
	if err := failure(e.call, code); err != nil {
		return nil, err
	}
	e.seed = nil
	return block, nil
}

// StepAny advances the environment by an action of natural types (see [Space]) and gives the observation in
// natural types, for spaces of any kind. What cannot be an element of the space's layout, such as a number that a
// dtype cannot hold, gives [ErrAction], which names the leaf: action["camera"][2]. Whether the action lies in the
// space's bounds is for the environment to judge.
func (e *Env) StepAny(action any) (any, Transition, error) {
	encoded, err := encodeElement(e.ActionSpace(), action, "action", ErrAction)
	if err != nil {
		return nil, Transition{}, err
	}
	block, transition, err := e.stepAny(encoded)
	if err != nil {
		return nil, Transition{}, err
	}
	observation, err := e.natural(block)
	if err != nil {
		return nil, Transition{}, err
	}
	return observation, transition, nil
}

func (e *Env) stepAny(encoded string) ([]byte, Transition, error) {
	if err := e.lock(); err != nil {
		return nil, Transition{}, err
	}
	defer e.unlock()
	block, code := cgym.StepValue(e.call, e.handle, encoded)
	return block, Transition(e.call.Transition()), failure(e.call, code)
}

// Observation is the observation of the last successful reset or step in natural types (see [Space]), for
// spaces of any kind; [ErrResetNeeded] before the first. One that does not fit its space comes as what it is.
// [ErrUnsupported] where the environment itself has written it to the buffer of ResetNative or StepNative.
func (e *Env) Observation() (any, error) {
	block, err := e.observation()
	if err != nil {
		return nil, err
	}
	return e.natural(block)
}

func (e *Env) observation() ([]byte, error) {
	if err := e.lock(); err != nil {
		return nil, err
	}
	defer e.unlock()
	block, code := cgym.Observation(e.call, e.handle)
	return block, failure(e.call, code)
}

// natural decodes the tree of an observation.
func (e *Env) natural(block []byte) (any, error) {
	value, err := decodeBlock(block)
	if err != nil {
		return nil, err
	}
	return naturalElement(e.observationSpace, value), nil
}
