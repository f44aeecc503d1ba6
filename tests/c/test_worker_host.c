/* Worker processes and their host: fork, the end of the host, gym_shutdown, and the workers that are Pythons.
 * This program is its own worker, and also the host that is killed. */
#define _GNU_SOURCE
#include "worker_case.h"

/* ------------------------------------------------------------------------------------ fork */

static int count_links(const char *beginning) {
  char link[PATH_MAX], name[300];
  int count = 0;
  DIR *fds = opendir("/proc/self/fd");
  for (struct dirent *entry; fds && (entry = readdir(fds)) != NULL;) {
    snprintf(name, sizeof name, "/proc/self/fd/%s", entry->d_name);
    ssize_t length = readlink(name, link, sizeof link - 1);
    if (length < 0) continue;
    link[length] = '\0';
    count += strncmp(link, beginning, strlen(beginning)) == 0;
  }
  if (fds) closedir(fds);
  return count;
}

static int be_forked(gym__worker *worker) {
  static const char *const kinds[] = {"/memfd:gogym", "anon_inode:[pidfd]", "pidfd", "anon_inode:[eventfd]",
                                      "socket:"};
  gym__worker *fresh = NULL;
  gym__memory other;
  gym__worker_end how;
  const gym__worker_plan plan = {SELF, 0, 0};
  char path[4096];
  int good = CHECK_FAILURE(gym__worker_check(&err), GYM_ERR_FORKED, err, "fork");
  good &= CHECK_FAILURE(gym__worker_start(&plan, &memory, 0, &fresh, &err), GYM_ERR_FORKED, err, "fork");
  good &= CHECK_FAILURE(gym__memory_make(1, &other, &err), GYM_ERR_FORKED, err, "fork");
  good &= CHECK_FAILURE(gym__worker_python(NULL, path, &err), GYM_ERR_FORKED, err, "fork");
  good &= CHECK_FAILURE(gym_shutdown(&err), GYM_ERR_FORKED, err, "fork");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) good &= CHECK_INT(count_links(kinds[i]), 0);
  good &= CHECK_INT(gym__worker_count(), 0);
  gym__worker_kill(worker, "a child of fork cannot");
  gym__worker_ask_to_end(worker);
  gym__worker_describe_end(worker, &how);
  gym__worker_release(worker);
  return good;
}

static atomic_int forking = 1;

static void *keep_busy(void *unused) {
  (void)unused;
  while (atomic_load(&forking)) end(start_at(1, NULL));
  return NULL;
}

static void test_fork(void) {
  pthread_t thread;
  gym__worker_end how;
  gym__worker *worker = start("wait");
  setenv("GOGYM_TEST_WORKER", "exit 0", 1);
  if (pthread_create(&thread, NULL, keep_busy, NULL) != 0) abort();
  int child_pipe[2];
  if (pipe(child_pipe) != 0) abort();
  for (int i = 0; i < TIMES; i++) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
      alarm(60);
      int good = be_forked(worker);
      fflush(NULL);
      _exit(!good);
    }
    int status = 1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_INT(gym__worker_has_ended(worker), 0);
  }
  atomic_store(&forking, 0);
  pthread_join(thread, NULL);
  /* A child that lives on does not keep the worker's connection open. */
  pid_t child = fork();
  if (child == 0) {
    char letter;
    close(child_pipe[1]);
    _exit(read(child_pipe[0], &letter, 1) == 0 ? 0 : 1);
  }
  gym__worker_ask_to_end(worker);
  gym__worker_describe_end(worker, &how);
  CHECK_INT(how.exit_code, 0);
  end(worker);
  close(child_pipe[0]);
  close(child_pipe[1]);
  waitpid(child, NULL, 0);
}

/* ------------------------------------------------------------------------------------ the end of the host */

enum { HOST_WORKERS = 4 };

/* Starts workers of every kind, says their pids, and waits for its own end. */
static int be_host(const char *how) {
  static const char *const kinds[HOST_WORKERS] = {"wait", "deaf", "stop", "child"};
  static gym__worker *workers[HOST_WORKERS];
  char line[100];
  if (gym__memory_make(HOST_WORKERS, &memory, &err) != GYM_OK) return 1;
  for (uint32_t i = 0; i < HOST_WORKERS; i++) {
    workers[i] = start_at(i, kinds[i]);
    if (i > 0) hear(workers[i], line, sizeof line);
    if (i == 2)
      while (state_of(gym__worker_pid(workers[i])) != 'T') nap();
    printf("%d\n", gym__worker_pid(workers[i]));
  }
  printf("end\n");
  fflush(stdout);
  if (strcmp(how, "exec") == 0) execl("/bin/sleep", "sleep", "1000", (char *)NULL);
  if (strcmp(how, "exit") == 0) return 0;
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "shutdown") == 0) return gym_shutdown(NULL);
  for (;;) pause();
}

