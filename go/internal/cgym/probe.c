/* A copy of src/gogym_c/host/probe.c, made by tools/copy_go_sources.py; edit that one. */
/* Asking an interpreter what it is, and judging the answer. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "child.h"
#include "runtime.h"

int gym__probe_timeout_ms = 30000;

/* Valid in Python 2.7 and every 3.x, because an old interpreter must be able to say that it is old.
 *
 * It runs without -I: the Python that will be started honours PYTHONPATH and the user's site-packages, so
 * the probe must see them too. What `-c` adds, the current directory, is taken away before any import.
 * Packages are looked for through sys.meta_path, which costs nothing and knows editable installations.
 * It imports no module that start-up has not imported, and leaves through os._exit: both save time. */
static const char probe_script[] =
    "import sys\n"
    "if sys.path and sys.path[0] == '': del sys.path[0]\n"
    "import os\n"
    "fields = []\n"
    "def put(key, value):\n"
    "    value = str(value) if sys.version_info[0] < 3 else os.fsencode(str(value))\n"
    "    fields.append(key.encode('ascii') + b'=' + value + b'\\0')\n"
    "def find(name):\n"
    "    for finder in sys.meta_path:\n"
    "        find_spec = getattr(finder, 'find_spec', None)\n"
    "        spec = find_spec(name, None) if find_spec else None\n"
    "        if spec is not None and spec.origin: return spec\n"
    "def table_version(spec):\n"
    "    for directory in spec.submodule_search_locations or ():\n"
    "        try:\n"
    "            with open(os.path.join(directory, '_abi.py')) as lines:\n"
    "                for line in lines:\n"
    "                    name, equals, value = line.partition('=')\n"
    "                    if equals and name.strip() == 'TABLE_VERSION':\n"
    "                        return value.partition('#')[0].strip()\n"
    "        except (OSError, ValueError): pass\n"
    "    return ''\n"
    "put('version', '%d.%d.%d' % sys.version_info[:3])\n"
    "implementation = getattr(sys, 'implementation', None)\n"
    "put('implementation', getattr(implementation, 'name', 'cpython'))\n"
    "put('executable', sys.executable)\n"
    "put('bits', 64 if sys.maxsize > 2**32 else 32)\n"
    "put('machine', os.uname()[4])\n"
    "put('prefix', sys.prefix)\n"
    "put('base_prefix', getattr(sys, 'base_exec_prefix', sys.exec_prefix))\n"
    "put('base_executable', getattr(sys, '_base_executable', None) or sys.executable)\n"
    "put('abiflags', getattr(sys, 'abiflags', ''))\n"
    "put('platlibdir', getattr(sys, 'platlibdir', 'lib'))\n"
    "put('multiarch', getattr(implementation, '_multiarch', ''))\n"
    "put('framework', getattr(sys, '_framework', ''))\n"
    "library = os.path.dirname(getattr(os, '__file__', None) or '')\n"
    "managed = library and os.path.exists(os.path.join(library, 'EXTERNALLY-MANAGED'))\n" /* PEP 668 */
    "put('managed', 1 if managed and sys.prefix == getattr(sys, 'base_prefix', sys.prefix) else 0)\n"
    "if sys.version_info[:2] >= (3, 10):\n"
    "    for name in ('gogym', 'gymnasium', 'numpy'):\n"
    "        spec = find(name)\n"
    "        if spec is None: continue\n"
    "        put(name, spec.origin)\n"
    "        if name == 'gogym': put('table_version', table_version(spec))\n"
    "os.write(1, b'\\0gogym-probe=1\\0' + b''.join(fields) + b'end=1\\0')\n"
    "os._exit(0)\n";

static const char sysconfig_script[] =
    "import sys\n"
    "if sys.path and sys.path[0] == '': del sys.path[0]\n"
    "import os, sysconfig\n"
    "v = lambda name: str(sysconfig.get_config_var(name) or '')\n"
    "found = []\n"
    "for folder in (v('LIBDIR'), os.path.join(v('LIBDIR'), v('MULTIARCH')), v('LIBPL'), "
    "v('PYTHONFRAMEWORKPREFIX')):\n"
    "    for name in (v('INSTSONAME'), v('LDLIBRARY')):\n"
    "        if folder and name and ('.so' in name or '.dylib' in name or v('PYTHONFRAMEWORK')):\n"
    "            found.append(os.fsencode(os.path.join(folder, name)) + b'\\0')\n"
    "os.write(1, b'\\0gogym-probe=1\\0' + b''.join(found) + b'end=1\\0')\n"
    "os._exit(0)\n";

