/* Vector environments and what happens to their host: it is killed, forks, becomes another program, gets
 * signals, has many threads, shuts down. No worker stays behind. This program is also the host that is
 * killed. GOGYM_TEST_ROUNDS says how many times as often each case comes, GOGYM_TEST_ONLY which. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "child_case.h"
#include "every_call.h"
#include "processes.h"

#define FAULTY "gogym_test_vector:gogym_test/Faulty-v0"
#define SLOW "gogym_test_vector:gogym_test/Slow-v0"

enum { N = 6, WORKERS = 2 };

static gym_error err = GYM_ERROR_INIT;
static int action_exit, action_loop;

static gym_vec make(const char *id, size_t n, const char *options) {
  gym_vec vec = {0};
  const int64_t seed = 4;
  if (!CHECK_OK(gym_vec_make(id, n, options, &vec, &err), err)) exit(1);
  CHECK_OK(gym_vec_reset(vec, &seed, 1, NULL, NULL, NULL, 0, &err), err);
  return vec;
}

static int64_t number_at(const gym_value *value) {
  int64_t number = -1;
  gym_value_int64(value, &number, NULL);
  return number;
}

static int pids_of(gym_vec vec, int *pids) {
  gym_value *about = NULL;
  CHECK_OK(gym_vec_describe(vec, &about, &err), err);
  const gym_value *workers = gym_value_get(about, "workers");
  int count = (int)gym_value_count(workers);
  for (int i = 0; i < count; i++)
    pids[i] = (int)number_at(gym_value_get(gym_value_at(workers, (size_t)i), "pid"));
  gym_value_free(about);
  return count;
}

static void learn_actions(gym_vec vec) {
  gym_value *lists = NULL;
  if (!CHECK_OK(gym_vec_call(vec, "unwrapped.faults", NULL, &lists, &err), err)) return;
  const gym_value *names = gym_value_at(lists, 0);
  for (size_t i = 0; i < gym_value_count(names); i++) {
    const char *name = gym_value_string(gym_value_at(names, i), NULL);
    if (strcmp(name, "exit") == 0) action_exit = (int)i;
    if (strcmp(name, "loop") == 0) action_loop = (int)i;
  }
  gym_value_free(lists);
}

/* ------------------------------------------------------------------------------------- a host that is killed
 */

static void step_for_ever(gym_vec vec, int fault) {
  double actions[N] = {0}, obs[N][3];
  for (unsigned step = 0;; step++) {
    actions[2] = fault && step % 20 == 19 ? fault : 0;
    gym_vec_step(vec, actions, N, obs[0], N * 3, NULL, 0, NULL);
  }
}

static void *receive_for_ever(void *argument) {
  const gym_vec *vec = argument;
  int64_t ids[N];
  size_t count;
  for (;;) gym_vec_recv(*vec, N, -1, ids, NULL, 0, NULL, 0, &count, NULL);
  return NULL;
}

/* What a host does until it is killed, or ends by itself. Its pids are written to `out` when they are known.
 */
static int be_host(const char *what, int out) {
  int pids[WORKERS] = {0};
  double actions[N] = {0};
  pthread_t thread;
#define IS(name) (strcmp(what, name) == 0)
  if (IS("making")) {
    if (write(out, pids, sizeof pids) < 0) return 9;
    for (;;) gym_vec_close(make(FAULTY, N, "{\"gogym\": {\"workers\": 2}}"), NULL);
  }
  gym_vec vec = make(FAULTY, N, "{\"work\": 0.0002, \"gogym\": {\"workers\": 2}}");
  learn_actions(vec);
  pids_of(vec, pids);
  if (IS("stopped")) kill(pids[1], SIGSTOP);
  if (IS("looping")) {
    actions[1] = action_loop;
    gym_vec_send(vec, NULL, 0, actions, N, NULL);
  }
  if (IS("sending") && pthread_create(&thread, NULL, receive_for_ever, &vec)) return 9;
  if (IS("leaving")) gym_vec_send(vec, NULL, 0, actions, N, NULL);
  if (write(out, pids, sizeof pids) < 0) return 9;
  if (IS("stepping") || IS("stopped")) step_for_ever(vec, 0);
  if (IS("restarting")) step_for_ever(vec, action_exit);
  while (IS("sending")) {
    for (int64_t row = 0; row < N; row++) gym_vec_send(vec, &row, 1, actions, 1, NULL);
  }
  if (IS("aborting")) abort();
  if (IS("leaving")) return 0;
  if (IS("exec")) execl("/bin/sleep", "sleep", "1000", (char *)NULL);
  for (;;) pause();
}

