package cgym

// #include "gogym.h"
import "C"

// SpaceMake calls gym_space_make.
func SpaceMake(call *Call, description string) (Space, int32) {
	var out C.gym_space
	code := C.gym_space_make(terminated(description), &out, &call.err)
	return Space(out.id), int32(code)
}

// SpaceOfObservations calls gym_space_of_observations.
func SpaceOfObservations(call *Call, env Env) (Space, int32) {
	var out C.gym_space
	code := C.gym_space_of_observations(env.c(), &out, &call.err)
	return Space(out.id), int32(code)
}

// SpaceOfActions calls gym_space_of_actions.
func SpaceOfActions(call *Call, env Env) (Space, int32) {
	var out C.gym_space
	code := C.gym_space_of_actions(env.c(), &out, &call.err)
	return Space(out.id), int32(code)
}

// SpaceChild calls gym_space_child.
func SpaceChild(call *Call, space Space, index int) (Space, int32) {
	var out C.gym_space
	code := C.gym_space_child(space.c(), C.size_t(index), &out, &call.err)
	return Space(out.id), int32(code)
}

// SpaceClose calls gym_space_close.
func SpaceClose(call *Call, space Space) int32 {
	return int32(C.gym_space_close(space.c(), &call.err))
}

// SpaceValue calls gym_space_value and gives the tree's block.
func SpaceValue(call *Call, space Space) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_space_value(space.c(), &value, &call.err))
	return block(value, code), code
}

// SpaceSeed calls gym_space_seed and gives the block of the seeds' tree.
func SpaceSeed(call *Call, space Space, seed string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_space_seed(space.c(), terminated(seed), &value, &call.err))
	return block(value, code), code
}

// SpaceSample calls gym_space_sample; empty options mean NULL.
func SpaceSample(call *Call, space Space, options string, x []float64) int32 {
	return int32(C.gym_space_sample(space.c(), terminatedOrNull(options), doubles(x), C.size_t(len(x)), &call.err))
}

// SpaceSampleNative calls gym_space_sample_native; empty options mean NULL.
func SpaceSampleNative(call *Call, space Space, options string, x []byte) int32 {
	return int32(C.gym_space_sample_native(space.c(), terminatedOrNull(options), memory(x), C.size_t(len(x)),
		&call.err))
}

// SpaceSampleValue calls gym_space_sample_value and gives the tree's block; empty options mean NULL.
func SpaceSampleValue(call *Call, space Space, options string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_space_sample_value(space.c(), terminatedOrNull(options), &value, &call.err))
	return block(value, code), code
}

// SpaceContainsNative calls gym_space_contains_native.
func SpaceContainsNative(call *Call, space Space, x []byte) (bool, int32) {
	code := C.gym_space_contains_native(space.c(), memory(x), C.size_t(len(x)), &call.flag, &call.err)
	return call.flag != 0, int32(code)
}

// SpaceContainsValue calls gym_space_contains_value.
func SpaceContainsValue(call *Call, space Space, element string) (bool, int32) {
	code := C.gym_space_contains_value(space.c(), terminated(element), &call.flag, &call.err)
	return call.flag != 0, int32(code)
}

// SpaceFlatten calls gym_space_flatten.
func SpaceFlatten(call *Call, space Space, x, flat []float64) int32 {
	return int32(C.gym_space_flatten(space.c(), doubles(x), C.size_t(len(x)), doubles(flat), C.size_t(len(flat)),
		&call.err))
}

// SpaceFlattenNative calls gym_space_flatten_native.
func SpaceFlattenNative(call *Call, space Space, x, flat []byte) int32 {
	return int32(C.gym_space_flatten_native(space.c(), memory(x), C.size_t(len(x)), memory(flat),
		C.size_t(len(flat)), &call.err))
}

// SpaceFlattenValue calls gym_space_flatten_value and gives the tree's block.
func SpaceFlattenValue(call *Call, space Space, element string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_space_flatten_value(space.c(), terminated(element), &value, &call.err))
	return block(value, code), code
}

// SpaceUnflatten calls gym_space_unflatten.
func SpaceUnflatten(call *Call, space Space, flat, x []float64) int32 {
	return int32(C.gym_space_unflatten(space.c(), doubles(flat), C.size_t(len(flat)), doubles(x),
		C.size_t(len(x)), &call.err))
}

// SpaceUnflattenNative calls gym_space_unflatten_native.
func SpaceUnflattenNative(call *Call, space Space, flat, x []byte) int32 {
	return int32(C.gym_space_unflatten_native(space.c(), memory(flat), C.size_t(len(flat)), memory(x),
		C.size_t(len(x)), &call.err))
}

// SpaceUnflattenValue calls gym_space_unflatten_value and gives the tree's block.
func SpaceUnflattenValue(call *Call, space Space, flat string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_space_unflatten_value(space.c(), terminated(flat), &value, &call.err))
	return block(value, code), code
}

func (space Space) c() C.gym_space {
	return C.gym_space{id: C.uint64_t(space)}
}