/* The text behind the marker and its length, or NULL. Whatever a sitecustomize printed stands before it. */
static char *after_marker(char *data, size_t length, size_t *rest) {
  static const char marker[] = "\0gogym-probe=1"; /* with the NUL that ends it */
  static const char end[] = "\0end=1";
  char *start = memmem(data, length, marker, sizeof marker);
  if (!start) return NULL;
  start += sizeof marker;
  *rest = length - (size_t)(start - data);
  /* The NUL before "end" is the last field's, or the marker's own. */
  char *stop = memmem(start - 1, *rest + 1, end, sizeof end);
  if (!stop) return NULL;
  *rest = (size_t)(stop + 1 - start);
  return start;
}

static int is_answered(const gym__output *out) {
  size_t rest;
  return after_marker(out->text, out->length, &rest) != NULL;
}

static int begins_with(const char *text, const char *beginning) {
  return strncmp(text, beginning, strlen(beginning)) == 0;
}

#define QUOTED_SIZE 200 /* of what a program says, in bytes: it may be anything */

/* The lines of a standard error that say why, in a message's words: "" or ": why". Python's last line is the
 * exception's, but after a fatal error come lines that say nothing. */
static void explain(char *error, char *why, size_t size) {
  const char *fatal = "", *exception = "", *last = "";
  char *rest = NULL;
  for (char *line = strtok_r(error, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
    if (!line[strspn(line, " \t")]) continue;
    last = line;
    if (begins_with(line, "Fatal Python error")) {
      fatal = line;
      exception = "";
    } else if (!isspace((unsigned char)*line) && strstr(line, "Error")) {
      exception = line;
    }
  }
  const char *first = *fatal ? fatal : *exception ? exception : last;
  const char *second = *fatal ? exception : "";
  int first_length = gym__cut(first, QUOTED_SIZE), second_length = gym__cut(second, QUOTED_SIZE);
  snprintf(why, size, "%s%.*s%s%s%.*s%s", *first ? ": " : "", first_length, first,
           first[first_length] ? "..." : "", *second ? "; " : "", second_length, second,
           second[second_length] ? "..." : "");
}

/* What a program that is no Python wrote, for a message: the beginning of what was kept of it. */
static const char *quote(gym__output *out, char *quoted, size_t size) {
  size_t length = out->length;
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)out->text[i] < ' ') out->text[i] = ' ';
  const char *text = out->text + strspn(out->text, " ");
  int shown = gym__cut(text, QUOTED_SIZE);
  if (!*text)
    snprintf(quoted, size, "It wrote nothing that can be shown");
  else
    snprintf(quoted, size, "It wrote \"%.*s%s\"", shown, text, text[shown] ? "..." : "");
  return quoted;
}

const char *gym__setting(const char *reason) {
  static const char *const own[] = {GYM__REASON_CONFIG, GYM__REASON_OPTION};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (strcmp(reason, own[i]) == 0) return own[i];
  return "GOGYM_PYTHON";
}

/* Runs a script and finds its answer. */
static int ask(const char *python, const char *reason, const char *script, char *data, size_t size,
               char **answer, size_t *length, gym_error *err) {
  char error_text[4096], why[2 * QUOTED_SIZE + 16], quoted[QUOTED_SIZE + 64], how[1024];
  char executable[GYM__PATH_SIZE], program[sizeof probe_script + sizeof sysconfig_script], option[] = "-c";
  snprintf(executable, sizeof executable, "%s", python);
  snprintf(program, sizeof program, "%s", script);
  char *arguments[] = {executable, option, program, NULL};
  gym__output out = {data, size, 0}, error = {error_text, sizeof error_text, 0};
  gym__spawn_result result;
  int error_number = gym__spawn(arguments, gym__probe_timeout_ms, &out, &error, is_answered, &result);
  *answer = error_number ? NULL : after_marker(data, out.length, length);
  if (*answer) return GYM_OK;
  explain(error_text, why, sizeof why);
  if (error_number)
    snprintf(how, sizeof how, "could not be run: %s", strerror(error_number));
  else if (result.timed_out)
    snprintf(how, sizeof how, "did not answer within %g seconds and was stopped%s",
             gym__probe_timeout_ms / 1000.0, why);
  else if (result.status != -1 && WIFSIGNALED(result.status))
    snprintf(how, sizeof how, "was ended by signal %d%s", WTERMSIG(result.status), why);
  else if (result.status > 0 && WIFEXITED(result.status))
    snprintf(how, sizeof how, "ended with exit status %d%s", WEXITSTATUS(result.status), why);
  else
    snprintf(how, sizeof how, "does not answer as one%s. %s", why, quote(&out, quoted, sizeof quoted));
  return gym__fail(err, GYM_ERR_PROBE,
                   "the Python interpreter \"%s\" (from %s) %s. Set %s to the path of a Python interpreter "
                   "(3.%d to 3.%d)",
                   python, reason, how, gym__setting(reason), GYM__PYTHON_FIRST, GYM__PYTHON_LAST);
}

