/* Python code of a test's own, run in the Python that gogym has started: environments and spaces that call
 * functions of the test, and such as write where the caller's buffer is. */
#ifndef PYTHON_CODE_H_
#define PYTHON_CODE_H_

#include <dlfcn.h>
#include <inttypes.h>

#include "envs.h"

/* Finds a function of libpython, which gogym has made global. */
static inline void find_python_function(const char *name, void *pointer, size_t size) {
  void *found = dlsym(RTLD_DEFAULT, name);
  if (!found) {
    fprintf(stderr, "%s is not there: has Python been started?\n", name);
    exit(1);
  }
  memcpy(pointer, &found, size);
}

/* Runs statements in Python's __main__; a test whose own code fails ends the program. */
static inline void run_python(const char *source) {
  int (*ensure)(void), (*run)(const char *);
  void (*release)(int);
  find_python_function("PyGILState_Ensure", &ensure, sizeof ensure);
  find_python_function("PyGILState_Release", &release, sizeof release);
  find_python_function("PyRun_SimpleString", &run, sizeof run);
  int state = ensure(), failed = run(source);
  release(state);
  if (failed) exit(1);
}

/* Registers gogym_c/Calling-v0: its reset, step and close, and its action space's sample, seed and contains,
 * call the function whose address the option "function" says, while the flag at "flag" is not 0. */
static inline void register_calling(void) {
  run_python(
      "import ctypes\n"
      "import gymnasium\n"
      "import numpy as np\n"
      "from gymnasium import spaces\n"
      "class Caller:\n"
      "    def __init__(self, function, flag):\n"
      "        self.function = ctypes.CFUNCTYPE(None)(function)\n"
      "        self.flag = ctypes.c_int.from_address(flag)\n"
      "    def __call__(self):\n"
      "        if self.flag.value:\n"
      "            self.function()\n"
      "class CallingSpace(spaces.Discrete):\n"
      "    def __init__(self, call):\n"
      "        super().__init__(2)\n"
      "        self.call = call\n"
      "    def sample(self, mask=None, probability=None):\n"
      "        self.call()\n"
      "        return super().sample(mask, probability)\n"
      "    def seed(self, seed=None):\n"
      "        self.call()\n"
      "        return super().seed(seed)\n"
      "    def contains(self, x):\n"
      "        self.call()\n"
      "        return super().contains(x)\n"
      "class Calling(gymnasium.Env):\n"
      "    def __init__(self, function, flag):\n"
      "        self.call = Caller(function, flag)\n"
      "        self.observation_space = spaces.Box(-1, 1, (2,), np.float64)\n"
      "        self.action_space = CallingSpace(Caller(function, flag))\n"
      "    def reset(self, *, seed=None, options=None):\n"
      "        self.call()\n"
      "        return np.zeros(2), {}\n"
      "    def step(self, action):\n"
      "        self.call()\n"
      "        return np.zeros(2), 1.0, False, False, {}\n"
      "    def close(self):\n"
      "        self.call()\n"
      "gymnasium.register('gogym_c/Calling-v0', Calling, order_enforce=False, disable_env_checker=True)\n");
}

static inline gym_env open_calling(void (*function)(void), const int *flag) {
  char options[100];
  uintptr_t address;
  memcpy(&address, &function, sizeof address);
  snprintf(options, sizeof options, "{\"function\": %" PRIuPTR ", \"flag\": %" PRIuPTR "}", address,
           (uintptr_t)flag);
  return open_env("gogym_c/Calling-v0", options);
}

#endif /* PYTHON_CODE_H_ */
