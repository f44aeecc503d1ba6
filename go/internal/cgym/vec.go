package cgym

// #include "gogym.h"
import "C"

import "unsafe"

// VecMake calls gym_vec_make; empty options mean NULL.
func VecMake(call *Call, id string, numEnvs int, options string) (Vec, int32) {
	var out C.gym_vec
	code := C.gym_vec_make(terminated(id), C.size_t(numEnvs), terminatedOrNull(options), &out, &call.err)
	return Vec(out.id), int32(code)
}

// VecClose calls gym_vec_close.
func VecClose(call *Call, vec Vec) int32 {
	return int32(C.gym_vec_close(vec.c(), &call.err))
}

// VecDescribe calls gym_vec_describe and gives the tree's block.
func VecDescribe(call *Call, vec Vec) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_vec_describe(vec.c(), &value, &call.err))
	return block(value, code), code
}

// VecObservationSpace calls gym_vec_observation_space and gives the tree's block.
func VecObservationSpace(call *Call, vec Vec) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_vec_observation_space(vec.c(), &value, &call.err))
	return block(value, code), code
}

// VecActionSpace calls gym_vec_action_space and gives the tree's block.
func VecActionSpace(call *Call, vec Vec) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_vec_action_space(vec.c(), &value, &call.err))
	return block(value, code), code
}

// VecSpace calls gym_vec_space; `which` is one of GYM_VEC_*_SPACE.
func VecSpace(call *Call, vec Vec, which int) (Space, int32) {
	var out C.gym_space
	code := C.gym_vec_space(vec.c(), C.int(which), &out, &call.err)
	return Space(out.id), int32(code)
}

// VecSampleActions calls gym_vec_sample_actions.
func VecSampleActions(call *Call, vec Vec, actions []float64) int32 {
	return int32(C.gym_vec_sample_actions(vec.c(), doubles(actions), C.size_t(len(actions)), &call.err))
}

// VecSampleActionsNative calls gym_vec_sample_actions_native.
func VecSampleActionsNative(call *Call, vec Vec, actions []byte) int32 {
	return int32(C.gym_vec_sample_actions_native(vec.c(), memory(actions), C.size_t(len(actions)), &call.err))
}

// VecSeedActions calls gym_vec_seed_actions.
func VecSeedActions(call *Call, vec Vec, seed int64) int32 {
	return int32(C.gym_vec_seed_actions(vec.c(), C.int64_t(seed), &call.err))
}

// VecReset calls gym_vec_reset, which leaves the observations in the view; no seeds, an empty mask and empty options
// mean NULL.
func VecReset(call *Call, vec Vec, seeds []int64, mask []byte, options string) int32 {
	return int32(C.gym_vec_reset(vec.c(), integers(seeds), C.size_t(len(seeds)), (*C.uint8_t)(memory(mask)),
		terminatedOrNull(options), nil, 0, &call.err))
}

// VecResetNative calls gym_vec_reset_native like VecReset.
func VecResetNative(call *Call, vec Vec, seeds []int64, mask []byte, options string) int32 {
	return int32(C.gym_vec_reset_native(vec.c(), integers(seeds), C.size_t(len(seeds)), (*C.uint8_t)(memory(mask)),
		terminatedOrNull(options), nil, 0, &call.err))
}

// VecStep calls gym_vec_step, which leaves what it brings in the view; no actions mean NULL. It allocates nothing.
func VecStep(call *Call, vec Vec, actions []float64) int32 {
	return int32(C.gym_vec_step(vec.c(), doubles(actions), C.size_t(len(actions)), nil, 0, nil, 0, &call.err))
}

// VecStepNative calls gym_vec_step_native like VecStep.
func VecStepNative(call *Call, vec Vec, actions []byte) int32 {
	return int32(C.gym_vec_step_native(vec.c(), memory(actions), C.size_t(len(actions)), nil, 0, nil, 0, &call.err))
}

// VecSend calls gym_vec_send; no ids and no actions mean NULL. It allocates nothing.
func VecSend(call *Call, vec Vec, ids []int64, actions []float64) int32 {
	return int32(C.gym_vec_send(vec.c(), integers(ids), C.size_t(len(ids)), doubles(actions), C.size_t(len(actions)),
		&call.err))
}

