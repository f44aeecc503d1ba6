/* A copy of src/gogym_c/host/api_space.c, made by tools/copy_go_sources.py; edit that one. */
/* The public functions on spaces: each checks what needs no backend and forwards through the table. */
#include "arguments.h"
#include "gogym.h"

int gym_space_make(const char *description, gym_space *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(description);
  REQUIRE(out);
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->space_make(description, out, err));
}

int gym_space_of_observations(gym_env env, gym_space *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->space_of_observations(env, out, err));
}

int gym_space_of_actions(gym_env env, gym_space *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->space_of_actions(env, out, err));
}

int gym_space_child(gym_space space, size_t index, gym_space *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_child(space, index, out, err));
}

int gym_space_close(gym_space space, gym_error *err) {
  const gym__table *table;
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_close(space, err));
}

int gym_space_value(gym_space space, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_value(space, out, err));
}

int gym_space_size(gym_space space, size_t *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_size(space, out, err));
}

int gym_space_nbytes(gym_space space, size_t *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_nbytes(space, out, err));
}

int gym_space_flatdim(gym_space space, size_t *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_flatdim(space, out, err));
}

int gym_space_seed(gym_space space, const char *seed, gym_value **seeds, gym_error *err) {
  const gym__table *table;
  REQUIRE(seed);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_seed(space, seed, seeds, err));
}

int gym_space_sample(gym_space space, const char *options, double *x, size_t x_len, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(x, x_len);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_sample(space, options, x, x_len, err));
}

int gym_space_sample_native(gym_space space, const char *options, void *x, size_t x_nbytes, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(x, x_nbytes);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_sample_native(space, options, x, x_nbytes, err));
}

int gym_space_sample_value(gym_space space, const char *options, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_sample_value(space, options, out, err));
}

int gym_space_contains(gym_space space, const double *x, size_t x_len, int *out, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(x, x_len);
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_contains(space, x, x_len, out, err));
}

int gym_space_contains_native(gym_space space, const void *x, size_t x_nbytes, int *out, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(x, x_nbytes);
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_contains_native(space, x, x_nbytes, out, err));
}

int gym_space_contains_value(gym_space space, const char *element, int *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(element);
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_contains_value(space, element, out, err));
}

int gym_space_flatten(gym_space space, const double *x, size_t x_len, double *flat, size_t flat_len,
                      gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(x, x_len);
  REQUIRE_BUFFER(flat, flat_len);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_flatten(space, x, x_len, flat, flat_len, err));
}

int gym_space_flatten_native(gym_space space, const void *x, size_t x_nbytes, void *flat, size_t flat_nbytes,
                             gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(x, x_nbytes);
  REQUIRE_BUFFER(flat, flat_nbytes);
  int status = gym__enter_space(&table, space, err);
  return status ? status
                : gym__leave(table->space_flatten_native(space, x, x_nbytes, flat, flat_nbytes, err));
}

int gym_space_flatten_value(gym_space space, const char *element, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(element);
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_flatten_value(space, element, out, err));
}

int gym_space_unflatten(gym_space space, const double *flat, size_t flat_len, double *x, size_t x_len,
                        gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(flat, flat_len);
  REQUIRE_BUFFER(x, x_len);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_unflatten(space, flat, flat_len, x, x_len, err));
}

int gym_space_unflatten_native(gym_space space, const void *flat, size_t flat_nbytes, void *x,
                               size_t x_nbytes, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(flat, flat_nbytes);
  REQUIRE_BUFFER(x, x_nbytes);
  int status = gym__enter_space(&table, space, err);
  return status ? status
                : gym__leave(table->space_unflatten_native(space, flat, flat_nbytes, x, x_nbytes, err));
}

int gym_space_unflatten_value(gym_space space, const char *flat, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(flat);
  REQUIRE(out);
  int status = gym__enter_space(&table, space, err);
  return status ? status : gym__leave(table->space_unflatten_value(space, flat, out, err));
}
