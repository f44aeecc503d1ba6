/* For tests of worker processes: which processes there are, and what is open in this one. Programs that
 * include it begin with #define _GNU_SOURCE. */
#ifndef PROCESSES_H_
#define PROCESSES_H_

#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static inline void sleep_ms(long milliseconds) {
  const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&pause, NULL);
}

/* The state ('R', 'S', 'T', 'Z' ...) and parent of a process; '-' where there is none. */
static inline char process_state(pid_t pid, pid_t *parent) {
  char path[64], line[512], state = '-';
  int number = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *file = fopen(path, "r");
  if (!file) return '-';
  size_t length = fread(line, 1, sizeof line - 1, file);
  fclose(file);
  line[length] = '\0';
  const char *behind_name = strrchr(line, ')');
  if (!behind_name || sscanf(behind_name + 1, " %c %d", &state, &number) != 2) return '-';
  if (parent) *parent = (pid_t)number;
  return state;
}

/* Whether it runs, sleeps or is stopped: a zombie does not live. */
static inline int is_alive(pid_t pid) { return !strchr("-ZX", process_state(pid, NULL)); }

/* 1: it has gone in time. */
static inline int is_gone(pid_t pid, double seconds) {
  for (double waited = 0; is_alive(pid); waited += 0.005) {
    if (waited > seconds) return 0;
    sleep_ms(5);
  }
  return 1;
}

/* How many processes are children of this one, zombies too. */
static inline int count_children(void) {
  int count = 0;
  DIR *all = opendir("/proc");
  for (struct dirent *entry; all && (entry = readdir(all)) != NULL;) {
    pid_t parent = 0, pid = (pid_t)atoi(entry->d_name);
    if (pid > 0 && process_state(pid, &parent) != '-' && parent == getpid()) count++;
  }
  if (all) closedir(all);
  return count;
}

static inline int count_fds(void) {
  int count = -1; /* the folder's own */
  DIR *all = opendir("/proc/self/fd");
  for (struct dirent *entry; all && (entry = readdir(all)) != NULL;) count += entry->d_name[0] != '.';
  if (all) closedir(all);
  return count;
}

static inline void print_fds(void) {
  char path[300], target[300];
  DIR *all = opendir("/proc/self/fd");
  for (struct dirent *entry; all && (entry = readdir(all)) != NULL;) {
    snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length > 0) fprintf(stderr, "  %s %.*s\n", entry->d_name, (int)length, target);
  }
  if (all) closedir(all);
}

/* How many mappings of this process are shared memory of gogym's. */
static inline int count_mappings(void) {
  char line[1024];
  int count = 0;
  FILE *file = fopen("/proc/self/maps", "r");
  while (file && fgets(line, sizeof line, file)) count += strstr(line, "gogym-") != NULL;
  if (file) fclose(file);
  return count;
}

/* How many files of gogym's are in /dev/shm, where none should ever be. */
static inline int count_named_memory(void) {
  int count = 0;
  DIR *all = opendir("/dev/shm");
  for (struct dirent *entry; all && (entry = readdir(all)) != NULL;)
    count += strstr(entry->d_name, "gogym") != NULL;
  if (all) closedir(all);
  return count;
}

/* Nothing is left of what was made: workers end a moment after their vector environment. */
static inline int check_nothing_left(int fds_before, const char *what) {
  for (int i = 0; i < 1000 && (count_children() > 0 || count_fds() > fds_before); i++) sleep_ms(10);
  int good = CHECK_INT(count_children(), 0);
  good &= CHECK_INT(count_fds(), fds_before);
  good &= CHECK_INT(count_mappings(), 0);
  good &= CHECK_INT(count_named_memory(), 0);
  if (!good) fprintf(stderr, "  after %s; open are:\n", what);
  if (!good) print_fds();
  return good;
}

/* A generator of random numbers: the same ones in every run. */
static inline uint32_t random_below(uint64_t *state, uint32_t limit) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((*state >> 33) % limit);
}

#endif /* PROCESSES_H_ */
