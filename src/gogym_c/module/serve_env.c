/* A worker's answers about its isolated environment: each operation is a call of the table's function of that
 * name. Steps are not among them: serve.c does them without a message. */
#include <stdlib.h>
#include <string.h>

#include "gogym_error.h"
#include "gogym_remote.h"
#include "serve_calls.h"

static int finish(gym__builder *answer, int status, const gym_error *err) {
  return status ? gym__answer_failure(answer, status, err) : gym__answer(answer, 0);
}

/* ------------------------------------------------------------------------- beginning and end */

/* The environment is another one now, or none: the loop steps it. */
static void serve_now(gym__served *served, gym_env env) {
  served->env = env;
  served->station->env = env.id;
}

static int answer_made(const gym__table *table, gym_env env, gym__builder *answer) {
  int (*const sizes[])(gym_env, size_t *, gym_error *) = {table->observation_size, table->observation_nbytes,
                                                          table->action_size, table->action_nbytes};
  gym__answer(answer, 5);
  gym__build_int64(answer, (int64_t)env.id);
  for (int i = 0; i < 4; i++) {
    size_t size = 0;
    sizes[i](env, &size, NULL);
    gym__build_int64(answer, size == GYM_DYNAMIC ? -1 : (int64_t)size);
  }
  return answer->failed;
}

static int make(const gym__table *table, gym__served *served, const gym_value *request,
                gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_env env = {0};
  int status = served->env.id
                   ? gym__fail(&err, GYM_ERR_INTERNAL, "the worker process has an environment already")
                   : table->make(gym__request_text(request, 1), gym__request_text(request, 2), &env, &err);
  if (status) return gym__answer_failure(answer, status, &err);
  serve_now(served, env);
  return answer_made(table, env, answer);
}

static int wrap(const gym__table *table, gym__served *served, const gym_value *request,
                gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_env outer = {0};
  int status = table->wrap(served->env, gym__request_text(request, 1), &outer, &err);
  if (status) return gym__answer_failure(answer, status, &err);
  serve_now(served, outer);
  return answer_made(table, outer, answer);
}

static int close_env(const gym__table *table, gym__served *served, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  int status = table->close(served->env, &err);
  serve_now(served, (gym_env){0});
  return finish(answer, status, &err);
}

/* ------------------------------------------------------------------------- buffers in the data */

/* The place of a buffer; NULL where the caller has none. How long the caller's is, the table is told: it
 * writes no more than an element needs, for which there is room. */
static void *buffer_at(const gym__served *served, int64_t has_buffer, uint64_t offset) {
  return has_buffer && served->data && offset < served->data_nbytes ? served->data + offset : NULL;
}

static const int64_t *seed_of(const gym_value *request, size_t index, int64_t *seed) {
  *seed = gym__request_int(request, index + 1);
  return gym__request_int(request, index) ? seed : NULL;
}

static int reset(const gym__table *table, gym__served *served, const gym_value *request,
                 gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  int64_t number;
  const int64_t *seed = seed_of(request, 2, &number);
  const char *options = gym__request_text(request, 4);
  void *obs = buffer_at(served, gym__request_int(request, 5), served->station->observation_offset);
  size_t length = (size_t)gym__request_int(request, 6);
  int status = gym__request_int(request, 1)
                   ? table->reset_native(served->env, seed, options, obs, length, &err)
                   : table->reset(served->env, seed, options, (double *)obs, length, &err);
  return finish(answer, status, &err);
}

/* An action space that the environment has replaced may have another size in the native layout. */
static int answer_action_nbytes(const gym__table *table, const gym__served *served, int status,
                                const gym_error *err, gym__builder *answer) {
  size_t nbytes = 0;
  if (status) return gym__answer_failure(answer, status, err);
  table->action_nbytes(served->env, &nbytes, NULL);
  gym__answer(answer, 1);
  return gym__build_int64(answer, nbytes == GYM_DYNAMIC ? -1 : (int64_t)nbytes);
}

static int seed_action(const gym__table *table, gym__served *served, const gym_value *request,
                       gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  int status = table->seed_action(served->env, gym__request_int(request, 1), &err);
  return answer_action_nbytes(table, served, status, &err, answer);
}

/* ------------------------------------------------------------------------- values */

static int value_of(gym_env env, int (*function)(gym_env, gym_value **, gym_error *), gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *value = NULL;
  int status = function(env, &value, &err);
  return gym__answer_block(answer, status, value, &err);
}

static int reset_value(const gym__table *table, gym_env env, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  int64_t number;
  const int64_t *seed = seed_of(request, 2, &number);
  gym_value *obs = NULL;
  int status = table->reset_value(env, seed, gym__request_text(request, 4),
                                  gym__request_int(request, 1) ? &obs : NULL, &err);
  return gym__answer_block(answer, status, obs, &err);
}

static int step_value(const gym__table *table, gym_env env, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_transition transition;
  gym_value *obs = NULL;
  size_t nbytes;
  int status = table->step_value(env, gym__request_text(request, 2),
                                 gym__request_int(request, 1) ? &obs : NULL, &transition, &err);
  if (status) return gym__answer_failure(answer, status, &err);
  gym__answer(answer, 4);
  const void *block = gym_value_block(obs, &nbytes);
  if (block) {
    gym__build_bytes(answer, block, nbytes);
  } else {
    gym__build_none(answer);
  }
  gym_value_free(obs);
  gym__build_float64(answer, transition.reward);
  gym__build_int64(answer, transition.terminated);
  return gym__build_int64(answer, transition.truncated);
}

static int get_attr(const gym__table *table, gym_env env, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *value = NULL;
  int status = table->get_attr(env, gym__request_text(request, 1), &value, &err);
  return gym__answer_block(answer, status, value, &err);
}

