/* Failures of vector environments at special moments: in a reset, while it is made anew, between calls, while
 * another thread sends; actions that cannot be read; and that nothing is left. */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "faulty_session.h"

#define WORKERS "\"engine\": \"process\", \"workers\": 3"
#define SYNC "\"engine\": \"sync\""

enum { TIMES = 20 };

static gym_error err = GYM_ERROR_INIT;

static int action_of(const char *name) {
  for (int f = 0; f < FAULTS; f++)
    if (strcmp(faults[f].name, name) == 0) return actions_of[f];
  abort();
}

static session make(const char *engine, const char *policy, int n) {
  session s = {.engine = engine, .policy = policy, .n = n, .random = 5};
  snprintf(s.what, sizeof s.what, "%s, %s", engine, policy);
  return s;
}

static gym_value *failures_of(gym_vec vec) {
  gym_value *list = NULL;
  CHECK_OK(gym_vec_failures(vec, &list, &err), err);
  return list;
}

static void check_obs(const double *obs, double steps, double resets, double marker) {
  if (!CHECK(obs[0] == steps && obs[1] == resets && obs[2] == marker))
    fprintf(stderr, "  is %g %g %g, expected %g %g %g\n", obs[0], obs[1], obs[2], steps, resets, marker);
}

/* ------------------------------------------------------------------------------------- in a reset */

/* Row 2 fails in its reset, alone or with its process, which has row 3 too. */
static void reset_with(const char *engine, const char *policy, const char *fault, int status,
                       const char *more) {
  session s = make(engine, policy, 6);
  char options[200];
  double obs[MOST][3];
  int ends = status == GYM_ERR_WORKER, is_up = strcmp(policy, "restart") == 0;
  if (!open_session(&s, more)) return;
  snprintf(options, sizeof options, "{\"fault\": \"%s\", \"marker\": 20}", fault);
  for (int i = 0; i < 3; i++) {
    int code = gym_vec_reset(s.vec, NULL, 0, NULL, options, obs[0], 18, &err);
    if (!CHECK_INT(code, status)) fprintf(stderr, "  %s: %s\n", fault, err.message);
    gym_value *list = failures_of(s.vec);
    CHECK_INT(gym_value_count(list), ends ? 2 : 1);
    CHECK_INT(int_of(gym_value_at(list, 0), "env"), 2);
    CHECK_INT(flag_of(gym_value_at(list, 0), "restarted"), is_up);
    gym_value_free(list);
    for (int r = 0; r < 6; r++) {
      int failed = r == 2 || (ends && r == 3);
      check_obs(obs[r], 0, !failed ? 2 + 2 * i + (i > 0 && r == 3 && ends ? -2 * i : 0) : is_up,
                failed && !is_up ? 0 : 10 * r);
      CHECK_INT(s.view.statuses[r], failed ? status : GYM_OK);
      CHECK_INT(s.view.transitions[r].truncated, failed);
    }
    CHECK_OK(gym_vec_reset(s.vec, NULL, 0, NULL, NULL, obs[0], 18, &err), err);
    for (int r = 0; r < 6; r++) {
      int failed = r == 2 || (ends && r == 3);
      check_obs(obs[r], 0, !failed ? 3 + 2 * i : is_up ? 2 : 1, 10 * r);
    }
  }
  look_at_workers(&s);
  close_session(&s);
}

static void test_resets(void) {
  static const char *const policies[] = {"restart", "report"};
  for (int p = 0; p < 2; p++) {
    reset_with(WORKERS, policies[p], "fail", GYM_ERR_PYTHON, "");
    reset_with(WORKERS, policies[p], "exit", GYM_ERR_WORKER, "");
    reset_with(WORKERS, policies[p], "segfault", GYM_ERR_WORKER, "");
    reset_with(WORKERS, policies[p], "hang", GYM_ERR_WORKER, ", \"timeout\": 1.5");
    reset_with(SYNC, policies[p], "fail", GYM_ERR_PYTHON, "");
    reset_with(SYNC, policies[p], "sys_exit", GYM_ERR_SYSTEM_EXIT, "");
  }
}

/* ------------------------------------------------------------------------------------- while it is made anew
 */

