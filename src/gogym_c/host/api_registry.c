/* The public functions on the registry and on what is installed, and the check of an environment: see api.c.
 */
#include "arguments.h"
#include "gogym.h"

int gym_list_envs(const char *pattern, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->list_envs(pattern, out, err));
}

int gym_spec(const char *id, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(id);
  REQUIRE(out);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->spec(id, out, err));
}

int gym_register_env(const char *id, const char *options, gym_error *err) {
  const gym__table *table;
  REQUIRE(id);
  REQUIRE(options);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->register_env(id, options, err));
}

int gym_import(const char *module, gym_error *err) {
  const gym__table *table;
  REQUIRE(module);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->import_module(module, err));
}

int gym_versions(gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->versions(out, err));
}

int gym_check_env(gym_env env, const char *options, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->check_env(env, options, out, err));
}