/* Starts a host; gives its pid, and the descriptor that it writes its workers' pids to. */
static pid_t start_host(const char *what, int *from) {
  int ends[2];
  char text[20];
  if (pipe(ends) != 0) abort();
  fflush(NULL);
  pid_t host = fork();
  if (host == 0) {
    close(ends[0]);
    setpgid(0, 0);
    int null_fd = open("/dev/null", O_WRONLY);
    dup2(null_fd, 2);
    snprintf(text, sizeof text, "%d", ends[1]);
    execl("/proc/self/exe", "host", what, text, (char *)NULL);
    _exit(99);
  }
  close(ends[1]);
  *from = ends[0];
  return host;
}

/* Waits until all processes that have come to this one are gone; it is their parent when their own has ended.
 */
static int reap_all(double seconds) {
  for (double waited = 0; waited < seconds;) {
    pid_t pid = waitpid(-1, NULL, WNOHANG);
    if (pid < 0 && errno == ECHILD) return 1;
    if (pid > 0) continue;
    sleep_ms(5);
    waited += 0.005;
  }
  return 0;
}

static void kill_host(const char *what, int times) {
  uint64_t random = 12345;
  for (int i = 0; i < times; i++) {
    int from, pids[WORKERS] = {0}, status = 0;
    pid_t host = start_host(what, &from);
    int heard = read(from, pids, sizeof pids) == (ssize_t)sizeof pids;
    CHECK(heard);
    close(from);
    int ends_itself = IS("aborting") || IS("leaving") || IS("exec");
    if (IS("exec")) { /* the workers have gone with the program that made them */
      for (int w = 0; w < WORKERS; w++) CHECK(is_gone(pids[w], 30));
      CHECK(is_alive(host));
      kill(host, SIGKILL);
    }
    usleep(random_below(&random, IS("making") ? 700000 : 20000));
    if (!ends_itself) kill(host, SIGKILL);
    while (waitpid(host, &status, 0) < 0 && errno == EINTR) {
    }
    CHECK(IS("leaving") ? WIFEXITED(status) && WEXITSTATUS(status) == 0 : WIFSIGNALED(status));
    if (!CHECK(reap_all(30))) fprintf(stderr, "  a worker stays: %s\n", what);
    for (int w = 0; w < WORKERS && !IS("making"); w++) CHECK(!is_alive(pids[w]));
  }
  printf("host %s: %d times\n", what, times);
}

/* ------------------------------------------------------------------------------------- all calls */

