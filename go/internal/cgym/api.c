/* A copy of src/gogym_c/host/api.c, made by tools/copy_go_sources.py; edit that one. */
/* The public functions on environments: each checks what needs no backend and forwards through the table. */
#include "arguments.h"
#include "gogym.h"
#include "worker_options.h"

int gym_make(const char *id, const char *options, gym_env *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(id);
  REQUIRE(out);
  gym__worker_options isolated;
  int status = gym__read_make_options(options, &isolated, err);
  if (status) return status;
  if (isolated.isolate) {
    /* In a worker process: this one needs no Python. */
    status = gym__enter_env(&table, (gym_env){(uint64_t)GYM__HANDLE_WORKER_ENV << 56}, err);
  } else {
    status = gym_init(NULL, err);
    if (!status) status = gym__enter(&table, err);
  }
  return status ? status : gym__leave(table->make(id, options, out, err));
}

int gym_reset(gym_env env, const int64_t *seed, const char *options, double *obs, size_t obs_len,
              gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(obs, obs_len);
  if (seed) REQUIRE_SEED(*seed);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->reset(env, seed, options, obs, obs_len, err));
}

int gym_step(gym_env env, const double *action, size_t action_len, double *obs, size_t obs_len,
             gym_transition *out, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(action, action_len);
  REQUIRE_BUFFER(obs, obs_len);
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->step(env, action, action_len, obs, obs_len, out, err));
}

int gym_sample_action(gym_env env, double *action, size_t action_len, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(action, action_len);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->sample_action(env, action, action_len, err));
}

int gym_seed_action(gym_env env, int64_t seed, gym_error *err) {
  const gym__table *table;
  REQUIRE_SEED(seed);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->seed_action(env, seed, err));
}

int gym_close(gym_env env, gym_error *err) {
  const gym__table *table;
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->close(env, err));
}

int gym_observation_size(gym_env env, size_t *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->observation_size(env, out, err));
}

int gym_action_size(gym_env env, size_t *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->action_size(env, out, err));
}

int gym_observation_space(gym_env env, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->observation_space(env, out, err));
}

int gym_action_space(gym_env env, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->action_space(env, out, err));
}

int gym_info(gym_env env, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->info(env, out, err));
}

int gym_observation_nbytes(gym_env env, size_t *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->observation_nbytes(env, out, err));
}

int gym_action_nbytes(gym_env env, size_t *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->action_nbytes(env, out, err));
}

int gym_reset_native(gym_env env, const int64_t *seed, const char *options, void *obs, size_t obs_nbytes,
                     gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(obs, obs_nbytes);
  if (seed) REQUIRE_SEED(*seed);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->reset_native(env, seed, options, obs, obs_nbytes, err));
}

int gym_step_native(gym_env env, const void *action, size_t action_nbytes, void *obs, size_t obs_nbytes,
                    gym_transition *out, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(action, action_nbytes);
  REQUIRE_BUFFER(obs, obs_nbytes);
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status
                : gym__leave(table->step_native(env, action, action_nbytes, obs, obs_nbytes, out, err));
}

int gym_sample_action_native(gym_env env, void *action, size_t action_nbytes, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(action, action_nbytes);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->sample_action_native(env, action, action_nbytes, err));
}

int gym_observation(gym_env env, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->observation(env, out, err));
}

int gym_reset_value(gym_env env, const int64_t *seed, const char *options, gym_value **obs, gym_error *err) {
  const gym__table *table;
  if (seed) REQUIRE_SEED(*seed);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->reset_value(env, seed, options, obs, err));
}

int gym_step_value(gym_env env, const char *action, gym_value **obs, gym_transition *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(action);
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->step_value(env, action, obs, out, err));
}
