/* A copy of src/gogym_c/host/python_symbols.h, made by tools/copy_go_sources.py; edit that one. */
/* Everything that the host library takes from CPython, found by name at run time.
 *
 * X(first, last, result, name, arguments): the symbol is required in Python 3.first to 3.last (0: without
 * limit) and not looked at elsewhere. "new" and "borrowed" tell who owns a returned reference. Objects are
 * `void *`, because no layout of CPython is known here but PyStatus, which it passes by value, and
 * PyMethodDef. */
#ifndef GOGYM_PYTHON_SYMBOLS_H_
#define GOGYM_PYTHON_SYMBOLS_H_

#include <stddef.h>
#include <stdint.h>

/* PyStatus of PEP 587, stable since 3.8. */
typedef struct gym__py_status {
  int type; /* 0: success, 1: error, 2: Python asks to exit */
  const char *function;
  const char *message;
  int exit_code;
} gym__py_status;

/* PyMethodDef of the stable ABI. */
typedef struct gym__py_method_def {
  const char *name;
  void *(*function)(void *self, void *arguments);
  int flags;
  const char *documentation;
} gym__py_method_def;

#define GYM__PY_METH_NOARGS 4

/* clang-format off */
#define GYM__PYTHON_MAP(X)                                                                              \
  /* state */                                                                                           \
  X(0, 0, const char *, Py_GetVersion, (void))                        /* borrowed, static */            \
  X(0, 0, int, Py_IsInitialized, (void))                                                                \
  X(0, 0, int, PyGILState_Ensure, (void))                                                               \
  X(0, 0, void, PyGILState_Release, (int))                                                              \
  X(0, 0, void *, PyGILState_GetThisThreadState, (void))              /* borrowed, or NULL */           \
  X(10, 12, void *, _PyThreadState_UncheckedGet, (void))              /* borrowed, or NULL */           \
  X(13, 0, void *, PyThreadState_GetUnchecked, (void))                /* borrowed, or NULL */           \
  X(0, 0, void *, PyEval_SaveThread, (void))                                                            \
  X(0, 0, void, PyEval_RestoreThread, (void *))                                                         \
  /* configuration by structure (PEP 587), whose layout changed with every version */                   \
  X(10, 13, void, PyConfig_InitPythonConfig, (void *))                                                  \
  X(10, 13, gym__py_status, PyConfig_SetBytesArgv, (void *, ptrdiff_t, char *const *))                  \
  X(10, 13, gym__py_status, Py_InitializeFromConfig, (const void *))                                    \
  X(10, 13, void, PyConfig_Clear, (void *))                                                             \
  X(10, 13, wchar_t *, Py_DecodeLocale, (const char *, size_t *))     /* new, PyMem_RawFree */          \
  X(10, 13, void, PyMem_RawFree, (void *))                                                              \
  X(10, 13, void, Py_SetProgramName, (const wchar_t *))               /* copies or keeps */             \
  /* configuration by name (PEP 741) */                                                                 \
  X(14, 0, void *, PyInitConfig_Create, (void))                       /* new, PyInitConfig_Free */      \
  X(14, 0, void, PyInitConfig_Free, (void *))                                                           \
  X(14, 0, int, PyInitConfig_HasOption, (void *, const char *))                                         \
  X(14, 0, int, PyInitConfig_SetInt, (void *, const char *, int64_t))                                   \
  X(14, 0, int, PyInitConfig_SetStr, (void *, const char *, const char *))                              \
  X(14, 0, int, PyInitConfig_SetStrList, (void *, const char *, size_t, char *const *))                 \
  X(14, 0, int, PyInitConfig_GetError, (void *, const char **))       /* borrowed from the config */    \
  X(14, 0, int, Py_InitializeFromInitConfig, (void *))                                                  \
  /* running source and reading what it left */                                                         \
  X(0, 0, void *, Py_CompileString, (const char *, const char *, int))  /* new */                       \
  X(0, 0, void *, PyEval_EvalCode, (void *, void *, void *))            /* new */                       \
  X(0, 0, void *, PyDict_New, (void))                                   /* new */                       \
  X(0, 0, void *, PyDict_GetItemString, (void *, const char *))         /* borrowed */                  \
  X(0, 0, int, PyDict_SetItemString, (void *, const char *, void *))                                    \
  X(0, 0, void *, PyEval_GetBuiltins, (void))                           /* borrowed */                  \
  X(0, 0, const char *, PyUnicode_AsUTF8AndSize, (void *, ptrdiff_t *)) /* borrowed from the str */     \
  X(0, 0, void *, PyCapsule_GetPointer, (void *, const char *))         /* borrowed */                  \
  X(0, 0, void, PyErr_Clear, (void))                                                                    \
  /* being told of the end */                                                                           \
  X(0, 0, void *, PyCFunction_NewEx, (gym__py_method_def *, void *, void *)) /* new; keeps the first */ \
  X(0, 0, void *, Py_BuildValue, (const char *, ...))                   /* new */                       \
  X(0, 0, int, Py_AtExit, (void (*)(void)))                                                             \
  X(0, 0, void, Py_DecRef, (void *))
/* clang-format on */

typedef struct gym__python_api {
  int minor; /* 3.minor; 0 while no libpython is loaded */
#define GYM__PYTHON_MEMBER(first, last, result, name, arguments) result(*name) arguments;
  GYM__PYTHON_MAP(GYM__PYTHON_MEMBER)
#undef GYM__PYTHON_MEMBER
} gym__python_api;

/* Filled by libpython.c before Python is used, and constant from then on. */
extern gym__python_api gym__python;

#endif /* GOGYM_PYTHON_SYMBOLS_H_ */
