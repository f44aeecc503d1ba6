package cgym

// #include "go_callback.h"
import "C"

import "unsafe"

// Wrap calls gym_wrap.
func Wrap(call *Call, env Env, wrappers string) (Env, int32) {
	var out C.gym_env
	code := C.gym_wrap(env.c(), terminated(wrappers), &out, &call.err)
	return Env(out.id), int32(code)
}

// AddRewardCallback calls gym_add_reward_callback for a kept callback.
func AddRewardCallback(call *Call, name string, id uintptr) int32 {
	return int32(C.gym__go_add_reward(terminated(name), C.uintptr_t(id), &call.err))
}

// AddArrayCallback calls gym_add_array_callback for a kept callback.
func AddArrayCallback(call *Call, name string, id uintptr) int32 {
	return int32(C.gym__go_add_array(terminated(name), C.uintptr_t(id), &call.err))
}

// AddTriggerCallback calls gym_add_trigger_callback for a kept callback.
func AddTriggerCallback(call *Call, name string, id uintptr) int32 {
	return int32(C.gym__go_add_trigger(terminated(name), C.uintptr_t(id), &call.err))
}

// RemoveCallback calls gym_remove_callback.
func RemoveCallback(call *Call, name string) int32 {
	return int32(C.gym_remove_callback(terminated(name), &call.err))
}

// IsInside calls gym__is_inside: whether this thread is inside a call of the environment, of any for 0.
func IsInside(env Env) bool {
	return C.gym__go_is_inside(env.c()) != 0
}

//export gogymReward
func gogymReward(id C.uintptr_t, reward C.double, out *C.double, err *C.gym_error) C.int {
	callback := Kept(uintptr(id))
	if callback == nil {
		return failGone(err)
	}
	result, failure := callback.Reward(float64(reward))
	if failure != nil {
		return fail(err, failure)
	}
	*out = C.double(result)
	return 0
}

//export gogymArray
func gogymArray(id C.uintptr_t, input, output *C.gym_array, data unsafe.Pointer, err *C.gym_error) C.int {
	callback := Kept(uintptr(id))
	if callback == nil {
		return failGone(err)
	}
	if failure := callback.Array(view(input, input.data), view(output, data)); failure != nil {
		return fail(err, failure)
	}
	return 0
}

//export gogymTrigger
func gogymTrigger(id C.uintptr_t, count C.int64_t, out *C.int, err *C.gym_error) C.int {
	callback := Kept(uintptr(id))
	if callback == nil {
		return failGone(err)
	}
	result, failure := callback.Trigger(int64(count))
	if failure != nil {
		return fail(err, failure)
	}
	*out = 0
	if result {
		*out = 1
	}
	return 0
}

// view shows an array in place. It allocates nothing.
func view(array *C.gym_array, data unsafe.Pointer) Array {
	return Array{
		Dtype:    inPlace(array.dtype),
		Shape:    unsafe.Slice((*int64)(unsafe.Pointer(array.shape)), int(array.ndim)),
		Itemsize: int(array.itemsize),
		Data:     unsafe.Slice((*byte)(data), int(array.nbytes)),
	}
}

// inPlace shows a text of C as a string that is good as long as C's memory.
func inPlace(text *C.char) string {
	start := (*byte)(unsafe.Pointer(text))
	length := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(start), length)) != 0 {
		length++
	}
	return unsafe.String(start, length)
}

func fail(err *C.gym_error, failure *Failure) C.int {
	return C.gym__go_fail(err, C.int(failure.Status), terminated(failure.Type), terminated(failure.Message))
}

// failGone is for a callback that C still has after it was forgotten.
func failGone(err *C.gym_error) C.int {
	const removed = 56 // GYM_ERR_CALLBACK
	return fail(err, &Failure{Status: removed, Message: "the callback has been removed"})
}
