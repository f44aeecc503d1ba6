/* Finding and loading libpython, and taking the symbols from it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <mach-o/dyld.h>
#else
#include <elf.h>
#include <link.h>
#endif

#include "python_symbols.h"
#include "runtime.h"

gym__python_api gym__python;

/* Guards the filling of gym__python. Nothing that is done under it waits for the GIL. */
static pthread_mutex_t filling = PTHREAD_MUTEX_INITIALIZER;
static atomic_int filled; /* set once gym__python may be read */

/* RTLD_GLOBAL: extension modules take Python's symbols from the global scope, not from a library of theirs.
 * RTLD_NODELETE: Python cannot be unloaded. */
#define LOAD_FLAGS (RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE)

/* ISO C has no conversion from dlsym's object pointer to a function pointer; POSIX promises the copy. */
#define TAKE(handle, member, symbol)             \
  do {                                           \
    void *address = dlsym(handle, symbol);       \
    memcpy(&(member), &address, sizeof address); \
  } while (0)

/* ------------------------------------------------------------------------------------ symbols */

static int wanted(int minor, int first, int last) {
  return (first == 0 || minor >= first) && (last == 0 || minor <= last);
}

/* Fills gym__python from a library whose Python was found to be 3.minor. */
static int take_symbols(void *handle, int minor, const char *name, gym_error *err) {
  gym__python_api api = {.minor = minor};
#define SYMBOL(first, last, result, symbol, arguments)                                                 \
  if (wanted(minor, first, last)) {                                                                    \
    TAKE(handle, api.symbol, #symbol);                                                                 \
    if (!api.symbol)                                                                                   \
      return gym__fail(err, GYM_ERR_PYTHON_START, "\"%s\" lacks the function %s of Python 3.%d", name, \
                       #symbol, minor);                                                                \
  }
  GYM__PYTHON_MAP(SYMBOL)
#undef SYMBOL
  gym__python = api;
  atomic_store_explicit(&filled, 1, memory_order_release);
  return GYM_OK;
}

void gym__libpython_in_child(void) { pthread_mutex_init(&filling, NULL); }

int gym__python_runs(void) {
  return atomic_load_explicit(&filled, memory_order_acquire) && gym__python.Py_IsInitialized();
}

/* The version of the Python in a library: 1000 * major + minor; 0 where there is none. */
static int library_version(void *handle) {
  const char *(*get_version)(void);
  int major, minor;
  TAKE(handle, get_version, "Py_GetVersion");
  if (!get_version || sscanf(get_version(), "%d.%d", &major, &minor) != 2) return 0;
  return 1000 * major + minor;
}

/* ------------------------------------------------------------------------------------ adopting */

static int is_libpython(const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  /* libpython3.so only forwards to the real one. */
  if (strncmp(name, "libpython", 9) == 0) return strcmp(name, "libpython3.so") != 0;
  return strcmp(name, "Python") == 0;
}

typedef struct loaded {
  char path[GYM__PATH_SIZE];
} loaded;

#if defined(__APPLE__)
static int find_loaded(loaded *found) {
  for (uint32_t i = 0; i < _dyld_image_count(); i++) {
    const char *name = _dyld_get_image_name(i);
    if (name && is_libpython(name)) return snprintf(found->path, sizeof found->path, "%s", name) > 0;
  }
  return 0;
}
#else
static int look_at_object(struct dl_phdr_info *info, size_t size, void *argument) {
  loaded *found = argument;
  (void)size;
  if (!info->dlpi_name || !is_libpython(info->dlpi_name)) return 0;
  return snprintf(found->path, sizeof found->path, "%s", info->dlpi_name) > 0;
}

static int find_loaded(loaded *found) { return dl_iterate_phdr(look_at_object, found); }
#endif

/* Makes a library's symbols global that something loaded with RTLD_LOCAL. A handle, or NULL. */
static void *promote(const char *path) { return dlopen(path, LOAD_FLAGS | RTLD_NOLOAD); }

static int adopt(gym_error *err) {
  loaded found = {{0}};
  Dl_info where;
  void *handle = RTLD_DEFAULT;
  void *symbol = dlsym(RTLD_DEFAULT, "Py_IsInitialized");
  if (symbol) {
    /* A Python that is linked into the program has no library to promote, and needs none. */
    if (dladdr(symbol, &where) && where.dli_fname && is_libpython(where.dli_fname)) promote(where.dli_fname);
    snprintf(found.path, sizeof found.path, "%s", "this program");
  } else {
    if (!find_loaded(&found)) return 0;
    handle = promote(found.path);
    if (!handle || !dlsym(handle, "Py_IsInitialized")) return 0;
  }
  int version = library_version(handle);
  if (version < 3000 + GYM__PYTHON_FIRST || version > 3000 + GYM__PYTHON_LAST)
    return -gym__fail(
        err, GYM_ERR_PYTHON_VERSION,
        "the Python that is already loaded in this process is version %d.%d; gogym needs 3.%d to 3.%d",
        version / 1000, version % 1000, GYM__PYTHON_FIRST, GYM__PYTHON_LAST);
  int status = take_symbols(handle, version - 3000, found.path, err);
  return status ? -status : 1;
}

int gym__adopt_libpython(gym_error *err) {
  if (atomic_load_explicit(&filled, memory_order_acquire)) return 1;
  pthread_mutex_lock(&filling);
  int result = atomic_load_explicit(&filled, memory_order_relaxed) ? 1 : adopt(err);
  pthread_mutex_unlock(&filling);
  return result;
}

/* ------------------------------------------------------------------------------------ architecture */

/* The machine that this file was compiled for; 0 where it is not in the list, and nothing is then compared.
 */
#if defined(__APPLE__)
static int other_architecture(const char *path, char *why, size_t size) {
  (void)path, (void)why, (void)size;
  return 0; /* universal binaries hold several; dlopen's own message says it */
}
#else
#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__i386__)
#define OWN_MACHINE EM_386
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#elif defined(__arm__)
#define OWN_MACHINE EM_ARM
#elif defined(__powerpc64__)
#define OWN_MACHINE EM_PPC64
#elif defined(__s390__)
#define OWN_MACHINE EM_S390
#elif defined(__riscv)
#define OWN_MACHINE 243
#else
#define OWN_MACHINE 0
#endif

static const char *machine_name(int machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "x86 (32 bits)";
    case EM_AARCH64:
      return "ARM 64";
    case EM_ARM:
      return "ARM (32 bits)";
    case EM_PPC64:
      return "PowerPC 64";
    case EM_S390:
      return "S/390";
    case 243:
      return "RISC-V";
    default:
      return "another machine";
  }
}

/* Whether an ELF file is for another machine, word size or byte order than this code. */
static int other_architecture(const char *path, char *why, size_t size) {
  unsigned char header[20];
  const int one = 1;
  const int own_class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
  const int own_data = *(const char *)&one ? ELFDATA2LSB : ELFDATA2MSB;
  FILE *file = fopen(path, "rbe");
  if (!file) return 0;
  size_t got = fread(header, 1, sizeof header, file);
  fclose(file);
  if (got != sizeof header || memcmp(header, ELFMAG, SELFMAG) != 0) return 0;
  int low = header[EI_DATA] == ELFDATA2LSB;
  int machine = low ? header[18] | header[19] << 8 : header[19] | header[18] << 8;
  if (header[EI_CLASS] == own_class && header[EI_DATA] == own_data &&
      (!OWN_MACHINE || machine == OWN_MACHINE))
    return 0;
  snprintf(why, size, "it is built for %s (%s bits), and this program for %s (%d bits)",
           machine_name(machine), header[EI_CLASS] == ELFCLASS64 ? "64" : "32", machine_name(OWN_MACHINE),
           (int)sizeof(void *) * 8);
  return 1;
}
#endif

/* ------------------------------------------------------------------------------------ candidates */

typedef struct attempt {
  const gym__probe *probe;
  char loaded[GYM__PATH_SIZE];
  void *handle;
  int status; /* of the first candidate that exists and cannot be used */
  char failure[1024];
  char looked[GYM_ERROR_MESSAGE_SIZE]; /* the candidates that do not exist */
  size_t looked_length;
} attempt;

/* Tries one path. 1: done, with handle or a failure that ends the search. */
static int try_path(attempt *at, const char *path) {
  char why[256];
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
    size_t left = sizeof at->looked - at->looked_length;
    int written = snprintf(at->looked + at->looked_length, left, "\n  %s", path);
    if (written > 0) at->looked_length += (size_t)written < left ? (size_t)written : left - 1;
    return 0;
  }
  if (other_architecture(path, why, sizeof why)) {
    at->status = GYM_ERR_ARCHITECTURE;
    snprintf(at->failure, sizeof at->failure, "\"%.*s\" cannot be loaded: %s", gym__cut(path, 700), path,
             why);
    return 0;
  }
  at->handle = dlopen(path, LOAD_FLAGS);
  if (!at->handle) {
    const char *text = dlerror();
    if (!at->status) at->status = GYM_ERR_NO_LIBPYTHON;
    if (!text) text = "unknown";
    snprintf(at->failure, sizeof at->failure, "\"%.*s\" cannot be loaded: %.*s", gym__cut(path, 400), path,
             gym__cut(text, 500), text);
    return 0;
  }
  int version = library_version(at->handle);
  if (version == 1000 * at->probe->major + at->probe->minor) {
    snprintf(at->loaded, sizeof at->loaded, "%s", path);
    return 1;
  }
  at->handle = NULL;
  at->status = GYM_ERR_NO_LIBPYTHON;
  snprintf(at->failure, sizeof at->failure, "\"%.*s\" holds Python %d.%d", gym__cut(path, 700), path,
           version / 1000, version % 1000);
  return 0;
}

