/* A copy of src/gogym_c/host/worker_options.c, made by tools/copy_go_sources.py; edit that one. */
/* Options that say which processes there are to be. The other ones are for the Python that makes
 * environments, which reads all of them again; so unknown options are its business, and what is null is not
 * given. */
#include "worker_options.h"

#include <stdio.h>
#include <string.h>

#include "gogym_error.h"
#include "json_scan.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const gym__json nothing = {GYM__JSON_NONE, NULL, 0};

static int is_given(const gym__json *value) { return value->kind != GYM__JSON_NONE; }

/* gym__json_find for an option, where null is as good as nothing. */
static int find_option(const gym__json *own, const char *name, gym__json *out) {
  int result = gym__json_find(own, name, out);
  if (result == GYM__JSON_FOUND && out->kind == GYM__JSON_NULL) *out = nothing;
  return result;
}

static int refuse(gym_error *err, const char *name, const char *expected, const gym__json *value) {
  char shown[GYM__JSON_SHOWN];
  return gym__fail(err, GYM_ERR_JSON, "the option \"%s\" under \"gogym\" %s, not %s", name, expected,
                   gym__json_show(value, shown));
}

/* ------------------------------------------------------------------------------------- of any worker */

static int read_python(const gym__json *value, char out[GYM__PATH_SIZE], gym_error *err) {
  out[0] = '\0';
  if (!is_given(value)) return GYM_OK;
  gym__json_result result = gym__json_string(value, out, GYM__PATH_SIZE);
  if (result == GYM__JSON_OK && out[0]) return GYM_OK;
  out[0] = '\0';
  if (result == GYM__JSON_SIZE) {
    return gym__fail(err, GYM_ERR_JSON,
                     "the option \"python\" under \"gogym\" has more than the %d bytes that a path may have",
                     GYM__PATH_SIZE - 1);
  }
  return refuse(err, "python",
                "must be the path of a Python interpreter, such as \"/path/to/venv/bin/python\"", value);
}

static int read_timeout(const gym__json *value, double *out, gym_error *err) {
  *out = 0;
  if (!is_given(value)) return GYM_OK;
  double seconds = 0;
  if (gym__json_double(value, &seconds) != GYM__JSON_OK || !(seconds > 0)) {
    return refuse(err, "timeout", "must be a number of seconds greater than 0 (leave it out for none)",
                  value);
  }
  *out = seconds < GYM__TIMEOUT_MOST ? seconds : GYM__TIMEOUT_MOST;
  return GYM_OK;
}

static int read_memory_limit(const gym__json *value, uint64_t *out, gym_error *err) {
  *out = 0;
  if (!is_given(value)) return GYM_OK;
  int64_t bytes = 0;
  if (gym__json_int64(value, &bytes) != GYM__JSON_OK || bytes <= 0) {
    return refuse(
        err, "memory_limit",
        "must be a number of bytes, an integer greater than 0 such as 4000000000 (leave it out for none)",
        value);
  }
  *out = (uint64_t)bytes;
  return GYM_OK;
}

/* ------------------------------------------------------------------------------------- gym_make */

int gym__read_make_options(const char *options, gym__worker_options *out, gym_error *err) {
  enum { ISOLATE, PYTHON, TIMEOUT, MEMORY_LIMIT, OPTION_COUNT };
  static const char *const names[] = {"isolate", "python", "timeout", "memory_limit"};
  gym__json whole, own, values[OPTION_COUNT];
  out->isolate = 0;
  out->python[0] = '\0'; /* the rest of it is not cleared: every environment that is made comes here */
  out->timeout = 0;
  out->memory_limit = 0;
  if (!options || !gym__json_read(options, &whole, NULL)) return GYM_OK;
  if (gym__json_find(&whole, "gogym", &own) != GYM__JSON_FOUND) return GYM_OK;
  for (size_t i = 0; i < OPTION_COUNT; i++) {
    if (find_option(&own, names[i], &values[i]) == GYM__JSON_TWICE) return GYM_OK;
  }
  if (is_given(&values[ISOLATE]) && values[ISOLATE].kind != GYM__JSON_BOOL) {
    return refuse(err, "isolate", "is true or false", &values[ISOLATE]);
  }
  if (!gym__json_is_true(&values[ISOLATE])) {
    for (size_t i = PYTHON; i < OPTION_COUNT; i++) {
      if (!is_given(&values[i])) continue;
      return gym__fail(err, GYM_ERR_JSON,
                       "the option \"%s\" under \"gogym\" is for an environment in a process of its own: add "
                       "\"isolate\": true, or leave \"%s\" out",
                       names[i], names[i]);
    }
    return GYM_OK;
  }
  int status = read_python(&values[PYTHON], out->python, err);
  if (!status) status = read_timeout(&values[TIMEOUT], &out->timeout, err);
  if (!status) status = read_memory_limit(&values[MEMORY_LIMIT], &out->memory_limit, err);
  if (!status) out->isolate = 1;
  return status;
}

/* ------------------------------------------------------------------------------------- words */

