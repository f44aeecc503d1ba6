/* Frames: their layout beforehand, buffers of every length and alignment, all render modes, and environments
 * that render what is no frame. */
#define _GNU_SOURCE
#include "around.h"
#include "guarded.h"

static gym_error err = GYM_ERROR_INIT;

/* A Plain-v0 of a render mode; NULL: without one. */
static gym_env open_rendering(const char *mode) {
  char options[100];
  snprintf(options, sizeof options, "{\"render_mode\": %s%s%s}", mode ? "\"" : "", mode ? mode : "null",
           mode ? "\"" : "");
  return open_env("gogym_c/Plain-v0", options);
}

static gym_frame layout_of(gym_env env) {
  gym_frame layout = GYM_FRAME_INIT;
  CHECK_OK(gym_frame_layout(env, &layout, &err), err);
  return layout;
}

static void check_part(const gym_frame *layout, uint32_t index, const char *dtype, uint32_t ndim,
                       const int64_t *shape, uint64_t offset, uint64_t nbytes) {
  const gym_frame_part *part = &layout->parts[index];
  CHECK(index < layout->count);
  CHECK_STR(part->dtype, dtype);
  CHECK_INT(part->ndim, ndim);
  for (uint32_t i = 0; i < 4; i++) CHECK_INT(part->shape[i], i < ndim ? shape[i] : 0);
  CHECK_INT(part->byte_offset, offset);
  CHECK_INT(part->nbytes, nbytes);
  CHECK_INT(part->reserved, 0);
}

/* How many frames the environment has rendered. */
static int64_t drawn(gym_env env) {
  gym_value *value = NULL;
  int64_t number = -1;
  if (!CHECK_OK(gym_get_attr(env, "unwrapped.drawn", &value, &err), err)) return -1;
  CHECK_OK(gym_value_int64(value, &number, &err), err);
  gym_value_free(value);
  return number;
}

/* ------------------------------------------------------------------------------------- layouts */

static void test_layouts(void) {
  static const int64_t colours[3] = {4, 5, 3}, depth[2] = {4, 5};
  gym_env env = open_rendering("rgb_array");
  gym_frame layout = layout_of(env); /* before the reset, too: that is the environment's own affair */
  CHECK_INT(layout.struct_size, sizeof layout);
  CHECK_INT(layout.count, 1);
  CHECK_INT(layout.nbytes, 60);
  check_part(&layout, 0, "uint8", 3, colours, 0, 60);
  CHECK_OK(gym_close(env, &err), err);

  env = open_rendering("depth_array");
  layout = layout_of(env);
  CHECK_INT(layout.nbytes, 80);
  check_part(&layout, 0, "float32", 2, depth, 0, 80);
  CHECK_OK(gym_close(env, &err), err);

  /* The second part begins at a multiple of its item size, here behind 3 bytes of nothing. */
  env = open_rendering("rgbd_tuple");
  CHECK_OK(gym_set_attr(env, "height", "1", &err), err);
  layout = layout_of(env);
  CHECK_INT(layout.count, 2);
  CHECK_INT(layout.nbytes, 36);
  check_part(&layout, 0, "uint8", 3, (const int64_t[]){1, 5, 3}, 0, 15);
  check_part(&layout, 1, "float32", 2, (const int64_t[]){1, 5}, 16, 20);
  CHECK_OK(gym_close(env, &err), err);
}

