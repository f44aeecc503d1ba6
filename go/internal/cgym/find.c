/* A copy of src/gogym_c/host/find.c, made by tools/copy_go_sources.py; edit that one. */
/* Which Python interpreter to use. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime.h"

static int is_executable(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static int join(char *out, size_t size, const char *directory, size_t length, const char *name) {
  int written = snprintf(out, size, "%.*s%s%s", (int)length, directory, length ? "/" : "", name);
  return written > 0 && (size_t)written < size;
}

int gym__resolve(const char *name, char *out, size_t size) {
  if (strchr(name, '/')) return join(out, size, "", 0, name) && is_executable(out);
  for (const char *path = getenv("PATH"); path;) {
    size_t length = strcspn(path, ":");
    /* An empty entry means the current directory to a shell. Nobody wants its python by accident. */
    if (length > 0 && join(out, size, path, length, name) && is_executable(out)) return 1;
    path = path[length] ? path + length + 1 : NULL;
  }
  return 0;
}

/* What was looked at so far, as text for the error message. */
typedef struct search {
  char text[GYM_ERROR_MESSAGE_SIZE];
  size_t length;
} search;

static void note(search *looked, const char *name, const char *value, const char *result) {
  size_t left = sizeof looked->text - looked->length;
  int written = snprintf(looked->text + looked->length, left, "\n  %s%s%s: %s", name, value ? " = " : "",
                         value ? value : "", result);
  if (written > 0) looked->length += (size_t)written < left ? (size_t)written : left - 1;
}

static const char *why_not(const char *path) {
  struct stat status;
  if (!strchr(path, '/')) return "not on PATH";
  if (stat(path, &status) != 0) return strerror(errno);
  if (S_ISDIR(status.st_mode))
    return "it is a directory; the path of the interpreter is needed, such as its bin/python";
  return "it is not an executable file";
}

/* The interpreter of the environment in a variable such as VIRTUAL_ENV. */
static int in_environment(const char *variable, gym__choice *choice, search *looked) {
  const char *value = getenv(variable);
  if (!value || !*value) {
    note(looked, variable, NULL, "not set");
    return 0;
  }
  if (!join(choice->path, sizeof choice->path, value, strlen(value), "bin/python")) return 0;
  if (is_executable(choice->path)) return 1;
  note(looked, variable, value, "has no bin/python");
  return 0;
}

int gym__name_python(const char *reason, const char *value, gym__choice *choice, gym_error *err) {
  snprintf(choice->reason, sizeof choice->reason, "%s", reason);
  if (gym__resolve(value, choice->path, sizeof choice->path)) return GYM_OK;
  /* Whoever names an interpreter means that one: no other is tried. */
  return gym__fail(
      err, GYM_ERR_NO_PYTHON,
      "%s names the Python interpreter \"%s\", which cannot be used: %s. Give the path of a Python "
      "interpreter (3.%d to 3.%d)",
      reason, value, why_not(value), GYM__PYTHON_FIRST, GYM__PYTHON_LAST);
}

int gym__find_python(const char *python, gym__choice *choice, gym_error *err) {
  static const char *const environments[] = {"VIRTUAL_ENV", "CONDA_PREFIX"};
  static const char *const names[] = {"python3", "python"};
  search looked = {.length = 0};
  const char *variable = getenv("GOGYM_PYTHON");

  if (python) return gym__name_python(GYM__REASON_CONFIG, python, choice, err);
  if (variable && *variable) return gym__name_python("GOGYM_PYTHON", variable, choice, err);
  note(&looked, "GOGYM_PYTHON", NULL, "not set");

  /* A variable left over from an environment that is gone does not stop the search: it was set for
   * somebody else, not for gogym. */
  for (size_t i = 0; i < sizeof environments / sizeof *environments; i++) {
    snprintf(choice->reason, sizeof choice->reason, "%s", environments[i]);
    if (in_environment(environments[i], choice, &looked)) return GYM_OK;
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(choice->reason, sizeof choice->reason, "%s on PATH", names[i]);
    if (gym__resolve(names[i], choice->path, sizeof choice->path)) return GYM_OK;
    note(&looked, names[i], NULL, "not on PATH");
  }
  return gym__fail(
      err, GYM_ERR_NO_PYTHON,
      "no Python interpreter was found. Install Python 3.%d to 3.%d, or set GOGYM_PYTHON to the path of "
      "one. Looked at:%s",
      GYM__PYTHON_FIRST, GYM__PYTHON_LAST, looked.text);
}

/* The real path of what `path` lies in. */
static int real_directory(const char *path, char *out) {
  char directory[GYM__PATH_SIZE];
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) + 1 : 0;
  if (length >= sizeof directory) return 0;
  memcpy(directory, path, length);
  memcpy(directory + length, ".", 2);
  return realpath(directory, out) != NULL;
}

int gym__same_python(const char *a, const char *b) {
  char real_a[PATH_MAX], real_b[PATH_MAX];
  if (strcmp(a, b) == 0) return 1;
  if (!realpath(a, real_a) || !realpath(b, real_b) || strcmp(real_a, real_b) != 0) return 0;
  return real_directory(a, real_a) && real_directory(b, real_b) && strcmp(real_a, real_b) == 0;
}