static const char *field(const char *data, size_t length, const char *key) {
  size_t key_length = strlen(key);
  for (const char *at = data; at < data + length; at += strlen(at) + 1)
    if (strncmp(at, key, key_length) == 0 && at[key_length] == '=') return at + key_length + 1;
  return "";
}

int gym__probe_python(const char *python, const char *reason, gym__probe *probe, gym_error *err) {
  char *answer = NULL;
  probe->reason = reason;
  int status =
      ask(python, reason, probe_script, probe->data, sizeof probe->data, &answer, &probe->length, err);
  if (status) return status;
#define FIELD(name) probe->name = field(answer, probe->length, #name)
  FIELD(executable), FIELD(prefix), FIELD(base_prefix), FIELD(base_executable), FIELD(implementation);
  FIELD(version), FIELD(abiflags), FIELD(machine), FIELD(bits), FIELD(multiarch), FIELD(platlibdir);
  FIELD(framework), FIELD(gogym), FIELD(gymnasium), FIELD(numpy), FIELD(table_version), FIELD(managed);
#undef FIELD
  if (sscanf(probe->version, "%d.%d", &probe->major, &probe->minor) != 2)
    return gym__fail(err, GYM_ERR_PROBE,
                     "the Python interpreter \"%s\" (from %s) gives its version as \"%s\". Set %s to the "
                     "path of another one",
                     python, reason, probe->version, gym__setting(reason));
  if (!*probe->executable) probe->executable = python; /* as where a wrapper clears argv[0] */
  return GYM_OK;
}

int gym__probe_sysconfig(const char *python, char *out, size_t size, gym_error *err) {
  char *answer = NULL;
  size_t length = 0;
  int status = ask(python, "", sysconfig_script, out, size - 1, &answer, &length, err);
  if (status) return status;
  memmove(out, answer, length);
  out[length] = '\0';
  return GYM_OK;
}

/* ------------------------------------------------------------------------------------ judging */

const char *gym__typed(const char *executable, char *out, size_t size) {
  if (!strpbrk(executable, " \t'\"\\$&;()<>|*?[]#~`!")) return executable;
  size_t length = 0;
  out[length++] = '\'';
  for (; *executable && length + 6 < size; executable++) {
    if (*executable == '\'') {
      memcpy(out + length, "'\\''", 4);
      length += 4;
    } else {
      out[length++] = *executable;
    }
  }
  out[length++] = '\'';
  out[length] = '\0';
  return out;
}

#define ORIGIN_SIZE 96
#define MEND_SIZE (GYM__PATH_SIZE + 512)

/* " (from GOGYM_PYTHON)": why this interpreter, so that the reader can tell whether it is the one that was
 * meant. */
static const char *origin(const gym__subject *subject, char out[ORIGIN_SIZE]) {
  if (!subject->reason) return " (which runs in this process)";
  snprintf(out, ORIGIN_SIZE, " (from %s)", subject->reason);
  return out;
}

/* What to do: choose another interpreter (that `has` the package), or `get` the package. `place`: where to
 * run the command, "" for anywhere; `what`: pip's argument. */
static const char *mend(const gym__subject *subject, const char *has, const char *get, const char *place,
                        const char *what, char out[MEND_SIZE]) {
  char path[GYM__PATH_SIZE], choose[128] = "";
  const char *typed = gym__typed(subject->executable, path, sizeof path);
  if (subject->reason)
    snprintf(choose, sizeof choose, "set %s to the path of an interpreter that has %s, or ",
             gym__setting(subject->reason), has);
  snprintf(out, MEND_SIZE, "To mend it, %s%s: %s%s -m pip install %s", choose, get, place, typed, what);
  return out;
}

/* The same where pip refuses (PEP 668). Gymnasium comes with gogym. */
static const char *mend_managed(const gym__subject *subject, const char *place, char out[MEND_SIZE]) {
  char path[GYM__PATH_SIZE], choose[128] = "";
  const char *typed = gym__typed(subject->executable, path, sizeof path);
  if (subject->reason)
    snprintf(choose, sizeof choose, ", and set %s to the path of its bin/python",
             gym__setting(subject->reason));
  snprintf(
      out, MEND_SIZE,
      "pip does not install into this Python (EXTERNALLY-MANAGED). To mend it, make a virtual environment%s: "
      "%s%s -m venv .venv && .venv/bin/python -m pip install .",
      choose, place, typed);
  return out;
}

#define IN_CHECKOUT "run in a gogym checkout: "
#define IN_CHECKOUT_OF_VERSION "run in a gogym checkout of this version: "