// VecSendNative calls gym_vec_send_native like VecSend.
func VecSendNative(call *Call, vec Vec, ids []int64, actions []byte) int32 {
	return int32(C.gym_vec_send_native(vec.c(), integers(ids), C.size_t(len(ids)), memory(actions),
		C.size_t(len(actions)), &call.err))
}

// VecRecv calls gym_vec_recv for as many rows as there are ids; what it brings stays in the view. It gives how many
// ids it has written, and allocates nothing.
func VecRecv(call *Call, vec Vec, timeout float64, ids []int64) (count int, code int32) {
	call.count = 0
	code = int32(C.gym_vec_recv(vec.c(), C.size_t(len(ids)), C.double(timeout), integers(ids), nil, 0, nil, 0,
		&call.count, &call.err))
	return int(call.count), code
}

// VecRecvNative calls gym_vec_recv_native like VecRecv.
func VecRecvNative(call *Call, vec Vec, timeout float64, ids []int64) (count int, code int32) {
	call.count = 0
	code = int32(C.gym_vec_recv_native(vec.c(), C.size_t(len(ids)), C.double(timeout), integers(ids), nil, 0, nil, 0,
		&call.count, &call.err))
	return int(call.count), code
}

// VecInfo calls gym_vec_info and gives the tree's block.
func VecInfo(call *Call, vec Vec) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_vec_info(vec.c(), &value, &call.err))
	return block(value, code), code
}

// VecFailures calls gym_vec_failures and gives the tree's block.
func VecFailures(call *Call, vec Vec) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_vec_failures(vec.c(), &value, &call.err))
	return block(value, code), code
}

// VecCallMethod calls gym_vec_call and gives the tree's block; empty arguments mean NULL.
func VecCallMethod(call *Call, vec Vec, name, arguments string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_vec_call(vec.c(), terminated(name), terminatedOrNull(arguments), &value, &call.err))
	return block(value, code), code
}

// VecRender calls gym_vec_render and gives the tree's block.
func VecRender(call *Call, vec Vec) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_vec_render(vec.c(), &value, &call.err))
	return block(value, code), code
}

// VecGetView calls gym_vec_get_view.
func VecGetView(call *Call, vec Vec) (VecView, int32) {
	view := C.gym_vec_view{struct_size: C.sizeof_gym_vec_view}
	code := int32(C.gym_vec_get_view(vec.c(), &view, &call.err))
	if code != 0 {
		return VecView{}, code
	}
	rows := int(view.num_envs)
	out := VecView{
		IsNative:          view.is_native != 0,
		ActionNBytes:      int(view.action_nbytes),
		ObservationNBytes: int(view.observation_nbytes),
		Transitions:       unsafe.Slice((*Transition)(unsafe.Pointer(view.transitions)), rows),
		Statuses:          unsafe.Slice((*int32)(unsafe.Pointer(view.statuses)), rows),
	}
	out.Actions = unsafe.Slice((*byte)(view.actions), rows*out.ActionNBytes)
	out.Observations = unsafe.Slice((*byte)(view.observations), rows*out.ObservationNBytes)
	if view.final_observations != nil {
		out.FinalObservations = unsafe.Slice((*byte)(view.final_observations), rows*out.ObservationNBytes)
	}
	return out, code
}

// A Transition lies in memory as a gym_transition does: these constants would be negative otherwise.
const (
	_ = uint(unsafe.Sizeof(Transition{}) - C.sizeof_gym_transition)
	_ = uint(C.sizeof_gym_transition - unsafe.Sizeof(Transition{}))
	_ = -uint(unsafe.Offsetof(Transition{}.Terminated) - unsafe.Offsetof(C.gym_transition{}.terminated))
	_ = -uint(unsafe.Offsetof(Transition{}.Truncated) - unsafe.Offsetof(C.gym_transition{}.truncated))
)

func (vec Vec) c() C.gym_vec {
	return C.gym_vec{id: C.uint64_t(vec)}
}

// integers gives C the memory of a slice; NULL for an empty one.
func integers(slice []int64) *C.int64_t {
	if len(slice) == 0 {
		return nil
	}
	return (*C.int64_t)(unsafe.Pointer(unsafe.SliceData(slice)))
}
