/* A copy of src/gogym_c/host/api.c, made by tools/copy_go_sources.py; edit that one. */
/* The public functions: each checks what needs no backend and forwards through the table. */
#include "gogym.h"
#include "gogym_abi.h"
#include "gogym_error.h"
#include "runtime.h"

/* Returns from the calling function where a pointer is NULL that must not be. */
#define REQUIRE(pointer) \
  if (!(pointer))        \
  return gym__fail(err, GYM_ERR_ARGUMENT, "%s: the argument \"%s\" is NULL", __func__, #pointer)

/* The same for a buffer, which may be NULL where it is empty. */
#define REQUIRE_BUFFER(pointer, length)                                                                   \
  if (!(pointer) && (length) > 0)                                                                         \
  return gym__fail(err, GYM_ERR_ARGUMENT, "%s: the argument \"%s\" is NULL, but \"%s\" is %zu", __func__, \
                   #pointer, #length, length)

#define REQUIRE_SEED(seed)                                                                          \
  if ((seed) < 0)                                                                                   \
  return gym__fail(err, GYM_ERR_ARGUMENT, "%s: the seed is %lld; a seed is 0 or greater", __func__, \
                   (long long)(seed))

int gym_make(const char *id, const char *options, gym_env *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(id);
  REQUIRE(out);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->make(id, options, out, err));
}

int gym_reset(gym_env env, const int64_t *seed, const char *options, double *obs, size_t obs_len,
              gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(obs, obs_len);
  if (seed) REQUIRE_SEED(*seed);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->reset(env, seed, options, obs, obs_len, err));
}

int gym_step(gym_env env, const double *action, size_t action_len, double *obs, size_t obs_len,
             gym_transition *out, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(action, action_len);
  REQUIRE_BUFFER(obs, obs_len);
  REQUIRE(out);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->step(env, action, action_len, obs, obs_len, out, err));
}

int gym_sample_action(gym_env env, double *action, size_t action_len, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(action, action_len);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->sample_action(env, action, action_len, err));
}

int gym_seed_action(gym_env env, int64_t seed, gym_error *err) {
  const gym__table *table;
  REQUIRE_SEED(seed);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->seed_action(env, seed, err));
}

int gym_close(gym_env env, gym_error *err) {
  const gym__table *table;
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->close(env, err));
}

int gym_observation_size(gym_env env, size_t *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->observation_size(env, out, err));
}

int gym_action_size(gym_env env, size_t *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->action_size(env, out, err));
}

int gym_observation_space(gym_env env, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->observation_space(env, out, err));
}

int gym_action_space(gym_env env, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->action_space(env, out, err));
}

int gym_info(gym_env env, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->info(env, out, err));
}