static int check_vec_calls(gym_vec vec, int expected, const char *needle) {
  gym_value *value;
  gym_space space;
  gym_vec other;
  gym_vec_view view = GYM_VEC_VIEW_INIT;
  double x[64] = {0};
  gym_transition out[8];
  int64_t ids[8] = {0};
  size_t size;
  gym_error mine = GYM_ERROR_INIT;
  FILL(value), FILL(space), FILL(other), FILL(size), FILL(out);
#define FAILS(call) CHECK_FAILURE(call, expected, mine, needle)
  int good = FAILS(gym_vec_make("CartPole-v1", 1, NULL, &other, &mine));
  good &= FAILS(gym_vec_reset(vec, NULL, 0, NULL, NULL, x, 64, &mine));
  good &= FAILS(gym_vec_reset_native(vec, NULL, 0, NULL, NULL, x, sizeof x, &mine));
  good &= FAILS(gym_vec_step(vec, x, N, x, 64, out, 8, &mine));
  good &= FAILS(gym_vec_step_native(vec, x, 8 * N, x, sizeof x, out, 8, &mine));
  good &= FAILS(gym_vec_send(vec, NULL, 0, x, N, &mine));
  good &= FAILS(gym_vec_send_native(vec, NULL, 0, x, 8 * N, &mine));
  good &= FAILS(gym_vec_recv(vec, 1, -1, ids, x, 64, out, 8, &size, &mine));
  good &= FAILS(gym_vec_recv_native(vec, 1, -1, ids, x, sizeof x, out, 8, &size, &mine));
  good &= FAILS(gym_vec_observation_size(vec, &size, &mine));
  good &= FAILS(gym_vec_action_size(vec, &size, &mine));
  good &= FAILS(gym_vec_observation_nbytes(vec, &size, &mine));
  good &= FAILS(gym_vec_action_nbytes(vec, &size, &mine));
  good &= FAILS(gym_vec_describe(vec, &value, &mine));
  good &= FAILS(gym_vec_observation_space(vec, &value, &mine));
  good &= FAILS(gym_vec_action_space(vec, &value, &mine));
  good &= FAILS(gym_vec_space(vec, 0, &space, &mine));
  good &= FAILS(gym_vec_sample_actions(vec, x, 64, &mine));
  good &= FAILS(gym_vec_sample_actions_native(vec, x, sizeof x, &mine));
  good &= FAILS(gym_vec_seed_actions(vec, 1, &mine));
  good &= FAILS(gym_vec_get_view(vec, &view, &mine));
  good &= FAILS(gym_vec_info(vec, &value, &mine));
  good &= FAILS(gym_vec_failures(vec, &value, &mine));
  good &= FAILS(gym_vec_call(vec, "reset", NULL, &value, &mine));
  good &= FAILS(gym_vec_render(vec, &value, &mine));
  good &= FAILS(gym_vec_close(vec, &mine));
  good &= CHECK_UNTOUCHED(value) && CHECK_UNTOUCHED(space) && CHECK_UNTOUCHED(other) && CHECK_UNTOUCHED(size);
  return good & CHECK_UNTOUCHED(out);
}

/* ------------------------------------------------------------------------------------- fork and exec */

/* Steps while somebody else does something, and counts. */
typedef struct stepper {
  gym_vec vec;
  atomic_int is_over;
  long steps;
  pthread_t thread;
} stepper;

static void check_rows(const double obs[N][3], long steps) {
  for (int r = 0; r < N; r++) CHECK_INT(obs[r][0], steps);
}

static void *step_on(void *argument) {
  stepper *self = argument;
  const double actions[N] = {0};
  double obs[N][3];
  gym_error mine = GYM_ERROR_INIT;
  while (!atomic_load(&self->is_over)) {
    if (!CHECK_OK(gym_vec_step(self->vec, actions, N, obs[0], N * 3, NULL, 0, &mine), mine)) break;
    check_rows((const double (*)[3])obs, ++self->steps);
  }
  return NULL;
}

static void begin_steps(stepper *self, const char *options) {
  *self = (stepper){.vec = make(FAULTY, N, options)};
  if (pthread_create(&self->thread, NULL, step_on, self) != 0) abort();
}

static void end_steps(stepper *self) {
  atomic_store(&self->is_over, 1);
  pthread_join(self->thread, NULL);
  CHECK(self->steps > 0);
  CHECK_OK(gym_vec_close(self->vec, &err), err);
}

