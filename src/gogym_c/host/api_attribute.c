/* The public functions on attributes, calls and snapshots of an environment: see api.c. */
#include "arguments.h"
#include "gogym.h"

int gym_has_attr(gym_env env, const char *name, int *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(name);
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->has_attr(env, name, out, err));
}

int gym_get_attr(gym_env env, const char *name, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(name);
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->get_attr(env, name, out, err));
}

int gym_set_attr(gym_env env, const char *name, const char *value, gym_error *err) {
  const gym__table *table;
  REQUIRE(name);
  REQUIRE(value);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->set_attr(env, name, value, err));
}

int gym_call(gym_env env, const char *name, const char *arguments, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(name);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->call(env, name, arguments, out, err));
}

int gym_save_state(gym_env env, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->save_state(env, out, err));
}

int gym_load_state(gym_env env, const void *state, size_t nbytes, gym_error *err) {
  const gym__table *table;
  REQUIRE(state);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->load_state(env, state, nbytes, err));
}

int gym_clone(gym_env env, gym_env *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->clone(env, out, err));
}