/* Row 0 fails, and so does its constructor as long as a file is there. Row 1 is in the same process. */
static void make_again(const char *engine, const char *first, const char *again) {
  char folder[] = "/tmp/gogym_faults_XXXXXX", options[1000], file[100];
  session s = make(engine, "restart", 4);
  s.view = (gym_vec_view)GYM_VEC_VIEW_INIT;
  double obs[MOST][3], actions[MOST] = {0};
  const int64_t seed = 3;
  const uint8_t only_first[MOST] = {1};
  int ends = strcmp(again, "exit") == 0;
  if (!CHECK(mkdtemp(folder) != NULL)) return;
  snprintf(file, sizeof file, "%s/made", folder);
  snprintf(options, sizeof options,
           "{\"gogym\": {%s, \"env_options\": [{\"file\": \"%s\", \"again\": \"%s\"}, {}, {}, {}]}}", engine,
           file, again);
  CHECK_OK(gym_vec_make(FAULTY, 4, options, &s.vec, &err), err);
  CHECK_OK(gym_vec_get_view(s.vec, &s.view, &err), err);
  CHECK_OK(gym_vec_reset(s.vec, &seed, 1, NULL, NULL, NULL, 0, &err), err);
  actions[0] = action_of(first);
  int code = gym_vec_step(s.vec, actions, 4, obs[0], 12, NULL, 0, &err);
  CHECK(code == GYM_ERR_WORKER || code == GYM_ERR_PYTHON);
  gym_value *list = failures_of(s.vec);
  const gym_value *told = failure_of(list, 0);
  CHECK(told && !flag_of(told, "restarted"));
  CHECK(strstr(text_of(told, "message"), "could not be made anew") != NULL);
  gym_value_free(list);
  actions[0] = 0;
  for (int i = 0; i < 5; i++) { /* the others go on */
    code = gym_vec_step(s.vec, actions, 4, obs[0], 12, NULL, 0, &err);
    CHECK(code != GYM_OK);
    check_obs(obs[2], i + 2, 1, 0);
    check_obs(obs[3], i + 2, 1, 0);
    CHECK_INT(s.view.transitions[0].truncated, 1);
  }
  /* What cannot be made cannot be reset, and nothing else has been. */
  code = gym_vec_reset(s.vec, NULL, 0, only_first, NULL, NULL, 0, &err);
  CHECK(code == (ends ? GYM_ERR_WORKER : GYM_ERR_PYTHON));
  CHECK(gym_vec_reset(s.vec, NULL, 0, NULL, NULL, NULL, 0, &err) == code);
  gym_vec_step(s.vec, actions, 4, obs[0], 12, NULL, 0, &err);
  check_obs(obs[2], 7, 1, 0);
  unlink(file);
  CHECK_OK(gym_vec_reset(s.vec, &seed, 1, NULL, NULL, obs[0], 12, &err), err);
  check_obs(obs[0], 0, 1, 0);
  check_obs(obs[2], 0, 2, 0);
  CHECK_OK(gym_vec_step(s.vec, actions, 4, obs[0], 12, NULL, 0, &err), err);
  for (int r = 0; r < 4; r++) check_obs(obs[r], 1, r >= 2 ? 2 : obs[r][1], 0);
  look_at_workers(&s);
  close_session(&s);
  unlink(file);
  rmdir(folder);
}

static void test_making(void) {
  make_again("\"workers\": 2", "fail", "fail");
  make_again("\"workers\": 2", "exit", "fail");
  make_again("\"workers\": 2", "exit", "exit");
  make_again("\"workers\": 2", "fail", "exit");
  make_again(SYNC, "fail", "fail");
}

/* ------------------------------------------------------------------------------------- between calls */

/* Mostly the library has noticed it then, too. */
static void wait_for_end_of(pid_t pid) {
  CHECK(is_gone(pid, 20));
  sleep_ms(100);
}

/* The worker of rows 0 and 1 is killed, or has closed its files, and then something else than a step comes.
 */
