/* Importing gogym._bridge and taking its table. What can be said in Python is said in Python. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "python_symbols.h"
#include "runtime.h"

#define FILE_INPUT 257 /* Py_file_input: a start symbol of Python's grammar, in the stable ABI */

/* Leaves either `capsule`, or `missing` (a package's name or "") with what there is to say of the exception.
 */
static const char import_source[] =
    "import importlib, os, sys\n"
    "importlib.invalidate_caches()\n" /* a package may have been installed since the last try */
    "executable = sys.executable or 'python'\n"
    "library = os.path.dirname(getattr(os, '__file__', None) or '')\n"
    "managed = library and sys.prefix == sys.base_prefix and os.path.exists(os.path.join(library, "
    "'EXTERNALLY-MANAGED'))\n"
    "managed = '1' if managed else ''\n"
    "capsule = None\n"
    "try:\n"
    "    bridge = importlib.import_module('" GYM__CAPSULE_MODULE
    "')\n"
    "    capsule = bridge.table\n"
    "except BaseException as error:\n"
    "    def clean(text): return text.encode('utf-8', 'backslashreplace').decode('utf-8').replace('\\0', "
    "'\\\\0')\n"
    "    kind = type(error)\n"
    "    name = kind.__qualname__ if kind.__module__ == 'builtins' else kind.__module__ + '.' + "
    "kind.__qualname__\n"
    "    try: message = clean(str(error))\n"
    "    except BaseException: message = '(its message cannot be shown)'\n"
    "    try:\n"
    "        import traceback\n"
    "        trace = clean(''.join(traceback.format_exception(kind, error, error.__traceback__)))\n"
    "    except BaseException: trace = ''\n"
    "    missing = (isinstance(error, ModuleNotFoundError) and getattr(error, 'name', None)) or ''\n";

/* Runs source in a namespace, which is given up where that fails. */
static void *run_in(void *names, const char *source) {
  void *code = names ? gym__python.Py_CompileString(source, "<gogym>", FILE_INPUT) : NULL;
  void *result = NULL;
  if (code && gym__python.PyDict_SetItemString(names, "__builtins__", gym__python.PyEval_GetBuiltins()) == 0)
    result = gym__python.PyEval_EvalCode(code, names, names);
  if (!result) gym__python.PyErr_Clear();
  if (code) gym__python.Py_DecRef(code);
  if (!result && names) gym__python.Py_DecRef(names);
  if (result) gym__python.Py_DecRef(result);
  return result ? names : NULL;
}

void *gym__run_source(const char *source) { return run_in(gym__python.PyDict_New(), source); }

/* A str that the source left, or "". */
static const char *text(void *names, const char *key) {
  void *value = gym__python.PyDict_GetItemString(names, key);
  const char *utf8 = value ? gym__python.PyUnicode_AsUTF8AndSize(value, NULL) : NULL;
  if (value && !utf8) gym__python.PyErr_Clear();
  return utf8 ? utf8 : "";
}

static int import_failed(void *names, const gym__subject *subject, gym_error *err) {
  char message[GYM_ERROR_MESSAGE_SIZE + 1];
  const char *missing = text(names, "missing");
  if (strcmp(missing, "gogym") == 0) return gym__no_gogym(err, subject, "");
  if (strcmp(missing, GYM__CAPSULE_MODULE) == 0)
    return gym__no_gogym(err, subject,
                         "a package of that name is there, but without the module that was built for "
                         "this Python");
  if (strcmp(missing, "gymnasium") == 0) return gym__no_gymnasium(err, subject, "Gymnasium");
  if (strcmp(missing, "numpy") == 0) return gym__no_gymnasium(err, subject, "NumPy, which Gymnasium needs,");
  snprintf(message, sizeof message, "the module " GYM__CAPSULE_MODULE " cannot be imported (Python: %s): %s",
           subject->executable, text(names, "message"));
  return gym__error_set(err, GYM_ERR_IMPORT, text(names, "name"), message, text(names, "trace"));
}

