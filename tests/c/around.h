/* For tests of what stands around an environment: a plain environment that can render, and counts of what is
 * open. Programs that include it begin with #define _GNU_SOURCE. */
#ifndef AROUND_H_
#define AROUND_H_

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "every_call.h"
#include "python_code.h"

/* The value of a Python expression. */
static inline long python_number(const char *expression) {
  char source[1000];
  long number = -1;
  snprintf(source, sizeof source, "import ctypes\nctypes.c_long.from_address(%" PRIuPTR ").value = %s\n",
           (uintptr_t)&number, expression);
  run_python(source);
  return number;
}

/* Registers gogym_c/Plain-v0. It observes an element of the space called `space` that its reset's options
 * give, else zeros; its rewards are 1, 2, 3 ...; step 9 ends the episode. It renders frames of 4 x 5 pixels
 * that hold how many it has rendered, and raises where two threads are inside it at once. Its constructor and
 * its close call the C function at `function` while the flag at `flag` is not 0. */
static inline void register_plain(void) {
  run_python(
      "import copy, ctypes, gc, sys, threading\n"
      "import gymnasium\n"
      "import numpy as np\n"
      "from gymnasium import spaces\n"
      "SPACES = {\n"
      "    'box': spaces.Box(-9, 9, (3,), np.float32),\n"
      "    'image': spaces.Box(0, 255, (6, 5, 3), np.uint8),\n"
      "    'discrete': spaces.Discrete(5, start=-1),\n"
      "    'multi-discrete': spaces.MultiDiscrete([3, 4, 5]),\n"
      "    'multi-binary': spaces.MultiBinary(4),\n"
      "    'text': spaces.Text(6, charset='abcdef'),\n"
      "    'dict': spaces.Dict({'a': spaces.Box(-9, 9, (2,), np.float32), 'b': spaces.Discrete(3)}),\n"
      "    'sequence': spaces.Sequence(spaces.Discrete(3)),\n"
      "}\n"
      "ZEROS = {'image': np.zeros((6, 5, 3), np.uint8), 'discrete': np.int64(0), 'multi-discrete': "
      "np.array([0, 1, 2]),\n"
      "    'multi-binary': np.array([1, 0, 1, 1], np.int8), 'text': 'abc', 'sequence': (1, 2),\n"
      "    'dict': {'a': np.array([1, 2], np.float32), 'b': np.int64(2)}}\n"
      "class Plain(gymnasium.Env):\n"
      "    opened = 0\n"
      "    metadata = {'render_modes': ['rgb_array', 'depth_array', 'rgbd_tuple', 'ansi', 'human', "
      "'rgb_array_list',\n"
      "                                 'ansi_list'], 'render_fps': 30}\n"
      "    def __init__(self, render_mode=None, space='box', action='discrete', function=0, flag=0):\n"
      "        self.observation_space = copy.deepcopy(SPACES[space])\n"
      "        self.action_space = copy.deepcopy(SPACES[action])\n"
      "        self.observation = ZEROS.get(space, np.zeros(3, np.float32))\n"
      "        self.render_mode = render_mode\n"
      "        self.drawn = self.steps = self.inside = 0\n"
      "        self.height, self.threads = 4, set()\n"
      "        self.function, self.flag = function, flag\n"
      "        self.tell()\n"
      "        Plain.opened += 1\n"
      "    def tell(self):\n"
      "        if self.flag and ctypes.c_int.from_address(self.flag).value:\n"
      "            ctypes.CFUNCTYPE(None)(self.function)()\n"
      "    def enter(self):\n"
      "        self.inside += 1\n"
      "        if self.inside > 1:\n"
      "            raise AssertionError('two threads are inside')\n"
      "        self.threads.add(threading.get_native_id())\n"
      "        self.inside -= 1\n"
      "    def reset(self, *, seed=None, options=None):\n"
      "        self.enter()\n"
      "        super().reset(seed=seed)\n"
      "        self.steps = 0\n"
      "        return self.observation, {'threads': len(self.threads)}\n"
      "    def step(self, action):\n"
      "        self.enter()\n"
      "        self.steps += 1\n"
      "        self.action = action\n"
      "        return self.observation, float(self.steps), self.steps == 9, False, {'threads': "
      "len(self.threads)}\n"
      "    def render(self):\n"
      "        self.enter()\n"
      "        self.drawn += 1\n"
      "        colours = np.full((self.height, 5, 3), self.drawn % 256, np.uint8)\n"
      "        depth = np.full((self.height, 5), self.drawn / 8, np.float32)\n"
      "        return {'rgb_array': colours, 'depth_array': depth, 'rgbd_tuple': (colours, depth),\n"
      "                'ansi': f'frame {self.drawn}', 'human': None, 'rgb_array_list': [colours, colours],\n"
      "                'ansi_list': ['one', 'two']}[self.render_mode]\n"
      "    def sum(self, *numbers, factor=1):\n"
      "        return factor * sum(numbers)\n"
      "    def close(self):\n"
      "        self.enter()\n"
      "        Plain.opened -= 1\n"
      "        self.tell()\n"
      "gymnasium.register('gogym_c/Plain-v0', Plain, order_enforce=False, disable_env_checker=True)\n");
}