static void test_between(void) {
  enum { STEP, SEND, RESET, MASK, OTHER_MASK, INFO, CALL, SAMPLE, SPACE, CLOSE, KINDS };
  for (int i = 0; i < KINDS + INFO; i++) {
    session s = make(WORKERS, i < KINDS ? "restart" : "report", 6);
    int code;
    double obs[MOST][3], actions[MOST] = {0};
    int64_t ids[MOST];
    size_t count = 0;
    gym_value *value = NULL;
    gym_space space = {0};
    const uint8_t half[MOST] = {1, 0, 1}, others[MOST] = {0, 0, 1, 1};
    if (!open_session(&s, "")) return;
    step(&s);
    if (i % 3 == 2) { /* its socket is closed: it still steps */
      actions[1] = action_of("close_files");
      CHECK_OK(gym_vec_step(s.vec, actions, 6, NULL, 0, NULL, 0, &err), err);
      actions[1] = 0;
    } else {
      CHECK(kill(s.pids[0], SIGKILL) == 0);
      if (i % 3) sleep_ms(20); /* its end is known, or maybe not yet */
    }
    int killed_now = i % 3 != 2;
    switch (i % KINDS) {
      case SEND:
        CHECK_OK(gym_vec_send(s.vec, NULL, 0, actions, 6, &err), err);
        code = gym_vec_recv(s.vec, 6, -1, ids, obs[0], 18, NULL, 0, &count, &err);
        CHECK_INT(count, 6);
        CHECK_INT(code, killed_now ? GYM_ERR_WORKER : GYM_OK);
        break;
      case RESET:
        if (killed_now) wait_for_end_of(s.pids[0]);
        code = gym_vec_reset(s.vec, NULL, 0, NULL, NULL, obs[0], 18, &err);
        CHECK(code == GYM_OK || (killed_now && code == GYM_ERR_WORKER));
        if (code == GYM_OK) check_obs(obs[0], 0, killed_now ? 1 : 2, 0);
        check_obs(obs[2], 0, 2, 20);
        break;
      case MASK: /* row 1 is left out */
        if (killed_now) wait_for_end_of(s.pids[0]);
        code = gym_vec_reset(s.vec, NULL, 0, half, NULL, obs[0], 18, &err);
        CHECK_INT(code, killed_now ? GYM_ERR_WORKER : GYM_OK);
        if (killed_now && strstr(err.message, "environment 1:")) {
          check_obs(obs[0], 0, 1, 0);
          check_obs(obs[1], 0, 0, 0);
        } else if (killed_now) { /* it has been noticed in the reset, not before */
          CHECK(strstr(err.message, "environments 0 to 1") != NULL);
        }
        check_obs(obs[2], 0, 2, 20);
        break;
      case OTHER_MASK:
        code = gym_vec_reset(s.vec, NULL, 0, others, NULL, obs[0], 18, &err);
        check_obs(obs[2], 0, 2, 20);
        break;
      case INFO:
        code = gym_vec_info(s.vec, &value, &err);
        CHECK(code == GYM_OK || code == GYM_ERR_WORKER);
        gym_value_free(value);
        break;
      case CALL:
        CHECK_FAILURE(gym_vec_call(s.vec, "unwrapped.marker", NULL, &value, &err), GYM_ERR_WORKER, err,
                      "worker");
        break;
      case SAMPLE: /* another worker does it where the end has been noticed */
        code = gym_vec_sample_actions(s.vec, actions, 6, &err);
        CHECK(code == GYM_OK || code == GYM_ERR_WORKER);
        memset(actions, 0, sizeof actions);
        break;
      case SPACE:
        code = gym_vec_space(s.vec, 0, &space, &err);
        CHECK(code == GYM_OK || code == GYM_ERR_WORKER);
        if (code == GYM_OK) CHECK_OK(gym_space_close(space, &err), err);
        break;
      case CLOSE: /* what ends while it is closed is told */
        code = gym_vec_close(s.vec, &err);
        CHECK(code == GYM_OK || code == GYM_ERR_WORKER);
        CHECK_FAILURE(gym_vec_close(s.vec, &err), GYM_ERR_HANDLE, err, "vector environment");
        for (int p = 0; p < s.parts; p++) CHECK(is_gone(s.pids[p], 20));
        continue;
      default:
        break;
    }
    code = gym_vec_step(s.vec, actions, 6, obs[0], 18, NULL, 0, &err);
    CHECK(code == GYM_OK || code == GYM_ERR_WORKER);
    check_obs(obs[5], obs[5][0], obs[5][1], 50);
    CHECK(obs[5][0] >= 1);
    /* Afterwards all is as ever. */
    CHECK_OK(gym_vec_reset(s.vec, NULL, 0, NULL, NULL, NULL, 0, &err), err);
    CHECK_OK(gym_vec_step(s.vec, actions, 6, obs[0], 18, NULL, 0, &err), err);
    for (int r = 0; r < 6; r++) check_obs(obs[r], 1, obs[r][1], 10 * r);
    look_at_workers(&s);
    close_session(&s);
  }
}

