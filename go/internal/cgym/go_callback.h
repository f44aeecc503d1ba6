/* Callbacks in Go: what C needs beside the exported functions of callback.go. */
#ifndef GOGYM_GO_CALLBACK_H_
#define GOGYM_GO_CALLBACK_H_

#include <stdint.h>

#include "gogym.h"

/* gym_add_..._callback with the Go function that goes by the number `id`. */
int gym__go_add_reward(const char *name, uintptr_t id, gym_error *err);
int gym__go_add_array(const char *name, uintptr_t id, gym_error *err);
int gym__go_add_trigger(const char *name, uintptr_t id, gym_error *err);

/* gym__is_inside of runtime.h, whose atomics cgo does not understand. */
int gym__go_is_inside(gym_env env);

/* gym__error_set of gogym_error.h, without a traceback. */
int gym__go_fail(gym_error *err, int code, const char *type, const char *message);

#endif /* GOGYM_GO_CALLBACK_H_ */