int gym__no_gogym(gym_error *err, const gym__subject *subject, const char *detail) {
  char from[ORIGIN_SIZE], advice[MEND_SIZE];
  return gym__fail(err, GYM_ERR_NO_GOGYM,
                   "the gogym package is not installed in the Python interpreter \"%s\"%s%s%s. %s",
                   subject->executable, origin(subject, from), *detail ? ": " : "", detail,
                   subject->is_managed ? mend_managed(subject, IN_CHECKOUT, advice)
                                       : mend(subject, "it", "install it", IN_CHECKOUT, ".", advice));
}

int gym__no_gymnasium(gym_error *err, const gym__subject *subject, const char *package) {
  char from[ORIGIN_SIZE], advice[MEND_SIZE];
  return gym__fail(err, GYM_ERR_NO_GYMNASIUM, "%s is not installed in the Python interpreter \"%s\"%s. %s",
                   package, subject->executable, origin(subject, from),
                   subject->is_managed ? mend_managed(subject, IN_CHECKOUT, advice)
                                       : mend(subject, "it", "install it", "", "\"gymnasium>=1.4\"", advice));
}

int gym__bad_table(gym_error *err, int code, const gym__subject *subject, const char *offered,
                   const char *wanted) {
  char from[ORIGIN_SIZE], advice[MEND_SIZE];
  return gym__fail(
      err, code,
      "the gogym package installed in \"%s\"%s offers function table %s, and this library (gogym %s) %s. "
      "%s%s",
      subject->executable, origin(subject, from), offered, GYM_VERSION, wanted,
      code == GYM_ERR_ABI_TOO_NEW
          ? "Build the program with the gogym library of the package's version, or mend the installation. "
          : "",
      subject->is_managed ? mend_managed(subject, IN_CHECKOUT_OF_VERSION, advice)
                          : mend(subject, "a gogym of this version", "renew the package",
                                 IN_CHECKOUT_OF_VERSION, ".", advice));
}

int gym__check_table_version(gym_error *err, long version, const gym__subject *subject) {
  char offered[48], wanted[48];
  if (version == (long)GYM__ABI_VERSION) return GYM_OK;
  int is_old = version < (long)GYM__ABI_VERSION;
  snprintf(offered, sizeof offered, "version %ld", version);
  snprintf(wanted, sizeof wanted, is_old ? "needs version %u" : "knows version %u only", GYM__ABI_VERSION);
  return gym__bad_table(err, is_old ? GYM_ERR_ABI_TOO_OLD : GYM_ERR_ABI_TOO_NEW, subject, offered, wanted);
}

static int check_version(const gym__probe *probe, gym_error *err) {
  char what[64];
  int is_cpython = strcmp(probe->implementation, "cpython") == 0;
  if (is_cpython && probe->major == 3 && probe->minor >= GYM__PYTHON_FIRST &&
      probe->minor <= GYM__PYTHON_LAST)
    return GYM_OK;
  snprintf(what, sizeof what, "%s%.40s", is_cpython ? "version " : "",
           is_cpython ? probe->version : probe->implementation);
  return gym__fail(
      err, GYM_ERR_PYTHON_VERSION,
      "the Python interpreter \"%s\" (from %s) is %s; gogym needs CPython 3.%d to 3.%d. Set %s to "
      "the path of another one",
      probe->executable, probe->reason, what, GYM__PYTHON_FIRST, GYM__PYTHON_LAST,
      gym__setting(probe->reason));
}

static int check_bits(const gym__probe *probe, gym_error *err) {
  int bits = (int)sizeof(void *) * 8;
  if (atoi(probe->bits) == bits) return GYM_OK;
  return gym__fail(
      err, GYM_ERR_ARCHITECTURE,
      "the Python interpreter \"%s\" (from %s) is a %s-bit program (on %s), and this program is a "
      "%d-bit one. Set %s to the path of another one",
      probe->executable, probe->reason, probe->bits, probe->machine, bits, gym__setting(probe->reason));
}

static int check_packages(const gym__probe *probe, gym_error *err) {
  const gym__subject subject = {probe->executable, probe->reason, *probe->managed == '1'};
  char detail[GYM__PATH_SIZE + 64], *end;
  if (!*probe->gogym) return gym__no_gogym(err, &subject, "");
  long version = strtol(probe->table_version, &end, 10);
  if (end == probe->table_version || *end) {
    snprintf(detail, sizeof detail, "\"%s\" is another package of that name", probe->gogym);
    return gym__no_gogym(err, &subject, detail);
  }
  int status = gym__check_table_version(err, version, &subject);
  if (status) return status;
  if (!*probe->gymnasium) return gym__no_gymnasium(err, &subject, "Gymnasium");
  if (!*probe->numpy) return gym__no_gymnasium(err, &subject, "NumPy, which Gymnasium needs,");
  return GYM_OK;
}

int gym__check_probe(const gym__probe *probe, gym_error *err) {
  int status = check_version(probe, err);
  if (!status) status = check_bits(probe, err);
  if (!status) status = check_packages(probe, err);
  return status;
}
