/* How many CPUs may be used: the affinity, and quotas of cgroups of both versions in made-up file systems. */
#define _GNU_SOURCE
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "cpus.h"
#include "worker.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char root[64];

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *place) {
  (void)status, (void)flag, (void)place;
  return remove(path);
}

static void clear(void) {
  nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  CHECK_INT(mkdir(root, 0700), 0);
}

/* Writes a file below the root, with the folders that lead to it. */
static void put(const char *path, const char *content) {
  char full[1024];
  snprintf(full, sizeof full, "%s%s", root, path);
  for (char *slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(full, 0700);
    *slash = '/';
  }
  FILE *file = fopen(full, "w");
  if (!CHECK(file != NULL)) return;
  fputs(content, file);
  fclose(file);
}

#define OTHER_MOUNTS                                        \
  "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n" \
  "23 22 0:5 / /proc rw - proc proc rw\n"
#define MOUNT_2 "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 master:1 - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNTS_1                                                               \
  "32 31 0:29 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n" \
  "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"

static void begin(const char *cgroup, const char *mountinfo) {
  clear();
  put("/proc/self/cgroup", cgroup);
  put("/proc/self/mountinfo", mountinfo);
}

static void test_version_2(void) {
  begin("0::/a/b\n", OTHER_MOUNTS MOUNT_2);
  CHECK_INT(gym__quota_cpus(root), INT_MAX);
  put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  CHECK_INT(gym__quota_cpus(root), INT_MAX);
  put("/sys/fs/cgroup/a/cpu.max", "450000 100000\n");
  CHECK_INT(gym__quota_cpus(root), 5); /* 4.5 rounded up */
  put("/sys/fs/cgroup/a/b/cpu.max", "200000 100000\n");
  CHECK_INT(gym__quota_cpus(root), 2);
  put("/sys/fs/cgroup/cpu.max", "1 100000\n");
  CHECK_INT(gym__quota_cpus(root), 1);
  put("/sys/fs/cgroup/cpu.max", "max 100000\n");
  put("/sys/fs/cgroup/a/b/cpu.max", "300000 50000\n");
  CHECK_INT(gym__quota_cpus(root), 5); /* of the one above */
  put("/sys/cpu.max", "1 1\n");        /* not of a cgroup */
  put("/sys/fs/cpu.max", "1 1\n");
  CHECK_INT(gym__quota_cpus(root), 5);

  begin("0::/\n", OTHER_MOUNTS MOUNT_2); /* in a namespace of its own, as containers are */
  CHECK_INT(gym__quota_cpus(root), INT_MAX);
  put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
  CHECK_INT(gym__quota_cpus(root), 2);

  begin("0::/../outside\n", OTHER_MOUNTS MOUNT_2);
  put("/sys/fs/cgroup/cpu.max", "300000 100000\n");
  put("/sys/fs/outside/cpu.max", "100000 100000\n");
  CHECK_INT(gym__quota_cpus(root), 3);

  /* A part of the hierarchy is mounted, in a place with a space in its name. */
  begin("0::/docker/x/sub\n", "40 1 0:27 /docker/x /my\\040groups rw - cgroup2 none rw\n");
  put("/my groups/sub/cpu.max", "700000 100000\n");
  CHECK_INT(gym__quota_cpus(root), 7);
  put("/my groups/cpu.max", "600000 100000\n");
  CHECK_INT(gym__quota_cpus(root), 6);
  begin("0::/docker/xy/sub\n", "40 1 0:27 /docker/x /groups rw - cgroup2 none rw\n");
  put("/groups/cpu.max", "600000 100000\n");
  put("/groups/y/sub/cpu.max", "100000 100000\n");
  CHECK_INT(gym__quota_cpus(root), 6);
}

