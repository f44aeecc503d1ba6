/* A copy of src/gogym_c/host/cpus.c, made by tools/copy_go_sources.py; edit that one. */
/* How many CPUs this process may use. A container is often given a share of a large machine: then neither the
 * machine's CPUs nor the affinity say how much runs at once, but the quota of its cgroup. */
#define _GNU_SOURCE
#include "cpus.h"

#include <limits.h>
#include <unistd.h>

#include "worker.h"

#if defined(__linux__)

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

/* The CPUs of this thread's affinity; 0 where the kernel does not say. */
static int affinity(void) {
  /* The kernel refuses a set that is smaller than its own, and does not say how large that is. */
  for (int most = CPU_SETSIZE; most <= CPU_SETSIZE << 10; most *= 2) {
    cpu_set_t *set = CPU_ALLOC((size_t)most);
    if (!set) return 0;
    size_t nbytes = CPU_ALLOC_SIZE((size_t)most);
    CPU_ZERO_S(nbytes, set);
    int count = sched_getaffinity(0, nbytes, set) == 0 ? CPU_COUNT_S(nbytes, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return 0;
}

/* ------------------------------------------------------------------------------------- cgroups */

/* The two kinds that there are, both of which can be mounted at once; the CPU's controller is in one of them.
 */
typedef enum version { VERSION_1, VERSION_2 } version;

/* Where this process's cgroup is. */
typedef struct place {
  char path[GYM__PATH_SIZE]; /* in its hierarchy, "/" or "/a/b" */
  char root[GYM__PATH_SIZE]; /* what of the hierarchy is mounted, also a path in it */
  char mount[GYM__PATH_SIZE];
} place;

static int copy_text(char *to, size_t size, const char *text) {
  int written = snprintf(to, size, "%s", text);
  return written >= 0 && (size_t)written < size;
}

/* Whether a list such as "rw,cpu,cpuacct" has an item. */
static int has_item(const char *list, const char *item) {
  size_t length = strlen(item);
  for (const char *at = list;; at++) {
    size_t here = strcspn(at, ",");
    if (here == length && strncmp(at, item, length) == 0) return 1;
    at += here;
    if (!*at) return 0;
  }
}

static FILE *open_file(const char *prefix, const char *directory, const char *name) {
  char path[3 * GYM__PATH_SIZE];
  int written = snprintf(path, sizeof path, "%s%s/%s", prefix, directory, name);
  return written > 0 && (size_t)written < sizeof path ? fopen(path, "re") : NULL;
}

/* A line of a file without its end; 0: there is none. */
static int read_line(FILE *file, char **line, size_t *size) {
  if (getline(line, size, file) < 0) return 0;
  (*line)[strcspn(*line, "\n")] = '\0';
  return 1;
}

/* The path of this process's cgroup, from lines such as "4:cpu,cpuacct:/a/b" and, of version 2, "0::/a/b". */
static int find_path(const char *prefix, version kind, place *out) {
  FILE *file = open_file(prefix, "/proc/self", "cgroup");
  char *line = NULL;
  size_t size = 0;
  int found = 0;
  if (!file) return 0;
  while (!found && read_line(file, &line, &size)) {
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path) continue;
    *path++ = '\0';
    int is_wanted = kind == VERSION_2 ? strcmp(line, "0:") == 0 : has_item(controllers + 1, "cpu");
    found = is_wanted && copy_text(out->path, sizeof out->path, path);
  }
  free(line);
  fclose(file);
  return found;
}

/* A path of mountinfo, where spaces and the like are written \040. */
static void resolve_escapes(char *text) {
  char *to = text;
  for (const char *at = text; *at; to++) {
    if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' && at[3] >= '0' &&
        at[3] <= '7') {
      *to = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
      at += 4;
    } else {
      *to = *at++;
    }
  }
  *to = '\0';
}

/* Takes a word off the front. */
static char *take_word(char **rest) {
  char *word = *rest + strspn(*rest, " ");
  char *end = word + strcspn(word, " ");
  *rest = *end ? end + 1 : end;
  *end = '\0';
  return word;
}

/* A line of mountinfo: "36 35 98:0 /root /mount options - type source more,options", with zero or more words
 * before the lone "-". */
