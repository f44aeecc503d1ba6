package gogym

import (
	"image"

	"example.com/gogym/internal/cgym"
)

// value runs a call that gives a tree.
func (v *Vec) value(run func(*cgym.Call, cgym.Vec) ([]byte, int32)) (any, error) {
	block, err := v.block(run)
	if err != nil {
		return nil, err
	}
	return decodeBlock(block)
}

// block is value without the decoding, which needs no lock.
func (v *Vec) block(run func(*cgym.Call, cgym.Vec) ([]byte, int32)) ([]byte, error) {
	if err := v.lock(); err != nil {
		return nil, err
	}
	defer v.unlock()
	block, code := run(v.call, v.handle)
	return block, failure(v.call, code)
}

// list is value for what has an item for each environment.
func (v *Vec) list(run func(*cgym.Call, cgym.Vec) ([]byte, int32)) ([]any, error) {
	value, err := v.value(run)
	if err != nil {
		return nil, err
	}
	items, isList := value.([]any)
	if !isList || len(items) != v.numEnvs {
		return nil, newError(ErrInternal, "there is a %T, not a list of %d items", value, v.numEnvs)
	}
	return items, nil
}

// Info gives the infos of the last Reset, Step or Recv, one for each environment; those of environments that had no part in
// it mean nothing. With [AutoresetSameStep] the info of an episode that ended is in the entries final_info and final_obs.
// [ErrResetNeeded] before the first Reset.
func (v *Vec) Info() ([]*Dict, error) {
	items, err := v.list(cgym.VecInfo)
	if err != nil {
		return nil, err
	}
	infos := make([]*Dict, len(items))
	for i, item := range items {
		info, isDict := item.(*Dict)
		if !isDict {
			return nil, newError(ErrInternal, "the info of environment %d is a %T, not a dict", i, item)
		}
		infos[i] = info
	}
	return infos, nil
}

// Call calls a method of every environment with positional arguments, or gives the attribute where it is none that can be
// called, as Gymnasium's VectorEnv.call: a result for each, in the types of [Env.Info]. Names and arguments are those of
// [Env.Call].
func (v *Vec) Call(name string, arguments ...any) ([]any, error) {
	return v.CallKeywords(name, nil, arguments...)
}

// CallKeywords is Call with keyword arguments beside the positional ones.
func (v *Vec) CallKeywords(name string, keywords map[string]any, arguments ...any) ([]any, error) {
	if err := attrName(name); err != nil {
		return nil, err
	}
	encoded, err := encodeArguments(keywords, arguments)
	if err != nil {
		return nil, err
	}
	return v.list(func(call *cgym.Call, vec cgym.Vec) ([]byte, int32) {
		return cgym.VecCallMethod(call, vec, name, encoded)
	})
}

// Render renders a picture of every environment, as [Env.Render] does for one, in render modes that give an array.
// [ErrRender] for others.
func (v *Vec) Render() ([]image.Image, error) {
	items, err := v.RenderValues()
	if err != nil {
		return nil, err
	}
	pictures := make([]image.Image, len(items))
	for i, item := range items {
		if pair, isPair := item.(Tuple); isPair && len(pair) == 2 {
			item = pair[0] // of rgbd_tuple, the colours
		}
		array, isArray := item.(*Array)
		if !isArray {
			return nil, newError(ErrRender, "environment %d renders a %T, not an array: make the environments with the render "+
				"mode rgb_array; RenderValues gives it as it is", i, item)
		}
		if pictures[i], err = array.Image(); err != nil {
			return nil, err
		}
	}
	return pictures, nil
}

// RenderValues renders every environment in any render mode, as [Env.RenderValue] does for one.
func (v *Vec) RenderValues() ([]any, error) {
	return v.list(cgym.VecRender)
}

// SampleActions draws random actions for all environments, as action_space.sample() of the batched action space does:
// NumEnvs() rows. nil means [Vec.Actions], or [Vec.ActionsNative] with [LayoutNative].
func (v *Vec) SampleActions(actions []float64) error {
	if err := v.lock(); err != nil {
		return err
	}
	defer v.unlock()
	if actions == nil {
		if v.isNative {
			return v.sampleNative(v.ActionsNative())
		}
		if actions = v.Actions(); actions == nil {
			actions = make([]float64, 1) // the Vec is closed, which C will say
		}
	}
	return failure(v.call, cgym.VecSampleActions(v.call, v.handle, actions))
}

// SampleActionsNative is SampleActions for [LayoutNative].
func (v *Vec) SampleActionsNative(actions []byte) error {
	if err := v.lock(); err != nil {
		return err
	}
	defer v.unlock()
	if actions == nil {
		actions = v.ActionsNative()
	}
	return v.sampleNative(actions)
}

