package gogym

import (
	"strings"
	"sync"

	"example.com/gogym/internal/cgym"
)

// MakeVec makes a vector environment of n environments, each as [Make] would make it:
//
//	vec, err := gogym.MakeVec("CartPole-v1", 64)
//	if err != nil {
//		return err
//	}
//	defer vec.Close()
//	err = vec.Reset(gogym.ResetSeed(42))
//	...
//	err = vec.SampleActions(nil) // or write to vec.Actions()
//	batch, err := vec.Step(ctx, nil)
//
// Beside the options of Make there are [WithEngine], [WithWorkers], [WithAutoreset], [WithLayout], [WithEnvOptions],
// [WithOnFailure], [WithTimeout], [WithMemoryLimit], [WithPython], [WithVectorWrappers] and [WithVectorOptions].
//
// By default the environments live in worker processes, one for each CPU, and this process needs no Python at all. Spaces
// need a fixed size ([ErrDynamic]).
func MakeVec(id string, n int, options ...Option) (*Vec, error) {
	made := collectOptions(options)
	switch {
	case strings.ContainsRune(id, 0):
		return nil, newError(ErrArgument, "the environment's id contains a NUL character: %q", id)
	case n < 1:
		return nil, newError(ErrArgument, "a vector environment has at least one environment, not %d", n)
	}
	encoded, callbacks, usesPython, err := made.encodeVec(n)
	if err != nil {
		return nil, err
	}
	if err := useLimiter(0); err != nil {
		return nil, err
	}
	vec := &Vec{id: id, numEnvs: n, usesPython: usesPython, callbacks: callbacks}
	if err := vec.open(encoded); err != nil {
		dropCallbacks(callbacks)
		return nil, err
	}
	return vec, nil
}

func (v *Vec) open(encoded string) error {
	if v.usesPython {
		inside.acquire()
		defer inside.release()
	}
	call := cgym.NewCall()
	if err := addCallbacks(call, v.callbacks); err != nil {
		return err
	}
	handle, code := cgym.VecMake(call, v.id, v.numEnvs, encoded)
	if err := failure(call, code); err != nil {
		return err
	}
	v.handle = handle
	if err := v.read(call); err != nil {
		cgym.VecClose(call, handle) // the first error is the one to tell
		return err
	}
	v.sendCall = cgym.NewCall()
	v.ids, v.sendIDs = make([]int64, v.numEnvs), make([]int64, v.numEnvs)
	v.received = Batch{vec: v, memory: make([]int, v.numEnvs)}
	v.whole = Batch{vec: v, IDs: make([]int, v.numEnvs)}
	for i := range v.whole.IDs {
		v.whole.IDs[i] = i
	}
	v.call = call
	openVecs.Store(v, nil)
	return nil
}

// openVecs are those whose arrays are there.
var openVecs sync.Map // of *Vec

// hideArrays takes the arrays of every Vec out of the program's sight, before they are gone. show puts them back.
func hideArrays() (show func()) {
	hidden := map[*Vec]*vecArrays{}
	openVecs.Range(func(key, _ any) bool {
		vec := key.(*Vec)
		hidden[vec] = vec.arrays.Swap(nil)
		return true
	})
	return func() {
		for vec, arrays := range hidden {
			vec.arrays.Store(arrays)
		}
	}
}

// read asks C what does not change: the spaces, and where the arrays are.
func (v *Vec) read(call *cgym.Call) error {
	view, code := cgym.VecGetView(call, v.handle)
	if err := failure(call, code); err != nil {
		return err
	}
	v.isNative = view.IsNative
	v.arrays.Store(newVecArrays(view, v.numEnvs))
	block, code := cgym.VecObservationSpace(call, v.handle)
	if err := failure(call, code); err != nil {
		return err
	}
	var err error
	if v.observationSpace, err = v.takeSpace(block, &spaceRoot{vec: v}); err != nil {
		return err
	}
	block, code = cgym.VecActionSpace(call, v.handle)
	if err := failure(call, code); err != nil {
		return err
	}
	v.actionSpace, err = v.takeSpace(block, &spaceRoot{vec: v, isAction: true})
	return err
}

// takeSpace makes a space of its description, which belongs to the Vec.
func (v *Vec) takeSpace(block []byte, root *spaceRoot) (Space, error) {
	space, err := decodeSpace(block)
	if err != nil {
		return nil, err
	}
	link(space, root, nil, 0)
	v.roots = append(v.roots, root)
	return space, nil
}

// openSpace opens the handle of one of the spaces.
func (v *Vec) openSpace(call *cgym.Call, root *spaceRoot) (cgym.Space, int32) {
	which := 0 // GYM_VEC_SINGLE_OBSERVATION_SPACE
	if root.isAction {
		which++ // GYM_VEC_SINGLE_ACTION_SPACE
	}
	if root.isBatch {
		which += 2 // GYM_VEC_OBSERVATION_SPACE, GYM_VEC_ACTION_SPACE
	}
	return cgym.VecSpace(call, v.handle, which)
}

// Close closes all environments and ends their worker processes. The Vec cannot be used afterwards, and its arrays are
// gone: a slice that [Vec.Observations] or another such method has given must not be touched any more, not even be
// read, which would end the program. The methods themselves give nil from then on. Close waits for calls under way.
func (v *Vec) Close() error {
	callbacks, err := v.close()
	dropCallbacks(callbacks)
	return err
}

// close gives the callbacks that nobody needs any more.
func (v *Vec) close() ([]*callback, error) {
	if err := v.lock(); err != nil {
		return nil, err
	}
	defer v.unlock()
	if err := lockOf(&v.sendMu); err != nil {
		return nil, err
	}
	defer v.sendMu.Unlock()
	arrays := v.arrays.Swap(nil)
	err := failure(v.call, cgym.VecClose(v.call, v.handle))
	if hasCode(err, ErrBusy, ErrForked) {
		v.arrays.Store(arrays) // nothing was done
		return nil, err
	}
	openVecs.Delete(v)
	for _, root := range v.roots {
		v.closeRoot(root)
	}
	callbacks := v.callbacks
	v.callbacks = nil
	return callbacks, err
}

// closeRoot closes the handles of a space. The Vec's own error is the one to tell.
func (v *Vec) closeRoot(root *spaceRoot) {
	root.mu.Lock()
	defer root.mu.Unlock()
	if !root.closed {
		_ = root.closeHandles()
	}
}
