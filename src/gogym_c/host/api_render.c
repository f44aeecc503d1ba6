/* The public functions that render: see api.c. */
#include "arguments.h"
#include "gogym.h"

int gym_frame_layout(gym_env env, gym_frame *out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  REQUIRE_STRUCT(out, gym_frame, "GYM_FRAME_INIT");
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->frame_layout(env, out, err));
}

int gym_render(gym_env env, void *frame, size_t frame_nbytes, gym_error *err) {
  const gym__table *table;
  REQUIRE_BUFFER(frame, frame_nbytes);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->render(env, frame, frame_nbytes, err));
}

int gym_render_value(gym_env env, gym_value **out, gym_error *err) {
  const gym__table *table;
  REQUIRE(out);
  int status = gym__enter_env(&table, env, err);
  return status ? status : gym__leave(table->render_value(env, out, err));
}
