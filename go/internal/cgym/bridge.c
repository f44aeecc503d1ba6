/* A copy of src/gogym_c/host/bridge.c, made by tools/copy_go_sources.py; edit that one. */
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
    "import importlib, sys\n"
    "importlib.invalidate_caches()\n" /* a package may have been installed since the last try */
    "executable = sys.executable or 'python'\n"
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

void *gym__run_source(const char *source) {
  void *names = gym__python.PyDict_New();
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

/* A str that the source left, or "". */
static const char *text(void *names, const char *key) {
  void *value = gym__python.PyDict_GetItemString(names, key);
  const char *utf8 = value ? gym__python.PyUnicode_AsUTF8AndSize(value, NULL) : NULL;
  if (value && !utf8) gym__python.PyErr_Clear();
  return utf8 ? utf8 : "";
}

static int import_failed(void *names, gym_error *err) {
  char message[GYM_ERROR_MESSAGE_SIZE + 1];
  const char *missing = text(names, "missing"), *executable = text(names, "executable");
  if (strcmp(missing, "gogym") == 0) return gym__no_gogym(err, executable, "");
  if (strcmp(missing, GYM__CAPSULE_MODULE) == 0)
    return gym__no_gogym(err, executable,
                         "a package of that name is there, but without the module that was built for "
                         "this Python");
  if (strcmp(missing, "gymnasium") == 0) return gym__no_gymnasium(err, executable, "Gymnasium");
  if (strcmp(missing, "numpy") == 0)
    return gym__no_gymnasium(err, executable, "NumPy, which Gymnasium needs,");
  snprintf(message, sizeof message, "the module " GYM__CAPSULE_MODULE " cannot be imported (Python: %s): %s",
           executable, text(names, "message"));
  return gym__error_set(err, GYM_ERR_IMPORT, text(names, "name"), message, text(names, "trace"));
}

static int check_table(const gym__table *table, const char *executable, gym_error *err) {
  char command[GYM__PATH_SIZE];
  int status = gym__check_table_version(err, (long)table->abi_version, executable);
  if (status || table->struct_size >= GYM__TABLE_SIZE_V1) return status;
  return gym__fail(err, GYM_ERR_ABI_TOO_OLD,
                   "the gogym package installed in \"%s\" offers a function table (version %u) of %u bytes, "
                   "and this library "
                   "(gogym %s) needs version %u with at least %zu bytes. To renew the package, run in a "
                   "gogym checkout of this "
                   "version: %s -m pip install .",
                   executable, table->abi_version, table->struct_size, GYM_VERSION, GYM__ABI_VERSION,
                   GYM__TABLE_SIZE_V1, gym__typed(executable, command, sizeof command));
}

/* With the GIL held. */
static int import_table(const gym__table **table, gym_error *err) {
  void *names = gym__run_source(import_source);
  if (!names) return gym__fail(err, GYM_ERR_PYTHON_START, "Python cannot import its own modules");
  void *capsule = gym__python.PyDict_GetItemString(names, "capsule"); /* None where the import failed */
  const gym__table *found = NULL;
  int status = GYM_OK;
  if (*text(names, "name")) {
    status = import_failed(names, err);
  } else if (capsule && (found = gym__python.PyCapsule_GetPointer(capsule, GYM__CAPSULE_NAME)) != NULL) {
    status = check_table(found, text(names, "executable"), err);
  } else {
    gym__python.PyErr_Clear();
    status = gym__no_gogym(err, text(names, "executable"),
                           GYM__CAPSULE_MODULE ".table is not gogym's function table");
  }
  if (!status) *table = found; /* it stays where it is: sys.modules keeps the module */
  gym__python.Py_DecRef(names);
  return status;
}

int gym__import_table(const gym__table **table, gym_error *err) {
  int gil = gym__python.PyGILState_Ensure();
  int status = import_table(table, err);
  gym__python.PyGILState_Release(gil);
  return status;
}

void gym__running_executable(char *out, size_t size) {
  int gil = gym__python.PyGILState_Ensure();
  void *names = gym__run_source("import sys\nexecutable = sys.executable or ''\n");
  snprintf(out, size, "%s", names ? text(names, "executable") : "");
  if (names) gym__python.Py_DecRef(names);
  gym__python.PyGILState_Release(gil);
}

void *gym__gil_release(void) {
  return gym__python_runs() && gym__python.PyGILState_Check() ? gym__python.PyEval_SaveThread() : NULL;
}

void gym__gil_restore(void *state) {
  if (state) gym__python.PyEval_RestoreThread(state);
}