static const char *const engines[] = {"process", "sync", "vector", "envpool"};
static const char *const autoreset_modes[] = {"next_step", "same_step", "disabled"};
static const char *const gymnasium_modes[] = {"NextStep", "SameStep",
                                              "Disabled"}; /* AutoresetMode's values */
static const char *const layouts[] = {"float64", "native"};
static const char *const policies[] = {"restart", "report", "close"};

static const char *name_of(const char *const *names, size_t count, int number) {
  return number >= 0 && (size_t)number < count ? names[number] : "?";
}

const char *gym__engine_name(int engine) { return name_of(engines, COUNT(engines), engine); }

const char *gym__autoreset_name(int autoreset_mode) {
  return name_of(autoreset_modes, COUNT(autoreset_modes), autoreset_mode);
}

const char *gym__on_failure_name(int on_failure) { return name_of(policies, COUNT(policies), on_failure); }

/* ------------------------------------------------------------------------------------- gym_vec_make */

/* Reads an option that is one of some words. `other_names` may be NULL. */
static int read_word(const gym__json *own, const char *name, const char *const *names,
                     const char *const *other_names, size_t count, int *out, gym_error *err) {
  gym__json value;
  find_option(own, name, &value);
  *out = 0;
  if (!is_given(&value)) return GYM_OK;
  char known[128] = "", shown[GYM__JSON_SHOWN];
  for (size_t i = 0, length = 0; i < count; i++) {
    if (gym__json_is_text(&value, names[i]) || (other_names && gym__json_is_text(&value, other_names[i]))) {
      *out = (int)i;
      return GYM_OK;
    }
    length += (size_t)snprintf(known + length, sizeof known - length, "%s%s", i > 0 ? ", " : "", names[i]);
  }
  return gym__fail(err, GYM_ERR_JSON, "the option \"%s\" under \"gogym\" cannot be %s (known: %s)", name,
                   gym__json_show(&value, shown), known);
}

static int read_words(const gym__json *own, gym__vector_options *out, gym_error *err) {
  int engine = 0, mode = 0, layout = 0, policy = 0;
  int status = read_word(own, "engine", engines, NULL, COUNT(engines), &engine, err);
  if (!status) {
    status = read_word(own, "autoreset_mode", autoreset_modes, gymnasium_modes, COUNT(autoreset_modes), &mode,
                       err);
  }
  if (!status) status = read_word(own, "layout", layouts, NULL, COUNT(layouts), &layout, err);
  if (!status) status = read_word(own, "on_failure", policies, NULL, COUNT(policies), &policy, err);
  out->engine = (gym__engine)engine;
  out->autoreset_mode = (gym__autoreset)mode;
  out->is_native = layout;
  out->on_failure = (gym__on_failure)policy;
  return status;
}

static int read_workers(const gym__json *own, size_t num_envs, gym__vector_options *out, gym_error *err) {
  gym__json value;
  int64_t workers = 0;
  find_option(own, "workers", &value);
  if (!is_given(&value)) return GYM_OK;
  gym__json_result result = gym__json_int64(&value, &workers);
  if (result == GYM__JSON_KIND || value.text[0] == '-' || (result == GYM__JSON_OK && workers == 0)) {
    return refuse(err, "workers", "must be a number of processes, an integer of 1 or more", &value);
  }
  if (result != GYM__JSON_OK || (uint64_t)workers > num_envs) {
    char shown[GYM__JSON_SHOWN];
    return gym__fail(
        err, GYM_ERR_JSON,
        "the option \"workers\" under \"gogym\" is %s, but there %s only %zu environment%s, and each "
        "worker needs one: give %zu or less",
        gym__json_show(&value, shown), num_envs == 1 ? "is" : "are", num_envs, num_envs == 1 ? "" : "s",
        num_envs);
  }
  /* Of no use there, and no error either: a program changes its engine by changing one word. */
  out->workers = out->engine == GYM__ENGINE_SYNC ? 0 : workers;
  return GYM_OK;
}

/* Options of worker processes, which have no effect where there are none. */
static int read_process_options(const gym__json *own, gym__vector_options *out, gym_error *err) {
  gym__json value;
  find_option(own, "python", &value);
  int status = read_python(&value, out->python, err);
  find_option(own, "timeout", &value);
  if (!status) status = read_timeout(&value, &out->timeout, err);
  find_option(own, "memory_limit", &value);
  if (!status) status = read_memory_limit(&value, &out->memory_limit, err);
  if (out->engine != GYM__ENGINE_PROCESS && out->workers == 0) {
    memset(out->python, 0, sizeof out->python);
    out->timeout = 0;
    out->memory_limit = 0;
  }
  return status;
}

