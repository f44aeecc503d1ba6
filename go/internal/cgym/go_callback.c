/* From C's callbacks to the exported functions of callback.go. A number stands for the Go function, because C
 * must not keep a Go pointer; it travels as the user data. */
#include "go_callback.h"

#include "_cgo_export.h"
#include "gogym_error.h"
#include "runtime.h"

static int reward_callback(void *user_data, double reward, double *out, gym_error *err) {
  return gogymReward((uintptr_t)user_data, reward, out, err);
}

/* cgo's prototypes know no const; the arrays are only read. */
static int array_callback(void *user_data, const gym_array *input, const gym_array *output, void *data,
                          gym_error *err) {
  return gogymArray((uintptr_t)user_data, (gym_array *)(uintptr_t)input, (gym_array *)(uintptr_t)output, data,
                    err);
}

static int trigger_callback(void *user_data, int64_t count, int *out, gym_error *err) {
  return gogymTrigger((uintptr_t)user_data, count, out, err);
}

int gym__go_add_reward(const char *name, uintptr_t id, gym_error *err) {
  return gym_add_reward_callback(name, reward_callback, (void *)id, err);
}

int gym__go_add_array(const char *name, uintptr_t id, gym_error *err) {
  return gym_add_array_callback(name, array_callback, (void *)id, err);
}

int gym__go_add_trigger(const char *name, uintptr_t id, gym_error *err) {
  return gym_add_trigger_callback(name, trigger_callback, (void *)id, err);
}

int gym__go_is_inside(gym_env env) { return gym__is_inside(env); }

int gym__go_fail(gym_error *err, int code, const char *type, const char *message) {
  return gym__error_set(err, code, type, message, NULL);
}