/* One frame is rendered for the layout, and given by whatever asks next. */
static void test_frame_ahead(void) {
  unsigned char frame[60];
  gym_transition t;
  gym_value *value = NULL;
  gym_array array = GYM_ARRAY_INIT;
  gym_env env = open_rendering("rgb_array");
  CHECK_OK(reset_plain(env, &err), err);
  layout_of(env);
  layout_of(env);
  CHECK_INT(drawn(env), 1);
  CHECK_OK(gym_render(env, frame, sizeof frame, &err), err);
  CHECK_INT(frame[0], 1);
  CHECK_OK(gym_render(env, frame, sizeof frame, &err), err);
  CHECK_INT(frame[59], 2);
  layout_of(env); /* is known */
  CHECK_INT(drawn(env), 2);
  CHECK_OK(gym_close(env, &err), err);

  env = open_rendering("rgb_array");
  CHECK_OK(reset_plain(env, &err), err);
  layout_of(env);
  CHECK_OK(gym_render_value(env, &value, &err), err);
  CHECK_OK(gym_value_array(value, &array, &err), err);
  CHECK_INT(((const unsigned char *)array.data)[7], 1);
  gym_value_free(value);
  CHECK_OK(gym_close(env, &err), err);

  /* What happens in between makes the frame old. */
  for (int what = 0; what < 5; what++) {
    gym_value *result = NULL;
    env = open_rendering("rgb_array");
    CHECK_OK(reset_plain(env, &err), err);
    layout_of(env);
    if (what == 0) CHECK_OK(step_plain(env, &t, &err), err);
    if (what == 1) CHECK_OK(reset_plain(env, &err), err);
    if (what == 2) CHECK_OK(gym_set_attr(env, "drawn", "10", &err), err);
    if (what == 3) CHECK_OK(gym_call(env, "unwrapped.sum", "[1, 2]", &result, &err), err);
    if (what == 4) CHECK_OK(gym_wrap(env, "{\"name\": \"FlattenObservation\"}", &env, &err), err);
    gym_value_free(result);
    CHECK_OK(gym_render(env, frame, sizeof frame, &err), err);
    CHECK_INT(frame[0], what == 2 ? 11 : 2);
    CHECK_OK(gym_close(env, &err), err);
  }
}

/* A frame of another size than before: the layout follows, and no frame is lost or written beside the buffer.
 */