/* Makes a Plain-v0 whose options begin with what is given: "\"space\": \"text\", ". `bound`: to a thread. */
static inline gym_env open_plain(const char *options, int bound, const char *wrappers) {
  char text[4000];
  snprintf(text, sizeof text, "{%s\"render_mode\": %s, \"gogym\": {\"wrappers\": [%s]}}", options,
           bound ? "\"rgb_array\"" : "null", wrappers);
  return open_env("gogym_c/Plain-v0", text);
}

#define TRANSFORM_REWARD(name) "{\"name\": \"TransformReward\", \"func\": {\"__callback__\": \"" name "\"}}"

static inline int reset_plain(gym_env env, gym_error *err) {
  return gym_reset_value(env, NULL, NULL, NULL, err);
}

static inline int step_plain(gym_env env, gym_transition *t, gym_error *err) {
  return gym_step_value(env, "0", NULL, t, err);
}

static inline int count_threads_now(const char *name) {
  char path[300], found[64];
  int count = 0;
  DIR *tasks = opendir("/proc/self/task");
  if (!tasks) return -1;
  for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
    FILE *file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
    if (!file) continue;
    if (fgets(found, sizeof found, file)) {
      found[strcspn(found, "\n")] = '\0';
      count += !name || strcmp(found, name) == 0;
    }
    fclose(file);
  }
  closedir(tasks);
  return count;
}

/* How many threads of the process have this name; of any name where it is NULL. One that has been joined is
 * there for some moments more, so that what is more than `expected` is given a second to go. */
static inline int count_threads(const char *name, int expected) {
  int count = count_threads_now(name);
  for (int i = 0; i < 1000 && count > expected; i++) {
    usleep(1000);
    count = count_threads_now(name);
  }
  return count;
}

#define CHECK_THREADS(name, expected) CHECK_INT(count_threads((name), (expected)), (expected))

#define RENDER_THREAD "gogym-render"

/* Threads that a graphics library has started on one of ours, whose name they have, and keeps. */
static int threads_of_others;

/* What must be 0 when everything is closed: environments in the module, callbacks, threads of environments.
 */
static inline int check_nothing_open(void) {
  run_python("import gc, gogym.callback\ngc.collect()\n");
  int good = CHECK_INT(
      python_number("sum(type(o).__name__ == 'Environment' and type(o).__module__.endswith('_bridge') "
                    "for o in gc.get_objects())"),
      0);
  good &= CHECK_INT(python_number("globals()['Plain'].opened if 'Plain' in globals() else 0"), 0);
  good &= CHECK_INT(python_number("len(gogym.callback._callbacks)"), 0);
  return good & CHECK_THREADS(RENDER_THREAD, threads_of_others);
}

/* Ends a test program: nothing is open, and Python is shut down. */
static inline int around_summary(void) {
  gym_error err = GYM_ERROR_INIT;
  check_nothing_open();
  CHECK_OK(gym_shutdown(&err), err);
  return check_summary();
}

/* Threads that run a function at the same time. */
typedef struct team {
  pthread_t threads[64];
  int count;
} team;

static inline void start_team(team *team, int count, void *(*run)(void *), void *arguments, size_t size) {
  team->count = count;
  for (int i = 0; i < count; i++)
    if (pthread_create(&team->threads[i], NULL, run, (char *)arguments + (size_t)i * size) != 0) abort();
}

static inline void join_team(team *team) {
  for (int i = 0; i < team->count; i++) pthread_join(team->threads[i], NULL);
}

#endif /* AROUND_H_ */