/* A stopped worker does not keep anybody who has a timeout. */
static void test_stopped(void) {
  for (int i = 0; i < 3; i++) {
    session s = make(WORKERS, "restart", 6);
    double actions[MOST] = {0};
    if (!open_session(&s, ", \"timeout\": 1.5")) return;
    if (i == 1) CHECK_OK(gym_vec_send(s.vec, NULL, 0, actions, 6, &err), err);
    for (int p = 0; p < s.parts; p++) CHECK(kill(s.pids[p], SIGSTOP) == 0);
    if (i == 2) CHECK_OK(gym_vec_send(s.vec, NULL, 0, actions, 6, &err), err);
    gym_vec_close(s.vec, &err);
    for (int p = 0; p < s.parts; p++) CHECK(is_gone(s.pids[p], 20));
  }
}

/* ------------------------------------------------------------------------------------- actions */

static void test_refused(const char *engine, const char *policy) {
  session s = make(engine, policy, 6);
  double obs[MOST][3], actions[MOST] = {0};
  gym_transition out[MOST];
  int64_t ids[MOST];
  size_t count;
  if (!open_session(&s, "")) return;
  for (int i = 0; i < TIMES; i++) {
    memset(actions, 0, sizeof actions);
    actions[i % 6] = i % 2 ? 0.5 : NAN;
    CHECK_FAILURE(gym_vec_step(s.vec, actions, 6, obs[0], 18, out, 6, &err), GYM_ERR_ACTION, err,
                  "not touched");
    gym_value *list = failures_of(s.vec);
    CHECK_INT(gym_value_count(list), 1);
    CHECK_INT(int_of(gym_value_at(list, 0), "env"), i % 6);
    CHECK_INT(flag_of(gym_value_at(list, 0), "restarted"), 0);
    gym_value_free(list);
    for (int r = 0; r < 6; r++) {
      if (r == i % 6) {
        check_obs(obs[r], (double)s.rows[r].steps, 1, 10 * r);
        CHECK(out[r].reward == 0 && !out[r].terminated && !out[r].truncated);
      } else {
        check_advanced(&s, r, obs[r], &out[r]);
      }
    }
    actions[i % 6] = 0; /* and it can be stepped again */
    if (i % 3 == 0) {
      const int64_t one = i % 6;
      CHECK_OK(gym_vec_send(s.vec, &one, 1, actions, 1, &err), err);
      CHECK_OK(gym_vec_recv(s.vec, 1, -1, ids, obs[0], 3, out, 1, &count, &err), err);
      CHECK_INT(ids[0], one);
      check_advanced(&s, (int)one, obs[0], &out[0]);
    } else {
      CHECK_OK(gym_vec_step(s.vec, actions, 6, obs[0], 18, out, 6, &err), err);
      for (int r = 0; r < 6; r++) check_advanced(&s, r, obs[r], &out[r]);
    }
  }
  close_session(&s);
}

/* ------------------------------------------------------------------------------------- two threads */

/* One thread sends what another one has received, while workers are killed: each row comes back as often as
 * it was sent, and counts its steps without a gap, or begins anew where its failure was told. */
typedef struct pipeline {
  gym_vec vec;
  int ids[2]; /* a pipe of rows that may be sent */
  atomic_int sent[MOST], is_over;
} pipeline;

static void *send_on(void *argument) {
  pipeline *self = argument;
  gym_error mine = GYM_ERROR_INIT;
  int64_t rows[MOST];
  const double actions[MOST] = {0};
  for (;;) {
    ssize_t got = read(self->ids[0], rows, sizeof *rows * 3);
    if (got <= 0) return NULL;
    size_t count = (size_t)got / sizeof *rows;
    for (size_t i = 0; i < count; i++) atomic_fetch_add(&self->sent[rows[i]], 1);
    CHECK_OK(gym_vec_send(self->vec, rows, count, actions, count, &mine), mine);
  }
}

static void *kill_on(void *argument) {
  session *s = argument;
  uint64_t random = 99;
  gym_error mine = GYM_ERROR_INIT;
  int last[PARTS] = {0}; /* of each part */
  for (int i = 0; i < TIMES && !atomic_load(&s->is_over); i++) {
    gym_value *about = NULL;
    sleep_ms(20 + (long)random_below(&random, 60));
    CHECK_OK(gym_vec_describe(s->vec, &about, &mine), mine);
    uint32_t part = random_below(&random, 3);
    const gym_value *worker = gym_value_at(gym_value_get(about, "workers"), part);
    /* It lives unless it is the one that was killed there last, and has not been started anew yet. */
    int pid = (int)int_of(worker, "pid");
    if (pid != last[part] && kill(pid, SIGKILL) == 0) atomic_fetch_add(&killed, 1);
    last[part] = pid;
    gym_value_free(about);
  }
  atomic_store(&s->is_over, 1);
  return NULL;
}