static void end_host(const char *how) {
  int pids[HOST_WORKERS] = {0}, count = 0, ends_pipe[2];
  char line[100];
  if (pipe2(ends_pipe, O_CLOEXEC) != 0) abort();
  fflush(NULL);
  pid_t host = fork();
  if (host == 0) {
    dup2(ends_pipe[1], 1);
    execl(SELF, "test_worker_process", "host", how, (char *)NULL);
    _exit(127);
  }
  close(ends_pipe[1]);
  FILE *said = fdopen(ends_pipe[0], "r");
  while (said && fgets(line, sizeof line, said) && strcmp(line, "end\n") != 0)
    if (count < HOST_WORKERS) pids[count++] = atoi(line);
  CHECK_INT(count, HOST_WORKERS);
  if (strcmp(how, "kill") == 0) kill(host, SIGKILL);
  for (int i = 0; i < count; i++)
    if (!CHECK(pids[i] > 1 && ends(pids[i]))) fprintf(stderr, "  %s: worker %d stays\n", how, i);
  if (strcmp(how, "exec") == 0) {
    CHECK(!strchr("XZ", state_of((int)host)));
    kill(host, SIGKILL);
  }
  CHECK_INT(waitpid(host, NULL, 0), host);
  if (said) fclose(said);
  /* The environment's own child stays without the worker to end it, and came here. */
  uint64_t until = gym__now_ns() + (uint64_t)(AGES * 1e9);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  for (int none = 0; !none && gym__now_ns() < until;) {
    int pid = 0;
    FILE *children = fopen(path, "r");
    none = !children || fscanf(children, "%d", &pid) != 1;
    if (children) fclose(children);
    if (none) break;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
  }
}

static void test_host(void) {
  static const char *const hows[] = {"kill", "exec", "exit", "abort", "shutdown"};
  for (size_t k = 0; k < sizeof hows / sizeof *hows; k++)
    for (int i = 0; i < (k < 2 ? TIMES : 5); i++) end_host(hows[k]);
}

/* ------------------------------------------------------------------------------------ Python */

static long long address_limit(int pid) {
  char path[64], line[200];
  long long limit = -1;
  snprintf(path, sizeof path, "/proc/%d/limits", pid);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "Max address space %lld", &limit) == 1) break;
  if (file) fclose(file);
  return limit;
}

static void test_python(void) {
  char path[4096], again[4096];
  gym__worker *worker = NULL;
  gym_value *about = NULL;
  unsetenv("GOGYM_TEST_WORKER");
  if (!CHECK_OK(gym__worker_python(NULL, path, &err), err)) return;
  CHECK_OK(gym__worker_python(path, again, &err), err);
  CHECK_STR(again, path);
  CHECK_FAILURE(gym__worker_python("/nowhere/python", again, &err), GYM_ERR_NO_PYTHON, err,
                "the option \"python\" names the Python interpreter \"/nowhere/python\"");
  const gym__worker_plan plan = {path, (uint64_t)64 << 30, 0}, small = {path, 1 << 20, 0};
  for (int i = 0; i < 3; i++) {
    gym__worker_end how;
    if (!CHECK_OK(gym__worker_start(&plan, &memory, 0, &worker, &err), err)) return;
    CHECK_OK(gym__worker_greet(worker, &about, &err), err);
    gym_value_free(about);
    CHECK_INT(address_limit(gym__worker_pid(worker)), (long long)64 << 30);
    gym__worker_ask_to_end(worker);
    gym__worker_describe_end(worker, &how);
    CHECK_STR(how.stderr_tail, "");
    CHECK_INT(how.signal, 0);
    end(worker);
  }
  be_quiet();
  int status = gym__worker_start(&small, &memory, 0, &worker, &err);
  if (!status) status = gym__worker_greet(worker, NULL, &err);
  speak_again();
  CHECK_FAILURE(status, GYM_ERR_WORKER, err, "give at least");
  end(worker);
}

static void test_shutdown(void) {
  gym__worker *worker = start("deaf"), *other = NULL;
  const gym__worker_plan plan = {SELF, 0, 0};
  CHECK_OK(gym_shutdown(&err), err);
  CHECK_INT(gym__worker_count(), 0);
  CHECK(gym__worker_has_ended(worker));
  gym__worker_release(worker);
  CHECK_FAILURE(gym__worker_start(&plan, &memory, 0, &other, &err), GYM_ERR_SHUTDOWN, err, "gym_shutdown");
  CHECK_OK(gym_shutdown(&err), err);
}

int main(int argc, char **argv) {
  static const test tests[] = {
      {"fork", test_fork},
      {"end of the host", test_host},
      {"Python", test_python},
  };
  if (argc > 3 && strcmp(argv[3], "gogym.worker") == 0) return be_worker();
  if (argc > 2 && strcmp(argv[1], "host") == 0) return be_host(argv[2]);
  run_cases(argc, argv, tests, sizeof tests / sizeof *tests);
  test_shutdown();
  gym__memory_free(&memory);
  return check_summary();
}