static void test_fork(void) {
  stepper one;
  begin_steps(&one, "{\"gogym\": {\"workers\": 2}}");
  for (int i = 0; i < 20; i++) {
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
      alarm(60);
      int good = check_vec_calls(one.vec, GYM_ERR_FORKED, "fork");
      fflush(NULL);
      if (i % 2) exit(good ? 0 : 1);
      _exit(good ? 0 : 1);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  /* A child that stays keeps nothing of the workers alive. */
  pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  int pids[WORKERS];
  pids_of(one.vec, pids);
  end_steps(&one);
  for (int w = 0; w < WORKERS; w++) CHECK(is_gone(pids[w], 20));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

/* Programs that the host starts have nothing of the workers'. */
static void test_programs(void) {
  char line[500];
  int lines = 0, found = 0;
  stepper one;
  begin_steps(&one, "{\"gogym\": {\"workers\": 2}}");
  for (int i = 0; i < 5; i++) {
    FILE *list = popen("ls -l /proc/self/fd", "r");
    while (list && fgets(line, sizeof line, list)) {
      lines++;
      found +=
          strstr(line, "gogym") != NULL || strstr(line, "socket:") != NULL || strstr(line, "eventfd") != NULL;
    }
    if (list) CHECK_INT(pclose(list), 0);
  }
  CHECK(lines > 5);
  CHECK_INT(found, 0);
  end_steps(&one);
}

/* ------------------------------------------------------------------------------------- signals */

static atomic_int interrupts;

static void note_signal(int number) {
  (void)number;
  atomic_fetch_add(&interrupts, 1);
}

static void handle(int number) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note_signal; /* without SA_RESTART: calls of the system are cut short */
  sigaction(number, &action, NULL);
}

/* In a process group of its own, to which its parent sends what a terminal sends. */
static void be_interrupted(void) {
  handle(SIGINT);
  handle(SIGHUP);
  handle(SIGWINCH);
  setpgid(0, 0);
  stepper one;
  begin_steps(&one, "{\"work\": 0.0001, \"gogym\": {\"workers\": 2}}");
  pid_t group = getpid();
  for (int i = 0; i < 60; i++) {
    kill(-group, i % 3 == 0 ? SIGINT : i % 3 == 1 ? SIGHUP : SIGWINCH);
    usleep(3000);
    if (i % 10) continue;
    gym_vec vec = make(FAULTY, 2, "{\"gogym\": {\"workers\": 1}}");
    kill(-group, SIGINT);
    CHECK_OK(gym_vec_close(vec, &err), err);
  }
  CHECK(atomic_load(&interrupts) > 50);
  end_steps(&one);
}

static void *signal_often(void *argument) {
  atomic_int *is_over = argument;
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &own, NULL); /* it is for the others */
  while (!atomic_load(is_over)) {
    kill(getpid(), SIGUSR1);
    usleep(300);
  }
  return NULL;
}

/* Signals all the time, while everything is done. */
static void be_signalled(void) {
  atomic_int is_over = 0;
  pthread_t thread;
  handle(SIGUSR1);
  if (pthread_create(&thread, NULL, signal_often, &is_over) != 0) abort();
  for (int i = 0; i < 4; i++) {
    stepper one;
    begin_steps(&one, i % 2 ? "{\"gogym\": {\"workers\": 2}}" : "{\"gogym\": {\"engine\": \"sync\"}}");
    for (int j = 0; j < 100; j++) usleep(1000);
    end_steps(&one);
  }
  atomic_store(&is_over, 1);
  pthread_join(thread, NULL);
  CHECK(atomic_load(&interrupts) > 20);
}

/* ------------------------------------------------------------------------------------- threads */

/* Several threads, each with its own; and the thread that made one ends before it is used. */
static void *make_there(void *argument) {
  stepper *self = argument;
  self->vec = make(FAULTY, N, "{\"gogym\": {\"workers\": 2}}");
  return NULL;
}

static void test_threads(void) {
  stepper some[4], left = {0};
  static const char *const options[4] = {"{\"gogym\": {\"workers\": 2}}", "{\"gogym\": {\"workers\": 1}}",
                                         "{\"gogym\": {\"engine\": \"sync\"}}",
                                         "{\"gogym\": {\"workers\": 3}}"};
  for (int i = 0; i < 4; i++) begin_steps(&some[i], options[i]);
  if (pthread_create(&left.thread, NULL, make_there, &left) != 0) abort();
  pthread_join(left.thread, NULL);
  usleep(300000);
  if (pthread_create(&left.thread, NULL, step_on, &left) != 0) abort();
  usleep(200000);
  for (int i = 0; i < 4; i++) end_steps(&some[i]);
  end_steps(&left);
}