static void test_two_threads(void) {
  session s = make(WORKERS, "restart", 7);
  pipeline line = {0};
  pthread_t sender, killer;
  double obs[MOST][3];
  gym_transition out[MOST];
  int64_t ids[MOST];
  long received[MOST] = {0}, steps[MOST] = {0}, failures = 0;
  s.work = 0.0002;
  if (!open_session(&s, "")) return;
  line.vec = s.vec;
  if (pipe(line.ids) != 0) abort();
  for (int64_t r = 0; r < s.n; r++)
    if (write(line.ids[1], &r, sizeof r) < 0) abort();
  atomic_store(&s.is_over, 0);
  if (pthread_create(&sender, NULL, send_on, &line) || pthread_create(&killer, NULL, kill_on, &s)) abort();
  while (!atomic_load(&s.is_over) && atomic_load(&check_failed) < 50) {
    size_t count = 0;
    int code =
        gym_vec_recv(s.vec, 1 + random_below(&s.random, 4), 0.01, ids, obs[0], 12, out, 4, &count, &s.err);
    if (code == GYM_ERR_TIMEOUT || code == GYM_ERR_NO_ASYNC_CALL) continue;
    CHECK(code == GYM_OK || code == GYM_ERR_WORKER);
    gym_value *list = failures_of(s.vec);
    CHECK((gym_value_count(list) > 0) == (code != GYM_OK));
    for (size_t i = 0; i < gym_value_count(list); i++) {
      int r = (int)int_of(gym_value_at(list, i), "env");
      CHECK_INT(flag_of(gym_value_at(list, i), "restarted"), 1);
      steps[r] = -1; /* its next row says so, if it is under way */
      failures++;
    }
    gym_value_free(list);
    for (size_t i = 0; i < count; i++) {
      int r = (int)ids[i];
      received[r]++;
      if (steps[r] < 0 && out[i].truncated) {
        check_obs(obs[i], 0, 1, 10 * r);
        steps[r] = 0;
      } else {
        if (steps[r] < 0) steps[r] = 0; /* it had been received before its worker ended */
        check_obs(obs[i], (double)++steps[r], 1, 10 * r);
        CHECK(out[i].reward == (double)steps[r] && !out[i].truncated);
      }
      if (write(line.ids[1], &ids[i], sizeof *ids) < 0) abort();
    }
  }
  atomic_store(&s.is_over, 1);
  pthread_join(killer, NULL);
  close(line.ids[1]);
  pthread_join(sender, NULL);
  for (;;) {
    size_t count = 0;
    int code = gym_vec_recv(s.vec, 1, -1, ids, NULL, 0, NULL, 0, &count, &s.err);
    if (code == GYM_ERR_NO_ASYNC_CALL) break;
    for (size_t i = 0; i < count; i++) received[ids[i]]++;
  }
  for (int r = 0; r < s.n; r++) CHECK_INT(received[r], atomic_load(&line.sent[r]));
  CHECK(failures > 0);
  close(line.ids[0]);
  /* The last one that was killed may be told of only now. */
  int code = gym_vec_reset(s.vec, NULL, 0, NULL, NULL, NULL, 0, &err);
  CHECK(code == GYM_OK || code == GYM_ERR_WORKER);
  look_at_workers(&s);
  close_session(&s);
  long all = 0;
  for (int r = 0; r < s.n; r++) all += received[r];
  printf("two threads: %ld rows, %ld of them failed\n", all, failures);
}

/* ------------------------------------------------------------------------------------- main */

int main(void) {
  use_test_envs();
  hide_noise();
  alarm(280); /* what hangs fails */
  session first = make("\"workers\": 1", "restart", 1), embedded = make(SYNC, "restart", 1);
  if (!open_session(&first, "")) return check_summary();
  learn_actions(&first);
  close_session(&first);
  if (open_session(&embedded, "")) close_session(&embedded);
  sleep_ms(100);
  int fds = count_fds();
  test_resets();
  check_nothing_left(fds, "resets");
  test_making();
  check_nothing_left(fds, "making");
  test_between();
  check_nothing_left(fds, "ends between calls");
  test_stopped();
  check_nothing_left(fds, "stopped workers");
  test_refused(WORKERS, "restart");
  test_refused(WORKERS, "report");
  test_refused(SYNC, "restart");
  check_nothing_left(fds, "refused actions");
  for (int i = 0; i < 2; i++) test_two_threads();
  check_nothing_left(fds, "two threads");
  return check_summary();
}