static int has_attr(const gym__table *table, gym_env env, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  int flag = 0;
  int status = table->has_attr(env, gym__request_text(request, 1), &flag, &err);
  if (status) return gym__answer_failure(answer, status, &err);
  gym__answer(answer, 1);
  return gym__build_int64(answer, flag);
}

static int call(const gym__table *table, gym_env env, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *value = NULL;
  int status = table->call(env, gym__request_text(request, 2), gym__request_text(request, 3),
                           gym__request_int(request, 1) ? &value : NULL, &err);
  return gym__answer_block(answer, status, value, &err);
}

static int check(const gym__table *table, gym_env env, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *value = NULL;
  int status = table->check_env(env, gym__request_text(request, 1), &value, &err);
  return gym__answer_block(answer, status, value, &err);
}

static int set_attr(const gym__table *table, gym_env env, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  int status = table->set_attr(env, gym__request_text(request, 1), gym__request_text(request, 2), &err);
  return finish(answer, status, &err);
}

static int load_state(const gym__table *table, gym_env env, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  size_t nbytes;
  const void *state = gym__request_bytes(request, 1, &nbytes);
  return finish(answer, table->load_state(env, state, nbytes, &err), &err);
}

/* ------------------------------------------------------------------------- frames */

static int frame_layout(const gym__table *table, gym_env env, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  gym_frame frame = GYM_FRAME_INIT;
  int status = table->frame_layout(env, &frame, &err);
  if (status) return gym__answer_failure(answer, status, &err);
  gym__answer(answer, 1);
  return gym__build_bytes(answer, &frame, sizeof frame);
}

/* Sends what the frame has, not what the caller's buffer could hold. */
static int answer_frame(const gym__table *table, gym_env env, const void *frame, gym__builder *answer) {
  gym_frame layout = GYM_FRAME_INIT;
  if (frame) table->frame_layout(env, &layout, NULL); /* it is known now */
  gym__answer(answer, 1);
  return gym__build_bytes(answer, frame, frame ? (size_t)layout.nbytes : 0);
}

static int render(const gym__table *table, gym_env env, const gym_value *request, gym__builder *answer) {
  gym_error err = GYM_ERROR_INIT;
  size_t nbytes = (size_t)gym__request_int(request, 2);
  void *frame = gym__request_int(request, 1) ? malloc(nbytes ? nbytes : 1) : NULL;
  int status = frame || !gym__request_int(request, 1)
                   ? table->render(env, frame, nbytes, &err)
                   : gym__fail(&err, GYM_ERR_MEMORY, "no memory in the worker process for %zu bytes", nbytes);
  if (status) {
    gym__answer_failure(answer, status, &err);
  } else {
    answer_frame(table, env, nbytes ? frame : NULL, answer);
  }
  free(frame);
  return answer->failed;
}

/* ------------------------------------------------------------------------- all of them */

static int serve_values(const gym__table *table, gym_env env, int64_t operation, gym__builder *answer) {
  switch (operation) {
    case GYM__REMOTE_ENV_OBSERVATION_SPACE:
      return value_of(env, table->observation_space, answer), 1;
    case GYM__REMOTE_ENV_ACTION_SPACE:
      return value_of(env, table->action_space, answer), 1;
    case GYM__REMOTE_ENV_INFO:
      return value_of(env, table->info, answer), 1;
    case GYM__REMOTE_ENV_OBSERVATION:
      return value_of(env, table->observation, answer), 1;
    case GYM__REMOTE_ENV_RENDER_VALUE:
      return value_of(env, table->render_value, answer), 1;
    case GYM__REMOTE_ENV_SAVE_STATE:
      return value_of(env, table->save_state, answer), 1;
    default:
      return 0;
  }
}

int gym__serve_env(const gym__table *table, gym__served *state, int64_t operation, const gym_value *request,
                   gym__builder *answer) {
  gym_env env = state->env;
  switch (operation) {
    case GYM__REMOTE_ENV_MAKE:
      return make(table, state, request, answer), 1;
    case GYM__REMOTE_ENV_WRAP:
      return wrap(table, state, request, answer), 1;
    case GYM__REMOTE_ENV_CLOSE:
      return close_env(table, state, answer), 1;
    case GYM__REMOTE_ENV_RESET:
      return reset(table, state, request, answer), 1;
    case GYM__REMOTE_ENV_SEED_ACTION:
      return seed_action(table, state, request, answer), 1;
    case GYM__REMOTE_ENV_RESET_VALUE:
      return reset_value(table, env, request, answer), 1;
    case GYM__REMOTE_ENV_STEP_VALUE:
      return step_value(table, env, request, answer), 1;
    case GYM__REMOTE_ENV_FRAME_LAYOUT:
      return frame_layout(table, env, answer), 1;
    case GYM__REMOTE_ENV_RENDER:
      return render(table, env, request, answer), 1;
    case GYM__REMOTE_ENV_HAS_ATTR:
      return has_attr(table, env, request, answer), 1;
    case GYM__REMOTE_ENV_GET_ATTR:
      return get_attr(table, env, request, answer), 1;
    case GYM__REMOTE_ENV_SET_ATTR:
      return set_attr(table, env, request, answer), 1;
    case GYM__REMOTE_ENV_CALL:
      return call(table, env, request, answer), 1;
    case GYM__REMOTE_ENV_LOAD_STATE:
      return load_state(table, env, request, answer), 1;
    case GYM__REMOTE_ENV_CHECK:
      return check(table, env, request, answer), 1;
    default:
      return serve_values(table, env, operation, answer);
  }
}