/* One vector environment, stepped by several threads: each step is one step. */
typedef struct shared {
  gym_vec vec;
  atomic_long total;
} shared;

static void *step_shared(void *argument) {
  shared *self = argument;
  const double actions[N] = {0};
  double obs[N][3], last = 0;
  gym_error mine = GYM_ERROR_INIT;
  for (int i = 0; i < 200; i++) {
    if (!CHECK_OK(gym_vec_step(self->vec, actions, N, obs[0], N * 3, NULL, 0, &mine), mine)) break;
    atomic_fetch_add(&self->total, 1);
    CHECK(obs[0][0] > last && obs[0][0] == obs[N - 1][0]);
    last = obs[0][0];
  }
  return NULL;
}

static void test_shared(void) {
  shared all = {.vec = make(FAULTY, N, "{\"gogym\": {\"workers\": 2}}")};
  pthread_t threads[4];
  double obs[N][3];
  const double actions[N] = {0};
  for (int i = 0; i < 4; i++)
    if (pthread_create(&threads[i], NULL, step_shared, &all) != 0) abort();
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  CHECK_OK(gym_vec_step(all.vec, actions, N, obs[0], N * 3, NULL, 0, &err), err);
  check_rows((const double (*)[3])obs, atomic_load(&all.total) + 1);
  CHECK_OK(gym_vec_close(all.vec, &err), err);
}

/* ------------------------------------------------------------------------------------- shutdown */

static void shut_down(gym_vec vec, int expected) {
  CHECK_INT(gym_shutdown(&err), expected);
  check_vec_calls(vec, GYM_ERR_SHUTDOWN, "gym_shutdown");
  CHECK_INT(count_children(), 0);
  for (int i = 0; i < 1000 && count_mappings() > 0; i++)
    sleep_ms(10); /* another thread gives the last ones back */
  CHECK_INT(count_mappings(), 0);
}

static void shut_down_idle(void) {
  gym_vec vec = make(FAULTY, N, "{\"gogym\": {\"workers\": 3}}");
  make(FAULTY, N, "{\"gogym\": {\"engine\": \"sync\"}}");
  shut_down(vec, GYM_OK);
}

static void shut_down_in_flight(void) {
  const double actions[N] = {0};
  gym_vec vec = make(FAULTY, N, "{\"work\": 0.05, \"gogym\": {\"workers\": 2}}");
  gym_vec embedded = make(FAULTY, N, "{\"gogym\": {\"engine\": \"sync\"}}");
  CHECK_OK(gym_vec_send(vec, NULL, 0, actions, N, &err), err);
  CHECK_OK(gym_vec_send(embedded, NULL, 0, actions, N, &err), err);
  shut_down(vec, GYM_OK);
}

/* A worker that will never answer is not waited for for ever, and that is told. */
static void shut_down_looping(void) {
  double actions[N] = {0};
  gym_vec vec = make(FAULTY, N, "{\"gogym\": {\"workers\": 2}}");
  learn_actions(vec);
  actions[0] = action_loop;
  CHECK_OK(gym_vec_send(vec, NULL, 0, actions, N, &err), err);
  shut_down(vec, GYM_ERR_WORKER);
}

static void *receive_slowly(void *argument) {
  const gym_vec *vec = argument;
  int64_t ids[2];
  size_t count = 0;
  gym_error mine = GYM_ERROR_INIT;
  CHECK_OK(gym_vec_recv(*vec, 2, -1, ids, NULL, 0, NULL, 0, &count, &mine), mine);
  CHECK_INT(count, 2);
  return NULL;
}

