package gogym

import "example.com/gogym/internal/cgym"

// newEnv makes the Env of a handle that C has just given, within a call. The memory for calls is the Env's from
// then on. Where it fails, it has closed the handle.
func newEnv(handle cgym.Env, call *cgym.Call, id string, isolated bool) (*Env, error) {
	env := &Env{id: id, call: call, handle: handle, isolated: isolated}
	if err := env.describe(); err != nil {
		cgym.Close(call, handle) // the first error is the one to tell
		return nil, err
	}
	return env, nil
}