static void test_changed_size(void) {
  static guarded memory;
  gym_env env = open_rendering("rgb_array");
  CHECK_OK(reset_plain(env, &err), err);
  unsigned char *frame = guard(&memory, PATTERN, 0);
  CHECK_OK(gym_render(env, frame, 60, &err), err);
  CHECK_OK(gym_set_attr(env, "height", "8", &err), err);
  guard(&memory, PATTERN, 0);
  CHECK_FAILURE(gym_render(env, frame, 60, &err), GYM_ERR_BUFFER, err, "120");
  CHECK_UNTOUCHED(memory);
  CHECK_INT(layout_of(env).nbytes, 120);
  CHECK_OK(gym_render(env, frame, 120, &err), err);
  CHECK(is_guarded(&memory, PATTERN, 0, 120));
  CHECK_INT(frame[119], 2);
  /* And a smaller one: told beforehand, and enough room for it is enough. */
  CHECK_OK(gym_set_attr(env, "height", "2", &err), err);
  CHECK_INT(layout_of(env).nbytes, 30);
  frame = guard(&memory, PATTERN, 0);
  CHECK_OK(gym_render(env, frame, 30, &err), err);
  CHECK(is_guarded(&memory, PATTERN, 0, 30));
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- buffers */

static void test_buffers(const char *mode) {
  static guarded memory;
  gym_env env = open_rendering(mode);
  CHECK_OK(reset_plain(env, &err), err);
  const size_t needed = strcmp(mode, "rgb_array") == 0 ? 60 : strcmp(mode, "depth_array") == 0 ? 80 : 140;
  unsigned char expected[140] = {0};
  for (size_t shift = 0; shift < 9; shift++) {
    unsigned char *frame = guard(&memory, PATTERN, shift);
    const size_t lengths[] = {0, 1, needed - 1};
    for (size_t i = 0; i < 3; i++) {
      CHECK_FAILURE(gym_render(env, frame, lengths[i], &err), GYM_ERR_BUFFER, err, "frame");
      CHECK_UNTOUCHED(memory);
    }
    CHECK_FAILURE(gym_render(env, NULL, needed, &err), GYM_ERR_ARGUMENT, err, "\"frame\" is NULL");
    CHECK_FAILURE(gym_render(env, NULL, 0, &err), GYM_ERR_BUFFER, err, "frame");
    /* Exactly, and with room. Only the very first attempts have rendered a frame in vain, and it was not
     * lost. */
    for (size_t more = 0; more < 2; more++) {
      const int64_t number = drawn(env) + (shift == 0 && more == 0 ? 0 : 1);
      guard(&memory, PATTERN, shift);
      CHECK_OK(gym_render(env, frame, needed + more * 100, &err), err);
      CHECK(is_guarded(&memory, PATTERN, shift, needed));
      const float depth = (float)number / 8;
      memset(expected, (int)number, 60);
      for (size_t i = 0; i < 20 && needed != 60; i++) memcpy(expected + needed - 80 + 4 * i, &depth, 4);
      if (!CHECK(memcmp(frame, expected, needed) == 0)) fprintf(stderr, "  %s, shift %zu\n", mode, shift);
    }
  }
  /* What failed for other reasons has not used a frame up either. */
  int64_t before = drawn(env);
  CHECK_FAILURE(gym_render(env, NULL, 7, &err), GYM_ERR_ARGUMENT, err, "NULL");
  CHECK_FAILURE(gym_render_value(env, NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
  CHECK_FAILURE(gym_frame_layout(env, NULL, &err), GYM_ERR_ARGUMENT, err, "\"out\"");
  gym_frame layout = GYM_FRAME_INIT;
  const uint32_t sizes[] = {0, 4, sizeof layout - 1};
  for (size_t i = 0; i < 3; i++) {
    FILL(layout);
    layout.struct_size = sizes[i];
    CHECK_FAILURE(gym_frame_layout(env, &layout, &err), GYM_ERR_ARGUMENT, err, "GYM_FRAME_INIT");
    CHECK(layout.count == 0xa5a5a5a5u && layout.struct_size == sizes[i]);
  }
  /* A later version's struct is longer; only what this one knows is written. */
  struct {
    gym_frame layout;
    unsigned char more[16];
  } longer;
  FILL(longer);
  longer.layout.struct_size = sizeof longer;
  CHECK_OK(gym_frame_layout(env, &longer.layout, &err), err);
  CHECK_INT(longer.layout.struct_size, sizeof longer);
  CHECK_INT(longer.layout.nbytes, needed);
  CHECK_UNTOUCHED(longer.more);
  CHECK_INT(drawn(env), before);
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- modes */

static void test_values(void) {
  gym_value *value = NULL;
  gym_array array = GYM_ARRAY_INIT;
  static const struct {
    const char *mode;
    int kind;
    size_t count;
  } cases[] = {
      {"rgb_array", GYM_KIND_ARRAY, 60}, {"depth_array", GYM_KIND_ARRAY, 20},
      {"rgbd_tuple", GYM_KIND_TUPLE, 2}, {"ansi", GYM_KIND_STRING, 7},
      {"human", GYM_KIND_NONE, 0},       {"rgb_array_list", GYM_KIND_LIST, 2},
      {"ansi_list", GYM_KIND_LIST, 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    gym_env env = open_rendering(cases[i].mode);
    CHECK_OK(reset_plain(env, &err), err);
    if (CHECK_OK(gym_render_value(env, &value, &err), err)) {
      CHECK_INT(gym_value_kind(value), cases[i].kind);
      CHECK_INT(gym_value_count(value), cases[i].count);
      gym_value_free(value);
    }
    CHECK_INT(drawn(env), 1);
    CHECK_OK(gym_close(env, &err), err);
  }
  gym_env env = open_rendering("rgbd_tuple");
  CHECK_OK(gym_render_value(env, &value, &err), err);
  CHECK_OK(gym_value_array(gym_value_at(value, 1), &array, &err), err);
  CHECK(((const float *)array.data)[19] == 0.125f);
  gym_value_free(value);
  CHECK_OK(gym_close(env, &err), err);
}

static void test_modes_without_arrays(void) {
  unsigned char frame[200];
  gym_value *value;
  gym_frame layout;
  static const char *const modes[] = {NULL, "ansi", "ansi_list", "rgb_array_list", "human"};
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    gym_env env = open_rendering(modes[i]);
    CHECK_OK(reset_plain(env, &err), err);
    FILL(frame), FILL(value), FILL(layout);
    layout.struct_size = sizeof layout;
    CHECK_FAILURE(gym_frame_layout(env, &layout, &err), GYM_ERR_RENDER, err,
                  modes[i] ? modes[i] : "render_mode");
    CHECK(is_untouched(&layout.count, sizeof layout - sizeof layout.struct_size));
    const int is_human = modes[i] && strcmp(modes[i], "human") == 0;
    CHECK_FAILURE(gym_render(env, frame, sizeof frame, &err), is_human ? GYM_ERR_BUFFER : GYM_ERR_RENDER, err,
                  "");
    CHECK_INT(drawn(env), 0);
    if (!modes[i]) {
      CHECK_FAILURE(gym_render(env, NULL, 0, &err), GYM_ERR_RENDER, err, "render_mode");
      CHECK_FAILURE(gym_render_value(env, &value, &err), GYM_ERR_RENDER, err,
                    "rgb_array"); /* what it could do */
      CHECK_UNTOUCHED(value);
    }
    CHECK_UNTOUCHED(frame);
    if (is_human) {
      CHECK_OK(gym_render(env, NULL, 0, &err), err);
      CHECK_OK(gym_render(env, frame, 0, &err), err);
      CHECK_INT(drawn(env), 2);
    }
    CHECK_OK(gym_close(env, &err), err);
  }
}

/* Gymnasium's own rule, where its wrapper stands. */
static void test_before_the_reset(void) {
  gym_frame layout = GYM_FRAME_INIT;
  unsigned char frame[8];
  gym_value *value;
  gym_env env = open_env("FrozenLake-v1", "{\"render_mode\": \"rgb_array\"}");
  FILL(frame), FILL(value);
  CHECK_FAILURE(gym_frame_layout(env, &layout, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_FAILURE(gym_render(env, frame, sizeof frame, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_FAILURE(gym_render_value(env, &value, &err), GYM_ERR_RESET_NEEDED, err, "reset");
  CHECK_UNTOUCHED(frame), CHECK_UNTOUCHED(value);
  CHECK_INT(layout.count, 0);
  CHECK_OK(reset_plain(env, &err), err);
  CHECK_OK(gym_frame_layout(env, &layout, &err), err);
  CHECK_INT(layout.parts[0].shape[2], 3);
  CHECK_OK(gym_close(env, &err), err);
}

/* ------------------------------------------------------------------------------------- what is no frame */

static const struct {
  const char *frame; /* a Python expression */
  int expected;      /* of gym_render and gym_frame_layout */
  uint64_t nbytes;
} odd[] = {
    {"None", GYM_ERR_RENDER, 0},
    {"'text'", GYM_ERR_RENDER, 0},
    {"[np.zeros((2, 2, 3), np.uint8)]", GYM_ERR_RENDER, 0},
    {"()", GYM_ERR_RENDER, 0},
    {"(np.zeros((2, 2, 3), np.uint8),) * 3", GYM_ERR_RENDER, 0},
    {"(np.zeros((2, 2, 3), np.uint8), None)", GYM_ERR_RENDER, 0},
    {"np.zeros((1, 1, 1, 1, 1), np.uint8)", GYM_ERR_RENDER, 0},
    {"np.zeros((1,) * 32, np.uint8)", GYM_ERR_RENDER, 0},
    {"(np.zeros((1,) * 9, np.uint8), np.zeros((2, 2), np.float32))", GYM_ERR_RENDER, 0},
    {"np.array([[None]])", GYM_ERR_RENDER, 0},
    {"np.array([['a']])", GYM_ERR_RENDER, 0},
    {"np.zeros((2, 2), [('r', np.uint8)])", GYM_ERR_RENDER, 0},
    {"np.zeros((2, 2, 3), 'M8[s]')", GYM_ERR_RENDER, 0},
    {"object()", GYM_ERR_RENDER, 0},
    {"1 / 0", GYM_ERR_PYTHON, 0},
    {"np.arange(24, dtype=np.uint8).reshape(2, 4, 3)", GYM_OK, 24},
    {"np.arange(24, dtype=np.uint8).reshape(3, 4, 2).T", GYM_OK, 24},
    {"np.arange(96, dtype=np.uint8).reshape(4, 8, 3)[::-2, 1::2]", GYM_OK, 24},
    {"np.asfortranarray(np.arange(24, dtype=np.uint8).reshape(2, 4, 3))", GYM_OK, 24},
    {"np.arange(24, dtype=np.uint8).reshape(2, 4, 3)[::-1]", GYM_OK, 24},
    {"np.arange(24, dtype=np.float64).reshape(2, 4, 3)", GYM_OK, 192},
    {"np.arange(6, dtype='>f4').reshape(2, 3)", GYM_OK, 24},
    {"np.arange(6, dtype='>u2').reshape(2, 3)[:, ::-1]", GYM_OK, 12},
    {"np.zeros((0, 5, 3), np.uint8)", GYM_OK, 0},
    {"np.array(7, np.int64)", GYM_ERR_RENDER, 0},
    {"np.ones((2, 2), bool)", GYM_OK, 4},
    {"np.arange(16, dtype=np.float16).reshape(1, 2, 4, 2)", GYM_OK, 32},
};

static void test_odd_frames(void) {
  static guarded memory;
  run_python(
      "class Odd(Plain):\n"
      "    def render(self):\n"
      "        return eval(self.frame)\n"
      "    def expected(self):\n"
      "        frame = eval(self.frame)\n"
      "        return frame.astype(frame.dtype.newbyteorder('=')).tobytes()\n"
      "gymnasium.register('gogym_c/Odd-v0', Odd, order_enforce=False, disable_env_checker=True)\n");
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
    char text[200];
    gym_frame layout = GYM_FRAME_INIT;
    gym_value *value = NULL;
    gym_env env = open_env("gogym_c/Odd-v0", "{\"render_mode\": \"rgb_array\"}");
    snprintf(text, sizeof text, "\"%s\"", odd[i].frame);
    CHECK_OK(gym_set_attr(env, "frame", text, &err), err);
    for (size_t shift = 0; shift < 4; shift++) {
      unsigned char *frame = guard(&memory, PATTERN, shift);
      if (odd[i].expected != GYM_OK) {
        if (!CHECK_FAILURE(gym_render(env, frame, 4000, &err), odd[i].expected, err, ""))
          fprintf(stderr, "  %s\n", text);
        if (!CHECK_FAILURE(gym_frame_layout(env, &layout, &err), odd[i].expected, err, ""))
          fprintf(stderr, "  %s\n", text);
        CHECK_UNTOUCHED(memory);
        CHECK_INT(layout.count, 0);
        continue;
      }
      int good = CHECK_OK(gym_render(env, frame, 4000, &err), err);
      good &= CHECK(is_guarded(&memory, PATTERN, shift, odd[i].nbytes));
      size_t len = 0;
      good &= CHECK_OK(gym_call(env, "expected", NULL, &value, &err), err);
      const void *bytes = gym_value_bytes(value, &len);
      good &= CHECK_INT(len, odd[i].nbytes);
      good &= CHECK(len == 0 || (bytes && memcmp(bytes, frame, len) == 0));
      gym_value_free(value);
      good &= CHECK_OK(gym_frame_layout(env, &layout, &err), err);
      good &= CHECK_INT(layout.nbytes, odd[i].nbytes);
      if (!good) fprintf(stderr, "  %s, shift %zu\n", text, shift);
    }
    CHECK_OK(gym_close(env, &err), err);
  }
}

/* Rendering is code of the environment's own, and may call gogym. */
static gym_env inside;
static int is_calling;

static void call_from_render(void) {
  is_calling = 0;
  check_env_calls(inside, GYM_ERR_BUSY, "inside");
  CHECK_FAILURE(gym_shutdown(&err), GYM_ERR_BUSY, err, "inside");
}

static void test_calls_from_render(void) {
  char options[200];
  uintptr_t address;
  unsigned char frame[60];
  void (*function)(void) = call_from_render;
  memcpy(&address, &function, sizeof address);
  run_python(
      "class Inside(Plain):\n"
      "    def render(self):\n"
      "        self.tell()\n"
      "        return super().render()\n"
      "gymnasium.register('gogym_c/Inside-v0', Inside, order_enforce=False, disable_env_checker=True)\n");
  snprintf(options, sizeof options,
           "{\"render_mode\": \"rgb_array\", \"function\": %" PRIuPTR ", \"flag\": %" PRIuPTR "}", address,
           (uintptr_t)&is_calling);
  inside = open_env("gogym_c/Inside-v0", options);
  is_calling = 1;
  CHECK_OK(gym_render(inside, frame, sizeof frame, &err), err);
  CHECK_INT(is_calling, 0);
  is_calling = 1;
  CHECK_OK(gym_call(inside, "render", NULL, NULL, &err), err);
  CHECK_INT(is_calling, 0);
  CHECK_OK(gym_close(inside, &err), err);
}

int main(void) {
  use_test_envs();
  CHECK_OK(gym_init(NULL, &err), err);
  register_plain();
  test_layouts();
  test_frame_ahead();
  test_changed_size();
  test_buffers("rgb_array");
  test_buffers("depth_array");
  test_buffers("rgbd_tuple");
  test_values();
  test_modes_without_arrays();
  test_before_the_reset();
  test_odd_frames();
  test_calls_from_render();
  threads_of_others = 1; /* that of windows, which stays */
  return around_summary();
}