static int try_in(attempt *at, const char *directory) {
#if defined(__APPLE__)
  static const char *const endings[] = {".dylib"};
#else
  static const char *const endings[] = {".so.1.0", ".so"};
#endif
  char path[GYM__PATH_SIZE];
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    snprintf(path, sizeof path, "%.3000s/libpython%d.%d%.16s%s", directory, at->probe->major,
             at->probe->minor, at->probe->abiflags, endings[i]);
    if (try_path(at, path)) return 1;
  }
  return 0;
}

/* The places where a libpython lies that need no question, in the order of the builds that are most common.
 */
static int try_usual_places(attempt *at) {
  const gym__probe *probe = at->probe;
  const char *prefix = probe->base_prefix;
  char directory[GYM__PATH_SIZE];
#define TRY(...)                                      \
  snprintf(directory, sizeof directory, __VA_ARGS__); \
  if (try_in(at, directory)) return 1
  if (*probe->framework) {
    snprintf(directory, sizeof directory, "%s/%s", prefix, probe->framework);
    if (try_path(at, directory)) return 1;
  }
  TRY("%s/lib", prefix);
  if (*probe->multiarch) {
    TRY("%s/lib/%s", prefix, probe->multiarch);
  }
  if (strcmp(probe->platlibdir, "lib") != 0) {
    TRY("%s/%s", prefix, probe->platlibdir);
  }
  TRY("%s/lib64", prefix);
#undef TRY
  return 0;
}

