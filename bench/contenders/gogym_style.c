/* For scale: stepping as GoGym did, from which gogym descends, written anew with the CPython API: every call
 * looks its method up by name and builds an argument tuple, the action becomes a Python int, and an
 * observation is read element by element through its iterator's __next__. Without Go's own cost of calling C
 * (GoGym crossed that border at each of these steps), so the real thing was slower.
 *
 *   gogym_style ENVIRONMENT PYTHON     a Discrete action space, and rewards that are floats
 *
 * Driven as loop.c says. Unlike gogym it needs Python's headers and runs on the one version it was built for.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdio.h>
#include <time.h>

#define POOL 1000
#define MAX_OBSERVATION 64

static PyObject *must(PyObject *object) {
  if (object) return object;
  PyErr_Print();
  exit(1);
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Calls a method by name; `argument`, unless NULL, is taken over. */
static PyObject *call_method(PyObject *object, const char *name, PyObject *argument) {
  PyObject *method = must(PyObject_GetAttrString(object, name));
  PyObject *arguments = argument ? must(PyTuple_New(1)) : NULL;
  if (argument) PyTuple_SetItem(arguments, 0, argument);
  PyObject *result = must(PyObject_CallObject(method, arguments));
  Py_XDECREF(arguments);
  Py_DECREF(method);
  return result;
}

static void read_observation(PyObject *observation, double *out) {
  PyObject *iterator = must(PyObject_GetIter(observation));
  PyObject *next = must(PyObject_GetAttrString(iterator, "__next__"));
  for (Py_ssize_t i = 0; i < PyObject_Length(observation) && i < MAX_OBSERVATION; i++) {
    PyObject *item = must(PyObject_CallObject(next, NULL));
    out[i] = PyFloat_AsDouble(item);
    Py_DECREF(item);
  }
  Py_DECREF(next);
  Py_DECREF(iterator);
}

static void reset(PyObject *env, double *out) {
  PyObject *result = call_method(env, "reset", NULL);
  read_observation(PyTuple_GetItem(result, 0), out);
  Py_DECREF(result);
}

static double step(PyObject *env, double action, double *out) {
  PyObject *result = call_method(env, "step", must(PyLong_FromDouble(action)));
  read_observation(PyTuple_GetItem(result, 0), out);
  const double reward = PyFloat_AsDouble(PyTuple_GetItem(result, 1));
  if (PyObject_IsTrue(PyTuple_GetItem(result, 2)) || PyObject_IsTrue(PyTuple_GetItem(result, 3)))
    reset(env, out);
  Py_DECREF(result);
  return reward;
}

static void start(const char *python) {
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, python);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) Py_ExitStatusException(status);
}

/* Gives the environment after a reset with seed 0, and the first actions that its space samples with seed 0.
 */
static PyObject *make(const char *id, double *actions) {
  PyObject *globals = must(PyDict_New());
  PyObject *name = must(PyUnicode_FromString(id));
  PyDict_SetItemString(globals, "name", name);
  Py_DECREF(name);
  static const char code[] =
      "import gymnasium\n"
      "env = gymnasium.make(name)\n"
      "env.action_space.seed(0)\n"
      "actions = [float(env.action_space.sample()) for _ in range(1000)]\n"
      "env.reset(seed=0)\n";
  Py_DECREF(must(PyRun_String(code, Py_file_input, globals, globals)));
  PyObject *list = must(PyDict_GetItemString(globals, "actions"));
  for (Py_ssize_t i = 0; i < POOL; i++) actions[i] = PyFloat_AsDouble(PyList_GetItem(list, i));
  PyObject *env = must(PyDict_GetItemString(globals, "env"));
  Py_INCREF(env);
  Py_DECREF(globals);
  return env;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  double actions[POOL], observation[MAX_OBSERVATION];
  start(argv[2]);
  PyObject *env = make(argv[1], actions);
  char verb[16];
  long steps, position = 0;
  puts("ready");
  fflush(stdout);
  while (scanf("%15s %ld", verb, &steps) == 2) {
    const int64_t begin = now();
    double total = 0;
    for (long i = 0; i < steps; i++) {
      total += step(env, actions[position], observation);
      if (++position == POOL) position = 0;
    }
    printf("%lld %.17g\n", (long long)(now() - begin), total);
    fflush(stdout);
  }
  return 0;
}
