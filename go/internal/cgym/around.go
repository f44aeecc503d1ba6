package cgym

/*
#include "gogym.h"

typedef const char gogym_text;
extern void gogymMessage(void *user_data, int level, gogym_text *text);
*/
import "C"

import (
	"bytes"
	"sync/atomic"
	"unsafe"
)

// FrameLayout calls gym_frame_layout.
func FrameLayout(call *Call, env Env) (Frame, int32) {
	layout := C.gym_frame{struct_size: C.sizeof_gym_frame}
	code := int32(C.gym_frame_layout(env.c(), &layout, &call.err))
	if code != 0 {
		return Frame{}, code
	}
	frame := Frame{Count: int(layout.count), NBytes: uint64(layout.nbytes)}
	for i := range frame.Count {
		part := &layout.parts[i]
		frame.Parts[i] = FramePart{
			Dtype:      text(&part.dtype[0], len(part.dtype)),
			Ndim:       int(part.ndim),
			ByteOffset: uint64(part.byte_offset),
			NBytes:     uint64(part.nbytes),
		}
		for axis, length := range part.shape {
			frame.Parts[i].Shape[axis] = int64(length)
		}
	}
	return frame, code
}

// Render calls gym_render; an empty frame means NULL.
func Render(call *Call, env Env, frame []byte) int32 {
	return int32(C.gym_render(env.c(), memory(frame), C.size_t(len(frame)), &call.err))
}

// RenderValue calls gym_render_value and gives the tree's block.
func RenderValue(call *Call, env Env) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_render_value(env.c(), &value, &call.err))
	return block(value, code), code
}

// HasAttr calls gym_has_attr.
func HasAttr(call *Call, env Env, name string) (bool, int32) {
	code := C.gym_has_attr(env.c(), terminated(name), &call.flag, &call.err)
	return call.flag != 0, int32(code)
}

// GetAttr calls gym_get_attr and gives the tree's block.
func GetAttr(call *Call, env Env, name string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_get_attr(env.c(), terminated(name), &value, &call.err))
	return block(value, code), code
}

// SetAttr calls gym_set_attr.
func SetAttr(call *Call, env Env, name, value string) int32 {
	return int32(C.gym_set_attr(env.c(), terminated(name), terminated(value), &call.err))
}

// CallMethod calls gym_call and gives the block of the result's tree; empty arguments mean NULL.
func CallMethod(call *Call, env Env, name, arguments string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_call(env.c(), terminated(name), terminatedOrNull(arguments), &value, &call.err))
	return block(value, code), code
}

// SaveState calls gym_save_state and gives the bytes.
func SaveState(call *Call, env Env) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_save_state(env.c(), &value, &call.err))
	if code != 0 {
		return nil, code
	}
	defer C.gym_value_free(value)
	var length C.size_t
	start := C.gym_value_bytes(value, &length)
	return bytes.Clone(unsafe.Slice((*byte)(start), int(length))), code
}

// LoadState calls gym_load_state.
func LoadState(call *Call, env Env, state []byte) int32 {
	return int32(C.gym_load_state(env.c(), memory(state), C.size_t(len(state)), &call.err))
}

// Clone calls gym_clone.
func Clone(call *Call, env Env) (Env, int32) {
	var out C.gym_env
	code := C.gym_clone(env.c(), &out, &call.err)
	return Env(out.id), int32(code)
}

// ListEnvs calls gym_list_envs and gives the tree's block; an empty pattern means NULL.
func ListEnvs(call *Call, pattern string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_list_envs(terminatedOrNull(pattern), &value, &call.err))
	return block(value, code), code
}

// Spec calls gym_spec and gives the tree's block.
func Spec(call *Call, id string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_spec(terminated(id), &value, &call.err))
	return block(value, code), code
}

// RegisterEnv calls gym_register_env.
func RegisterEnv(call *Call, id, options string) int32 {
	return int32(C.gym_register_env(terminated(id), terminated(options), &call.err))
}

// Import calls gym_import.
func Import(call *Call, module string) int32 {
	return int32(C.gym_import(terminated(module), &call.err))
}

// Versions calls gym_versions and gives the tree's block.
func Versions(call *Call) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_versions(&value, &call.err))
	return block(value, code), code
}

// CheckEnv calls gym_check_env and gives the tree's block; empty options mean NULL.
func CheckEnv(call *Call, env Env, options string) ([]byte, int32) {
	var value *C.gym_value
	code := int32(C.gym_check_env(env.c(), terminatedOrNull(options), &value, &call.err))
	return block(value, code), code
}

// onMessage is what gogymMessage calls: C cannot keep a Go function.
var onMessage atomic.Pointer[func(level int, text string)]

// SetMessageCallback calls gym_set_message_callback; a nil function means NULL. The function is called on any
// thread, several at a time.
func SetMessageCallback(call *Call, receive func(level int, text string)) int32 {
	if receive == nil {
		return int32(C.gym_set_message_callback(nil, nil, &call.err))
	}
	onMessage.Store(&receive)
	return int32(C.gym_set_message_callback(C.gym_message_callback(C.gogymMessage), nil, &call.err))
}

//export gogymMessage
func gogymMessage(_ unsafe.Pointer, level C.int, text *C.gogym_text) {
	(*onMessage.Load())(int(level), C.GoString((*C.char)(unsafe.Pointer(text))))
}

// Flush calls gym_flush.
func Flush(call *Call) int32 {
	return int32(C.gym_flush(&call.err))
}