static int try_sysconfig(attempt *at) {
  char places[8192];
  if (gym__probe_sysconfig(at->probe->executable, places, sizeof places, NULL) != GYM_OK) return 0;
  for (const char *place = places; *place; place += strlen(place) + 1)
    if (try_path(at, place)) return 1;
  return 0;
}

/* How to get a libpython for the interpreter, as well as can be told from where it lies. */
static void advise(const gym__probe *probe, char *out, size_t size) {
  const char *pyenv = getenv("PYENV_ROOT");
  const char *prefix = probe->base_prefix;
  if (strcmp(prefix, "/usr") == 0 && access("/etc/debian_version", F_OK) == 0)
    snprintf(out, size,
             "Debian and Ubuntu keep it in a package of its own. To install it: apt install libpython%d.%d%s",
             probe->major, probe->minor, probe->abiflags);
  else if (strstr(prefix, "/.pyenv/") || (pyenv && *pyenv && strncmp(prefix, pyenv, strlen(pyenv)) == 0))
    snprintf(out, size,
             "pyenv builds it only when asked to. To build it: PYTHON_CONFIGURE_OPTS=\"--enable-shared\" "
             "pyenv install "
             "--force %s",
             probe->version);
  else
    snprintf(
        out, size,
        "This Python was built without a shared library. To mend it, install its libpython%d.%d package or "
        "build Python with --enable-shared",
        probe->major, probe->minor);
}

static int load(const gym__probe *probe, gym_error *err) {
  attempt *at = calloc(1, sizeof *at);
  const char *setting = gym__setting(probe->reason);
  int status = GYM_OK;
  if (!at) return gym__fail(err, GYM_ERR_MEMORY, "out of memory");
  at->probe = probe;
  /* A candidate for another architecture does not end the search, but is told if nothing else is found. */
  if (try_usual_places(at) || try_sysconfig(at)) {
    status = take_symbols(at->handle, probe->minor, at->loaded, err);
  } else if (at->status) {
    status =
        gym__fail(err, at->status,
                  "the library of the Python interpreter \"%s\" (from %s): %s. Set %s to the path of another "
                  "interpreter%s",
                  probe->executable, probe->reason, at->failure, setting,
                  at->status == GYM_ERR_ARCHITECTURE ? ", which is built as this program is" : "");
  } else {
    char advice[512];
    advise(probe, advice, sizeof advice);
    status =
        gym__fail(err, GYM_ERR_NO_LIBPYTHON,
                  "the Python interpreter \"%s\" (%s, from %s) has no libpython that can be loaded. %s. Or "
                  "set %s to the path of another interpreter. Looked for:%s",
                  probe->executable, probe->version, probe->reason, advice, setting, at->looked);
  }
  free(at);
  return status;
}

int gym__load_libpython(const gym__probe *probe, gym_error *err) {
  pthread_mutex_lock(&filling);
  int status = load(probe, err);
  pthread_mutex_unlock(&filling);
  return status;
}
