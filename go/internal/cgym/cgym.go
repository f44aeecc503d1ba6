package cgym

/*
#cgo CFLAGS: -std=c11 -O2 -fvisibility=hidden
#cgo linux LDFLAGS: -ldl -lpthread -lm

#include <stdlib.h>

#include "gogym.h"
*/
import "C"

import (
	"bytes"
	"unsafe"
)

// Call is the memory that C writes to besides the caller's own slices. It holds no Go pointers. One call
// at a time may use it. Made once and reused, because a gym_error has 10 KB.
type Call struct {
	err        C.gym_error
	transition C.gym_transition
	seed       C.int64_t
	flag       C.int
	count      C.size_t
}

// NewCall makes the memory for calls.
func NewCall() *Call {
	call := new(Call)
	call.err.struct_size = C.sizeof_gym_error
	return call
}

// Error copies what the last failed call with this memory said.
func (call *Call) Error() Error {
	return Error{
		Type:      text(&call.err._type[0], len(call.err._type)),
		Message:   text(&call.err.message[0], len(call.err.message)),
		Traceback: text(&call.err.traceback[0], len(call.err.traceback)),
	}
}

// Transition is what the last successful Step brought.
func (call *Call) Transition() Transition {
	return Transition{
		Reward:     float64(call.transition.reward),
		Terminated: call.transition.terminated != 0,
		Truncated:  call.transition.truncated != 0,
	}
}

// Version calls gym_version.
func Version() string {
	return C.GoString(C.gym_version())
}

// Init calls gym_init; an empty python means NULL.
func Init(call *Call, python string) int32 {
	// The path is C memory because the configuration points to it, which Go memory may not do.
	config := C.gym_config{struct_size: C.sizeof_gym_config}
	if python != "" {
		config.python = C.CString(python)
		defer C.free(unsafe.Pointer(config.python))
	}
	return int32(C.gym_init(&config, &call.err))
}

// Shutdown calls gym_shutdown.
func Shutdown(call *Call) int32 {
	return int32(C.gym_shutdown(&call.err))
}

// Make calls gym_make; empty options mean NULL.
func Make(call *Call, id, options string) (Env, int32) {
	var out C.gym_env
	code := C.gym_make(terminated(id), terminatedOrNull(options), &out, &call.err)
	return Env(out.id), int32(code)
}

// Reset calls gym_reset; a nil seed and empty options mean NULL.
func Reset(call *Call, env Env, seed *int64, options string, obs []float64) int32 {
	return int32(C.gym_reset(env.c(), call.seedOrNull(seed), terminatedOrNull(options), doubles(obs),
		C.size_t(len(obs)), &call.err))
}

// seedOrNull gives C a seed; NULL for none.
func (call *Call) seedOrNull(seed *int64) *C.int64_t {
	if seed == nil {
		return nil
	}
	call.seed = C.int64_t(*seed)
	return &call.seed
}

// Step calls gym_step; call.Transition tells its result.
//
// It allocates nothing, because all that C writes to is in the heap already. `#cgo noescape` with `#cgo
// nocallback` would also let the caller's slices stay on the stack, but makes it a fatal error if Python
// code, within the step, calls back into Go; measured, the directives gain nothing else.
func Step(call *Call, env Env, action, obs []float64) int32 {
	return int32(C.gym_step(env.c(), doubles(action), C.size_t(len(action)), doubles(obs),
		C.size_t(len(obs)), &call.transition, &call.err))
}

// ResetNative calls gym_reset_native; a nil seed and empty options mean NULL.
func ResetNative(call *Call, env Env, seed *int64, options string, obs []byte) int32 {
	return int32(C.gym_reset_native(env.c(), call.seedOrNull(seed), terminatedOrNull(options), memory(obs),
		C.size_t(len(obs)), &call.err))
}

// StepNative calls gym_step_native; call.Transition tells its result. Like Step, it allocates nothing.
func StepNative(call *Call, env Env, action, obs []byte) int32 {
	return int32(C.gym_step_native(env.c(), memory(action), C.size_t(len(action)), memory(obs),
		C.size_t(len(obs)), &call.transition, &call.err))
}

// ResetValue calls gym_reset_value and gives the block of the observation's tree.
func ResetValue(call *Call, env Env, seed *int64, options string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_reset_value(env.c(), call.seedOrNull(seed), terminatedOrNull(options), &value, &call.err))
	return block(value, code), code
}

// StepValue calls gym_step_value and gives the block of the observation's tree; call.Transition tells the rest.
func StepValue(call *Call, env Env, action string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_step_value(env.c(), terminated(action), &value, &call.transition, &call.err))
	return block(value, code), code
}

// Observation calls gym_observation and gives the tree's block.
func Observation(call *Call, env Env) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_observation(env.c(), &value, &call.err))
	return block(value, code), code
}

// SampleAction calls gym_sample_action.
func SampleAction(call *Call, env Env, action []float64) int32 {
	return int32(C.gym_sample_action(env.c(), doubles(action), C.size_t(len(action)), &call.err))
}

// SampleActionNative calls gym_sample_action_native.
func SampleActionNative(call *Call, env Env, action []byte) int32 {
	return int32(C.gym_sample_action_native(env.c(), memory(action), C.size_t(len(action)), &call.err))
}

// SeedAction calls gym_seed_action.
func SeedAction(call *Call, env Env, seed int64) int32 {
	return int32(C.gym_seed_action(env.c(), C.int64_t(seed), &call.err))
}

// Close calls gym_close.
func Close(call *Call, env Env) int32 {
	return int32(C.gym_close(env.c(), &call.err))
}

// ObservationSpace calls gym_observation_space and gives the tree's block.
func ObservationSpace(call *Call, env Env) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_observation_space(env.c(), &value, &call.err))
	return block(value, code), code
}

// ActionSpace calls gym_action_space and gives the tree's block.
func ActionSpace(call *Call, env Env) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_action_space(env.c(), &value, &call.err))
	return block(value, code), code
}

// Info calls gym_info and gives the tree's block.
func Info(call *Call, env Env) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_info(env.c(), &value, &call.err))
	return block(value, code), code
}

func (env Env) c() C.gym_env {
	return C.gym_env{id: C.uint64_t(env)}
}

// block copies the bytes of a tree (gym_value_block) and frees it (gym_value_free).
func block(value *C.gym_value, code int32) []byte {
	if code != 0 {
		return nil
	}
	defer C.gym_value_free(value)
	var length C.size_t
	start := C.gym_value_block(value, &length)
	if start == nil {
		return nil
	}
	return bytes.Clone(unsafe.Slice((*byte)(start), int(length)))
}

// doubles gives C the memory of a slice; NULL for an empty one.
func doubles(slice []float64) *C.double {
	if len(slice) == 0 {
		return nil
	}
	return (*C.double)(unsafe.Pointer(unsafe.SliceData(slice)))
}

// memory gives C the memory of a native buffer; NULL for an empty one.
func memory(slice []byte) unsafe.Pointer {
	if len(slice) == 0 {
		return nil
	}
	return unsafe.Pointer(unsafe.SliceData(slice))
}

// terminated gives C a copy of a text that ends with NUL, in Go's memory.
func terminated(text string) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text + "\x00")))
}

func terminatedOrNull(text string) *C.char {
	if text == "" {
		return nil
	}
	return terminated(text)
}

func text(start *C.char, size int) string {
	content := unsafe.Slice((*byte)(unsafe.Pointer(start)), size)
	if end := bytes.IndexByte(content, 0); end >= 0 {
		content = content[:end]
	}
	return string(content)
}
