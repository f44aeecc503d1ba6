/* The public functions on wrappers and on callbacks of the host: see api.c. */
#include "arguments.h"
#include "gogym.h"

int gym_wrap(gym_env env, const char *wrappers, gym_env *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(wrappers);
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->wrap(env, wrappers, out, err));
}

int gym_add_reward_callback(const char *name, gym_reward_callback callback, void *user_data, gym_error *err) {
  const gym__table *table;
  REQUIRE(name);
  REQUIRE(callback);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->add_reward_callback(name, callback, user_data, err));
}

int gym_add_array_callback(const char *name, gym_array_callback callback, void *user_data, gym_error *err) {
  const gym__table *table;
  REQUIRE(name);
  REQUIRE(callback);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->add_array_callback(name, callback, user_data, err));
}

int gym_add_trigger_callback(const char *name, gym_trigger_callback callback, void *user_data,
                             gym_error *err) {
  const gym__table *table;
  REQUIRE(name);
  REQUIRE(callback);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->add_trigger_callback(name, callback, user_data, err));
}

int gym_remove_callback(const char *name, gym_error *err) {
  const gym__table *table;
  REQUIRE(name);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->remove_callback(name, err));
}