/* A receive that is under way is waited for. */
static void shut_down_receiving(void) {
  const double actions[2] = {1, 2};
  gym_vec vec = make(SLOW, 2, "{\"gogym\": {\"workers\": 2}}");
  pthread_t thread;
  CHECK_OK(gym_vec_send(vec, NULL, 0, actions, 2, &err), err);
  if (pthread_create(&thread, NULL, receive_slowly, &vec) != 0) abort();
  usleep(100000);
  shut_down(vec, GYM_OK);
  pthread_join(thread, NULL);
}

/* Who is in the middle of making one gets it, or is told. */
static void *make_many(void *argument) {
  (void)argument;
  gym_error mine = GYM_ERROR_INIT;
  gym_vec vec = {0};
  for (;;) {
    int status = gym_vec_make(FAULTY, 2, "{\"gogym\": {\"workers\": 1}}", &vec, &mine);
    if (status == GYM_ERR_SHUTDOWN) return NULL;
    if (!CHECK_OK(status, mine)) return NULL;
    status = gym_vec_close(vec, &mine);
    if (!CHECK(status == GYM_OK || status == GYM_ERR_SHUTDOWN))
      fprintf(stderr, "  %s: %s\n", gym_status_name(status), mine.message);
  }
}

static void shut_down_making(void) {
  pthread_t threads[2];
  for (int i = 0; i < 2; i++)
    if (pthread_create(&threads[i], NULL, make_many, NULL) != 0) abort();
  usleep(500000);
  CHECK_OK(gym_shutdown(&err), err);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  CHECK_INT(count_children(), 0);
}

/* ------------------------------------------------------------------------------------- main */

/* Threads, forks and programs in a process that stays, so that what is left can be counted. */
static void be_busy(void) {
  gym_vec_close(make(FAULTY, 1, "{\"gogym\": {\"workers\": 1}}"), NULL);
  gym_vec_close(make(FAULTY, 1, "{\"gogym\": {\"engine\": \"sync\"}}"), NULL);
  sleep_ms(100);
  int fds = count_fds();
  test_fork();
  check_nothing_left(fds, "forks");
  test_programs();
  check_nothing_left(fds, "programs");
  test_threads();
  check_nothing_left(fds, "threads");
  test_shared();
  check_nothing_left(fds, "a shared one");
}

int main(int count, char **arguments) {
  use_test_envs();
  if (count == 3 && strcmp(arguments[0], "host") == 0) return be_host(arguments[1], atoi(arguments[2]));
  /* Orphans come to this process. */
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return 77;
  static const struct {
    const char *what;
    void (*run)(void); /* NULL: a host that is killed */
    int times;
  } cases[] = {
      {"stepping", NULL, 10},
      {"stopped", NULL, 5},
      {"looping", NULL, 5},
      {"sending", NULL, 5},
      {"restarting", NULL, 6},
      {"making", NULL, 10},
      {"aborting", NULL, 2},
      {"leaving", NULL, 3},
      {"exec", NULL, 3},
      {"threads, forks, programs", be_busy, 1},
      {"signals of a terminal", be_interrupted, 1},
      {"signals all the time", be_signalled, 1},
      {"shutdown, idle", shut_down_idle, 1},
      {"shutdown, in flight", shut_down_in_flight, 1},
      {"shutdown, a worker in a loop", shut_down_looping, 1},
      {"shutdown, while another thread receives", shut_down_receiving, 1},
      {"shutdown, while others make", shut_down_making, 2},
  };
  const char *only = getenv("GOGYM_TEST_ONLY"), *rounds = getenv("GOGYM_TEST_ROUNDS");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int times = cases[i].times * (rounds ? atoi(rounds) : 1);
    if (only && !strstr(cases[i].what, only)) continue;
    if (!cases[i].run) kill_host(cases[i].what, times);
    for (int k = 0; k < times && cases[i].run; k++) check_case(cases[i].what, cases[i].run);
  }
  CHECK(reap_all(30));
  return check_summary();
}