// sampleNative runs under the lock.

func (v *Vec) sampleNative(actions []byte) error {
	if actions == nil {
		actions = make([]byte, 1) // the Vec is closed, or has the other layout, which C will say
	}
	return failure(v.call, cgym.VecSampleActionsNative(v.call, v.handle, actions))
}

// SeedActions seeds what SampleActions draws from. A negative seed is an [ErrArgument].
func (v *Vec) SeedActions(seed int64) error {
	if err := v.lock(); err != nil {
		return err
	}
	defer v.unlock()
	return failure(v.call, cgym.VecSeedActions(v.call, v.handle, seed))
}

// ObservationSpace is the space of one environment's observations (Gymnasium's single_observation_space). It never
// changes and needs no lock, also after Close. It is nil only for a zero Vec.
func (v *Vec) ObservationSpace() Space {
	if v == nil {
		return nil
	}
	return v.observationSpace
}

// ActionSpace is the space of one environment's actions (single_action_space), as ObservationSpace.
func (v *Vec) ActionSpace() Space {
	if v == nil {
		return nil
	}
	return v.actionSpace
}

// BatchObservationSpace is the space of the observations of all environments together (observation_space), batched as
// Gymnasium does it. It is closed with the Vec.
func (v *Vec) BatchObservationSpace() (Space, error) { return v.batchSpace(false) }

// BatchActionSpace is the space of the actions of all environments together (action_space).
func (v *Vec) BatchActionSpace() (Space, error) { return v.batchSpace(true) }

func (v *Vec) batchSpace(isAction bool) (Space, error) {
	if err := v.lock(); err != nil {
		return nil, err
	}
	defer v.unlock()
	root := &spaceRoot{vec: v, isAction: isAction, isBatch: true}
	handle, code := v.openSpace(v.call, root)
	if err := failure(v.call, code); err != nil {
		return nil, err
	}
	root.opened = []cgym.Space{handle}
	block, code := cgym.SpaceValue(v.call, handle)
	if err := failure(v.call, code); err != nil {
		v.closeRoot(root)
		return nil, err
	}
	space, err := v.takeSpace(block, root)
	if err != nil {
		v.closeRoot(root)
		return nil, err
	}
	space.base().node.handle.Store(uint64(handle))
	return space, nil
}

// ID is the id that the environments were made from.
func (v *Vec) ID() string {
	if v == nil {
		return ""
	}
	return v.id
}

// NumEnvs is how many environments there are.
func (v *Vec) NumEnvs() int {
	if v == nil {
		return 0
	}
	return v.numEnvs
}

// VecDescription says what a [Vec] is at the moment.
type VecDescription struct {
	ID         string
	NumEnvs    int
	Engine     Engine
	Autoreset  Autoreset
	Layout     Layout
	Workers    []VecWorker // none where all environments live in this process
	RenderMode string      // "" for none

	// FutexCalls counts the system calls that handing work over has needed so far, here and in the workers.
	FutexCalls int64
}

// VecWorker is a worker process of a [Vec].
type VecWorker struct {
	PID      int
	First    int // its first environment
	Count    int // how many it has
	Restarts int // how often it was started anew
	Python   string
}

// Describe says what the Vec is, and which processes it has.
func (v *Vec) Describe() (VecDescription, error) {
	value, err := v.value(cgym.VecDescribe)
	if err != nil {
		return VecDescription{}, err
	}
	d, isDict := value.(*Dict)
	if !isDict {
		return VecDescription{}, newError(ErrInternal, "the description is a %T, not a dict", value)
	}
	description := VecDescription{
		ID:         textIn(d, "id"),
		NumEnvs:    int(integerIn(d, "num_envs", 0)),
		Engine:     Engine(textIn(d, "engine")),
		Autoreset:  Autoreset(textIn(d, "autoreset_mode")),
		Layout:     Layout(textIn(d, "layout")),
		RenderMode: textIn(d, "render_mode"),
		FutexCalls: integerIn(d, "futex_calls", 0),
	}
	workers, _ := d.Get("workers")
	items, _ := workers.([]any)
	for _, item := range items {
		if worker, isDict := item.(*Dict); isDict {
			description.Workers = append(description.Workers, VecWorker{
				PID:      int(integerIn(worker, "pid", 0)),
				First:    int(integerIn(worker, "first", 0)),
				Count:    int(integerIn(worker, "count", 0)),
				Restarts: int(integerIn(worker, "restarts", 0)),
				Python:   textIn(worker, "python"),
			})
		}
	}
	return description, nil
}