static int read_vector_wrappers(const gym__json *own, gym__vector_options *out, gym_error *err) {
  gym__json value;
  find_option(own, "vector_wrappers", &value);
  if (!is_given(&value)) return GYM_OK;
  if (value.kind != GYM__JSON_ARRAY && value.kind != GYM__JSON_OBJECT) {
    return refuse(err, "vector_wrappers",
                  "must be an array of objects such as {\"name\": \"NormalizeObservation\"}, or one of them",
                  &value);
  }
  out->has_vector_wrappers = value.kind == GYM__JSON_OBJECT || gym__json_count(&value) > 0;
  if (!out->has_vector_wrappers) return GYM_OK;
  char where[64];
  if (out->engine == GYM__ENGINE_PROCESS) {
    snprintf(where, sizeof where, "the engine \"process\" has none");
  } else if (out->workers > 1) {
    snprintf(where, sizeof where, "with %lld workers it is not one", (long long)out->workers);
  } else {
    return GYM_OK;
  }
  return gym__fail(
      err, GYM_ERR_WRAPPER,
      "the option \"vector_wrappers\" under \"gogym\" wraps Python's vector environment, but %s: use "
      "the engine \"sync\", or \"vector\" or \"envpool\" without \"workers\", or \"wrappers\", which "
      "wrap each environment",
      where);
}

static int check_env_options(const gym__json *own, size_t num_envs, gym_error *err) {
  gym__json value;
  find_option(own, "env_options", &value);
  if (!is_given(&value)) return GYM_OK;
  if (value.kind != GYM__JSON_ARRAY) {
    return refuse(err, "env_options", "must be an array with an object for each environment", &value);
  }
  size_t count = gym__json_count(&value);
  if (count == num_envs) return GYM_OK;
  return gym__fail(
      err, GYM_ERR_JSON,
      "the option \"env_options\" under \"gogym\" has %zu item%s, but there %s %zu environment%s: give "
      "an object for each, {} where it has no options of its own",
      count, count == 1 ? "" : "s", num_envs == 1 ? "is" : "are", num_envs, num_envs == 1 ? "" : "s");
}

static int refuse_isolate(const gym__json *own, gym_error *err) {
  gym__json value;
  find_option(own, "isolate", &value);
  if (!is_given(&value) || (value.kind == GYM__JSON_BOOL && !gym__json_is_true(&value))) return GYM_OK;
  return gym__fail(
      err, GYM_ERR_JSON,
      "the option \"isolate\" under \"gogym\" is for gym_make; a vector environment has \"engine\", and "
      "with \"process\", the default, its environments are in processes of their own");
}

/* No option that is looked for may stand twice. */
static int check_twice(const gym__json *own, gym_error *err) {
  static const char *const names[] = {"engine",     "workers",     "autoreset_mode", "layout",
                                      "on_failure", "timeout",     "memory_limit",   "python",
                                      "isolate",    "env_options", "vector_wrappers"};
  for (size_t i = 0; i < COUNT(names); i++) {
    gym__json value;
    if (gym__json_find(own, names[i], &value) == GYM__JSON_TWICE) {
      return gym__fail(err, GYM_ERR_JSON,
                       "the options of gym_vec_make: the key \"%s\" stands twice in one object", names[i]);
    }
  }
  return GYM_OK;
}

/* Gives the object under "gogym"; kind NONE where there is none. */
static int parse(const char *options, gym__json *own, gym_error *err) {
  gym__json whole;
  gym__json_problem problem;
  char shown[GYM__JSON_SHOWN];
  if (!gym__json_read(options, &whole, &problem)) {
    const char *rest = options + problem.at;
    return gym__fail(err, GYM_ERR_JSON, "the options of gym_vec_make: not JSON: %s at byte %zu of %zu%s%.*s",
                     problem.what, problem.at, strlen(options), *rest ? ", before " : "", gym__cut(rest, 40),
                     rest);
  }
  if (whole.kind != GYM__JSON_OBJECT) {
    return gym__fail(
        err, GYM_ERR_JSON,
        "the options of gym_vec_make must be a JSON object such as {\"gogym\": {\"engine\": \"sync\"}}, "
        "not %s",
        gym__json_show(&whole, shown));
  }
  if (gym__json_find(&whole, "gogym", own) == GYM__JSON_TWICE) {
    return gym__fail(err, GYM_ERR_JSON,
                     "the options of gym_vec_make: the key \"gogym\" stands twice in one object");
  }
  if (is_given(own) && own->kind != GYM__JSON_OBJECT) {
    return gym__fail(err, GYM_ERR_JSON, "the option \"gogym\" must be a JSON object, not %s",
                     gym__json_show(own, shown));
  }
  return GYM_OK;
}

int gym__read_vector_options(const char *options, size_t num_envs, gym__vector_options *out, gym_error *err) {
  gym__json own;
  memset(out, 0, sizeof *out);
  if (!options) return GYM_OK;
  int status = parse(options, &own, err);
  if (status || !is_given(&own)) return status;
  status = check_twice(&own, err);
  if (!status) status = refuse_isolate(&own, err);
  if (!status) status = read_words(&own, out, err);
  if (!status) status = read_workers(&own, num_envs, out, err);
  if (!status) status = read_process_options(&own, out, err);
  if (!status) status = read_vector_wrappers(&own, out, err);
  if (!status) status = check_env_options(&own, num_envs, err);
  return status;
}
