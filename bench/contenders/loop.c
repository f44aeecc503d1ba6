/* The C contender of whole loops: loop ENVIRONMENT MODE [SETUP]
 *
 * All contenders step through the same 1,000 actions, sampled with seed 0, after a reset with seed 0; further
 * resets are unseeded. So all live through the same episodes, and their rewards, which are the check, must
 * agree. Modes:
 *
 *   drawn     float64 buffers
 *   sampled   the same, sampling each action
 *   native    native buffers
 *   render    no steps: frames of the first observation; the check is the sum of one pixel
 *
 * Setups: plain, chain (FrameStackObservation, ClipReward, TimeLimit), callback (TransformReward with a
 * function of the host), rendered (made with the render mode rgb_array), isolated (in a worker process).
 */
#include "contender.h"

#define POOL 1000

typedef struct loop {
  gym_env env;
  size_t obs_len, action_len; /* elements or, of native buffers, bytes */
  double *obs, *actions;
  size_t position; /* in the pool of actions */
  unsigned char *frame;
  size_t frame_nbytes, pixel;
} loop;

typedef struct setup {
  const char *name, *options;
} setup;

static const setup setups[] = {
    {"plain", NULL},
    {"chain",
     "{\"gogym\": {\"wrappers\": [{\"name\": \"FrameStackObservation\", \"stack_size\": 4},"
     "{\"name\": \"ClipReward\", \"min_reward\": -1.0, \"max_reward\": 1.0},"
     "{\"name\": \"TimeLimit\", \"max_episode_steps\": 200}]}}"},
    {"callback",
     "{\"gogym\": {\"wrappers\": [{\"name\": \"TransformReward\", \"func\": {\"__callback__\": "
     "\"double\"}}]}}"},
    {"rendered", "{\"render_mode\": \"rgb_array\"}"},
    {"isolated", "{\"gogym\": {\"isolate\": true}}"},
};

static const char *options_of(const char *name) {
  for (size_t i = 0; i < sizeof setups / sizeof *setups; i++)
    if (strcmp(setups[i].name, name) == 0) return setups[i].options;
  fprintf(stderr, "there is no setup \"%s\"\n", name);
  exit(2);
}

static int doubled(void *user_data, double reward, double *out, gym_error *error) {
  (void)user_data, (void)error;
  *out = 2 * reward;
  return 0;
}

static double drawn(void *state, long steps) {
  loop *l = state;
  double total = 0;
  for (long i = 0; i < steps; i++) {
    gym_transition t;
    must(gym_step(l->env, l->actions + l->position * l->action_len, l->action_len, l->obs, l->obs_len, &t,
                  &err));
    if (++l->position == POOL) l->position = 0;
    total += t.reward;
    if (t.terminated || t.truncated) must(gym_reset(l->env, NULL, NULL, l->obs, l->obs_len, &err));
  }
  return total;
}

static double sampled(void *state, long steps) {
  loop *l = state;
  double total = 0;
  for (long i = 0; i < steps; i++) {
    gym_transition t;
    must(gym_sample_action(l->env, l->actions, l->action_len, &err));
    must(gym_step(l->env, l->actions, l->action_len, l->obs, l->obs_len, &t, &err));
    total += t.reward;
    if (t.terminated || t.truncated) must(gym_reset(l->env, NULL, NULL, l->obs, l->obs_len, &err));
  }
  return total;
}

static double native(void *state, long steps) {
  loop *l = state;
  const char *actions = (const char *)l->actions;
  double total = 0;
  for (long i = 0; i < steps; i++) {
    gym_transition t;
    must(gym_step_native(l->env, actions + l->position * l->action_len, l->action_len, l->obs, l->obs_len, &t,
                         &err));
    if (++l->position == POOL) l->position = 0;
    total += t.reward;
    if (t.terminated || t.truncated) must(gym_reset_native(l->env, NULL, NULL, l->obs, l->obs_len, &err));
  }
  return total;
}

static double render(void *state, long steps) {
  loop *l = state;
  double total = 0;
  for (long i = 0; i < steps; i++) {
    must(gym_render(l->env, l->frame, l->frame_nbytes, &err));
    total += l->frame[l->pixel];
  }
  return total;
}

static void prepare_frame(loop *l) {
  gym_frame layout = GYM_FRAME_INIT;
  must(gym_frame_layout(l->env, &layout, &err));
  const int64_t *shape = layout.parts[0].shape;
  l->frame_nbytes = layout.nbytes;
  l->pixel = (size_t)(((shape[0] / 2) * shape[1] + shape[1] / 2) * shape[2]);
  l->frame = malloc(l->frame_nbytes);
  if (!l->frame) exit(1);
}

int main(int argc, char **argv) {
  if (argc != 3 && argc != 4) return 2;
  const int is_native = strcmp(argv[2], "native") == 0;
  const int is_render = strcmp(argv[2], "render") == 0;
  const int64_t seed = 0;
  loop l = {.position = 0};
  must(gym_add_reward_callback("double", doubled, NULL, &err));
  must(gym_make(argv[1], options_of(argc == 4 ? argv[3] : "plain"), &l.env, &err));
  must((is_native ? gym_observation_nbytes : gym_observation_size)(l.env, &l.obs_len, &err));
  must((is_native ? gym_action_nbytes : gym_action_size)(l.env, &l.action_len, &err));
  l.obs = calloc(l.obs_len, sizeof *l.obs);
  l.actions = calloc(POOL * l.action_len, sizeof *l.actions);
  if (!l.obs || !l.actions) return 1;
  must(gym_seed_action(l.env, seed, &err));
  for (size_t i = 0; i < POOL; i++)
    if (is_native)
      must(gym_sample_action_native(l.env, (char *)l.actions + i * l.action_len, l.action_len, &err));
    else
      must(gym_sample_action(l.env, l.actions + i * l.action_len, l.action_len, &err));
  if (is_native)
    must(gym_reset_native(l.env, &seed, NULL, l.obs, l.obs_len, &err));
  else
    must(gym_reset(l.env, &seed, NULL, l.obs, l.obs_len, &err));
  if (is_render) {
    prepare_frame(&l);
    return converse(render, &l);
  }
  return converse(is_native ? native : strcmp(argv[2], "sampled") == 0 ? sampled : drawn, &l);
}