static int read_mount(char *line, version kind, place *out) {
  char *words[5], *word;
  for (int i = 0; i < 5; i++)
    words[i] = take_word(&line); /* words[3] and words[4] are root and mount point */
  do {
    word = take_word(&line);
  } while (*word && strcmp(word, "-") != 0);
  const char *type = take_word(&line);
  take_word(&line);
  const char *options = take_word(&line);
  if (kind == VERSION_2 ? strcmp(type, "cgroup2") != 0
                        : strcmp(type, "cgroup") != 0 || !has_item(options, "cpu")) {
    return 0;
  }
  resolve_escapes(words[3]);
  resolve_escapes(words[4]);
  return copy_text(out->root, sizeof out->root, words[3]) &&
         copy_text(out->mount, sizeof out->mount, words[4]);
}

static int find_mount(const char *prefix, version kind, place *out) {
  FILE *file = open_file(prefix, "/proc/self", "mountinfo");
  char *line = NULL;
  size_t size = 0;
  int found = 0;
  if (!file) return 0;
  while (!found && read_line(file, &line, &size)) found = read_mount(line, kind, out);
  free(line);
  fclose(file);
  return found;
}

/* The numbers at the beginning of a file: how many of them could be read. "max" is none. */
static int read_numbers(const char *prefix, const char *directory, const char *name, long long *out,
                        int most) {
  FILE *file = open_file(prefix, directory, name);
  char text[128];
  int count = 0;
  if (!file) return 0;
  if (fgets(text, sizeof text, file)) {
    char *at = text;
    for (char *end; count < most; at = end, count++) {
      out[count] = strtoll(at, &end, 10);
      if (end == at) break;
    }
  }
  fclose(file);
  return count;
}

/* The CPUs that one cgroup's own quota is worth; INT_MAX where it has none. */
static int quota(const char *prefix, const char *directory, version kind) {
  long long numbers[2]; /* microseconds of CPU time in a period, and the period */
  int count;
  if (kind == VERSION_2) {
    count = read_numbers(prefix, directory, "cpu.max", numbers, 2);
  } else {
    count = read_numbers(prefix, directory, "cpu.cfs_quota_us", numbers, 1);
    count += count ? read_numbers(prefix, directory, "cpu.cfs_period_us", numbers + 1, 1) : 0;
  }
  if (count < 2 || numbers[0] <= 0 || numbers[1] <= 0) return INT_MAX; /* -1 is no quota in version 1 */
  long long cpus = numbers[0] / numbers[1] + (numbers[0] % numbers[1] != 0);
  return cpus < INT_MAX ? (int)cpus : INT_MAX;
}

/* The smallest quota of this process's cgroup and those above it, as far as they can be seen. */
static int smallest_quota(const char *prefix, version kind) {
  place here;
  int smallest = INT_MAX;
  if (!find_path(prefix, kind, &here) || !find_mount(prefix, kind, &here)) return smallest;
  /* What is mounted is `root` and what is below it. A path that is not there ("/../x" where it lies outside
   * of this process's namespace) leaves the mount point itself. */
  size_t length = strcmp(here.root, "/") == 0 ? 0 : strlen(here.root);
  const char *below = "";
  if (strncmp(here.path, here.root, length) == 0 && (here.path[length] == '/' || !here.path[length])) {
    below = here.path + length;
  }
  if (strncmp(below, "/..", 3) == 0) below = "";
  char directory[2 * GYM__PATH_SIZE];
  snprintf(directory, sizeof directory, "%s%s", here.mount, below);
  size_t top = strlen(here.mount);
  for (;;) {
    int cpus = quota(prefix, directory, kind);
    if (cpus < smallest) smallest = cpus;
    char *slash = strrchr(directory + top, '/');
    if (!slash) return smallest;
    *slash = '\0';
  }
}

int gym__quota_cpus(const char *prefix) {
  int first = smallest_quota(prefix, VERSION_1), second = smallest_quota(prefix, VERSION_2);
  return first < second ? first : second;
}

#else /* no Linux */

static int affinity(void) { return 0; }

int gym__quota_cpus(const char *prefix) {
  (void)prefix;
  return INT_MAX;
}

#endif

int gym__usable_cpus(void) {
  int cpus = affinity(), limit = gym__quota_cpus("");
  if (cpus <= 0) cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
  if (cpus > limit) cpus = limit;
  return cpus > 0 ? cpus : 1;
}