static int check_table(const gym__table *table, const gym__subject *subject, gym_error *err) {
  char offered[64], wanted[64];
  int status = gym__check_table_version(err, (long)table->abi_version, subject);
  if (status || table->struct_size >= GYM__TABLE_SIZE_V1) return status;
  snprintf(offered, sizeof offered, "version %u of %u bytes", table->abi_version, table->struct_size);
  snprintf(wanted, sizeof wanted, "needs at least %zu bytes", GYM__TABLE_SIZE_V1);
  return gym__bad_table(err, GYM_ERR_ABI_TOO_OLD, subject, offered, wanted);
}

/* With the GIL held. */
static int import_table(const char *reason, const gym__table **table, gym_error *err) {
  void *names = gym__run_source(import_source);
  if (!names) return gym__fail(err, GYM_ERR_PYTHON_START, "Python cannot import its own modules");
  const gym__subject subject = {text(names, "executable"), reason, *text(names, "managed") != '\0'};
  void *capsule = gym__python.PyDict_GetItemString(names, "capsule"); /* None where the import failed */
  const gym__table *found = NULL;
  int status = GYM_OK;
  if (*text(names, "name")) {
    status = import_failed(names, &subject, err);
  } else if (capsule && (found = gym__python.PyCapsule_GetPointer(capsule, GYM__CAPSULE_NAME)) != NULL) {
    status = check_table(found, &subject, err);
  } else {
    gym__python.PyErr_Clear();
    status = gym__no_gogym(err, &subject, GYM__CAPSULE_MODULE ".table is not gogym's function table");
  }
  if (!status) *table = found; /* it stays where it is: sys.modules keeps the module */
  gym__python.Py_DecRef(names);
  return status;
}

int gym__import_table(const char *reason, const gym__table **table, gym_error *err) {
  int gil = gym__python.PyGILState_Ensure();
  int status = import_table(reason, table, err);
  gym__python.PyGILState_Release(gil);
  return status;
}

/* ------------------------------------------------------------------------------------ the end of Python */

static void (*end_begins)(void);

static void *call_end_begins(void *self, void *none) {
  (void)self, (void)none;
  end_begins();
  return gym__python.Py_BuildValue(""); /* None */
}

int gym__watch_end(void (*begins)(void), void (*has_ended)(void)) {
  static gym__py_method_def definition = {"gogym_shutdown", call_end_begins, GYM__PY_METH_NOARGS, NULL};
  int gil = gym__python.PyGILState_Ensure();
  end_begins = begins;
  void *function = gym__python.PyCFunction_NewEx(&definition, NULL, NULL);
  void *names = function ? gym__python.PyDict_New() : NULL;
  /* Where the name cannot be set, the source fails for want of it. */
  if (names) gym__python.PyDict_SetItemString(names, "function", function);
  gym__python.PyErr_Clear();
  names = run_in(names, "import atexit\natexit.register(function)\n");
  if (names) gym__python.Py_DecRef(names);
  if (function) gym__python.Py_DecRef(function);
  /* There are 32 places for these. Without one, an owner who clears atexit's list is not noticed. */
  if (names) gym__python.Py_AtExit(has_ended);
  gym__python.PyGILState_Release(gil);
  return names != NULL;
}

void gym__running_executable(char *out, size_t size) {
  int gil = gym__python.PyGILState_Ensure();
  void *names = gym__run_source("import sys\nexecutable = sys.executable or ''\n");
  snprintf(out, size, "%s", names ? text(names, "executable") : "");
  if (names) gym__python.Py_DecRef(names);
  gym__python.PyGILState_Release(gil);
}

/* PyGILState_Check would not do: it always says yes once a sub-interpreter has been made. */
static int holds_gil(void) {
  void *state = gym__python.PyGILState_GetThisThreadState();
  void *current = gym__python.PyThreadState_GetUnchecked ? gym__python.PyThreadState_GetUnchecked()
                                                         : gym__python._PyThreadState_UncheckedGet();
  return state && state == current;
}

void *gym__gil_release(void) {
  return gym__python_runs() && holds_gil() ? gym__python.PyEval_SaveThread() : NULL;
}

void gym__gil_restore(void *state) {
  if (state) gym__python.PyEval_RestoreThread(state);
}