static void test_version_1(void) {
  begin("12:cpuset:/other\n4:cpu,cpuacct:/a/b\n1:name=systemd:/x\n", OTHER_MOUNTS MOUNTS_1);
  CHECK_INT(gym__quota_cpus(root), INT_MAX);
  put("/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n");
  put("/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
  CHECK_INT(gym__quota_cpus(root), INT_MAX);
  put("/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "250000\n");
  CHECK_INT(gym__quota_cpus(root), 3);
  put("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "150000\n");
  CHECK_INT(gym__quota_cpus(root), 3); /* the period of that one is missing */
  put("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  CHECK_INT(gym__quota_cpus(root), 2);
  put("/sys/fs/cgroup/cpuset/other/cpu.cfs_quota_us", "1\n");
  put("/sys/fs/cgroup/cpuset/other/cpu.cfs_period_us", "1\n");
  CHECK_INT(gym__quota_cpus(root), 2);

  /* A container without a namespace for cgroups: its path is the host's, which is not there. */
  begin("4:cpu,cpuacct:/docker/0123\n",
        "33 31 0:30 /docker/0123 /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n");
  put("/cg/cpu/cpu.cfs_quota_us", "400000\n");
  put("/cg/cpu/cpu.cfs_period_us", "100000\n");
  CHECK_INT(gym__quota_cpus(root), 4);

  /* Both versions at once. */
  begin("1:cpu:/\n0::/a\n",
        OTHER_MOUNTS MOUNTS_1 "39 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
  put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  CHECK_INT(gym__quota_cpus(root), 3);
  put("/sys/fs/cgroup/unified/a/cpu.max", "200000 100000\n");
  CHECK_INT(gym__quota_cpus(root), 2);
}

static void test_odd_files(void) {
  static const char *const limits[] = {
      "",         "\n",        "max",       "max max",  "100000", "100000 0",
      "0 100000", "-5 100000", "100000 -1", "x 100000", "1 x",    "9999999999999999999999999 1",
      " ",        "\xff\xfe",
  };
  for (size_t i = 0; i < COUNT(limits); i++) {
    begin("0::/\n", MOUNT_2);
    put("/sys/fs/cgroup/cpu.max", limits[i]);
    if (!CHECK_INT(gym__quota_cpus(root), INT_MAX)) fprintf(stderr, "  of %s\n", limits[i]);
  }

  static const char *const groups[] = {"",     "\n", "0", "0:", "0::", ":::", "::/", "4:cpu", "4:xcpu,cpux:/",
                                       "0:x:/"};
  for (size_t i = 0; i < COUNT(groups); i++) {
    begin(groups[i], MOUNT_2);
    gym__quota_cpus(root); /* it comes back */
  }
  static const char *const mounts[] = {
      "",
      "\n",
      " ",
      "-",
      "1 2 3",
      "1 2 3 / /x",
      "1 2 3 / /x rw",
      "1 2 3 / /x rw -",
      "1 2 3 / /x rw - cgroup2",
      "1 2 3 / /x rw - cgroup2 y",
      "1 2 3 / /\\04 rw - cgroup2 y rw",
      "1 2 3 / \\777\\ rw - cgroup2 y rw",
      "1 2 3    - cgroup2 cgroup2 rw",
      "1 2 3 / / rw - cgroup cgroup rw,xcpu",
  };
  for (size_t i = 0; i < COUNT(mounts); i++) {
    begin("0::/a\n1:cpu:/a\n", mounts[i]);
    CHECK_INT(gym__quota_cpus(root), INT_MAX);
  }
  clear();
  CHECK_INT(gym__quota_cpus(root), INT_MAX);
  CHECK_INT(gym__quota_cpus("/dev/null"), INT_MAX);

  /* Paths and lines longer than any buffer. */
  enum { LONG = 20000 };
  char *path = malloc(2 * LONG + 64);
  int length = sprintf(path, "0::/");
  for (int i = 0; i < LONG; i++) length += sprintf(path + length, "%s", i % 100 == 99 ? "/" : "a");
  sprintf(path + length, "\n0::/\n");
  begin(path, OTHER_MOUNTS MOUNT_2);
  put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  CHECK(gym__quota_cpus(root) == INT_MAX || gym__quota_cpus(root) == 2);
  path[4000] = '\n';
  path[4001] = '\0';
  begin(path, OTHER_MOUNTS MOUNT_2);
  put("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  CHECK_INT(gym__quota_cpus(root), 2);
  free(path);
}

/* ------------------------------------------------------------------------------------- affinity */

static void *on_one_cpu(void *unused) {
  cpu_set_t all, one;
  (void)unused;
  if (!CHECK_INT(sched_getaffinity(0, sizeof all, &all), 0)) return NULL;
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &all)) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    CHECK_INT(sched_setaffinity(0, sizeof one, &one), 0);
    CHECK_INT(gym__usable_cpus(), 1);
    break;
  }
  return NULL;
}

static void test_affinity(void) {
  cpu_set_t all;
  int cpus = gym__usable_cpus();
  CHECK(cpus >= 1);
  if (sched_getaffinity(0, sizeof all, &all) == 0) {
    int limit = gym__quota_cpus("");
    CHECK_INT(cpus, CPU_COUNT(&all) < limit ? CPU_COUNT(&all) : limit);
  }
  pthread_t thread;
  if (CHECK_INT(pthread_create(&thread, NULL, on_one_cpu, NULL), 0)) pthread_join(thread, NULL);
  CHECK_INT(gym__usable_cpus(), cpus);
}

int main(void) {
  const char *folder = getenv("TMPDIR");
  char made[64];
  snprintf(made, sizeof made, "%s/gogym-cpus-XXXXXX", folder && strlen(folder) < 40 ? folder : "/tmp");
  if (!CHECK(mkdtemp(made) != NULL)) return check_summary();
  snprintf(root, sizeof root, "%s", made);
  test_version_2();
  test_version_1();
  test_odd_files();
  test_affinity();
  nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  return check_summary();
}
