/* Environments and workers of a vector environment that fail in every way, many times, at random: no call
 * hangs, no row of the others is lost or doubled, what has failed is told and comes back, and nothing is left
 * at the end. GOGYM_TEST_ROUNDS says how often each fault comes; GOGYM_TEST_NOISE=1 shows what the workers
 * write. */
#define _GNU_SOURCE
#include "faulty_session.h"

enum { SECONDS = 280 };

static int rounds = 5;

/* ------------------------------------------------------------------------------------- every fault, shuffled
 */

static int is_among(const char *names, const char *name) {
  size_t length = strlen(name);
  for (const char *at = names; at && (at = strstr(at, name)) != NULL; at += length)
    if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return 1;
  return 0;
}

/* Every fault of the session, `rounds` times, shuffled, with steps between them. */
static void run_faults(session *s) {
  int deck[FAULTS * 1000], size = 0;
  for (int f = 1; f < FAULTS; f++)
    for (int i = 0; i < rounds && is_among(s->only, faults[f].name) && size < FAULTS * 999; i++)
      deck[size++] = f;
  for (int i = size - 1; i > 0; i--) {
    int other = (int)random_below(&s->random, (uint32_t)i + 1), kept = deck[i];
    deck[i] = deck[other];
    deck[other] = kept;
  }
  for (int i = 0; i < size && atomic_load(&check_failed) < 50; i++) {
    int second = i + 1 < size && random_below(&s->random, 3) == 0 ? deck[++i] : -1;
    one_round(s, deck[i - (second >= 0)], second);
    one_round(s, -1, -1);
    if (is_policy(s, "report") && random_below(&s->random, 2)) bring_back(s);
  }
  receive_all(s);
}

/* ------------------------------------------------------------------------------------- signals from outside
 */

/* Sends a signal to a random worker at a random moment, as soon as the last one's end has been told. */
static void *kill_workers(void *argument) {
  session *s = argument;
  uint64_t random = 77;
  while (!atomic_load(&s->is_over)) {
    int pid = atomic_exchange(&s->victim_pid, 0);
    if (pid == 0) {
      usleep(50);
      continue;
    }
    usleep(random_below(&random, 3000));
    kill(pid, s->killer);
  }
  return NULL;
}

static void run_signals(session *s, int times) {
  pthread_t thread;
  atomic_store(&s->is_over, 0);
  atomic_store(&s->victim_pid, 0);
  if (pthread_create(&thread, NULL, kill_workers, s) != 0) abort();
  for (int i = 0; i < times && atomic_load(&check_failed) < 50; i++) {
    int part = (int)random_below(&s->random, (uint32_t)s->parts);
    atomic_store(&s->victim, part);
    atomic_store(&s->victim_pid, s->pids[part]);
    while (atomic_load(&s->victim) >= 0 && atomic_load(&check_failed) < 50) one_round(s, -1, -1);
    one_round(s, -1, -1);
    if (is_policy(s, "report")) {
      int is_down = 1;
      while (is_down && atomic_load(&check_failed) < 50) {
        bring_back(s);
        is_down = 0;
        for (int r = 0; r < s->n; r++) is_down |= s->rows[r].is_down;
      }
    }
  }
  atomic_store(&s->is_over, 1);
  pthread_join(thread, NULL);
  receive_all(s);
}

/* ------------------------------------------------------------------------------------- the sessions */

#define RAISING "fail recurse allocate shape sys_exit interrupt bad_info text_reward end nan_reward"
#define ALL RAISING " oversize hoard print exit abort segfault overflow kill terminate deep_stderr children"
#define HANGING "hang stop loop fail"
#define PROCESS "\"engine\": \"process\", \"workers\": 3"
#define LIMIT ", \"memory_limit\": 2147483648"
#define TIMEOUT ", \"timeout\": 1.5"

static void *run_session(void *argument) {
  session *s = argument;
  int has_timeout = s->killer == SIGSTOP || is_among(s->only, "hang");
  if (!open_session(s, has_timeout ? TIMEOUT : LIMIT)) return NULL;
  for (int i = 0; i < 3; i++) one_round(s, -1, -1);
  if (s->killer)
    run_signals(s, s->killer == SIGSTOP ? 2 + rounds / 2 : 4 * rounds);
  else
    run_faults(s);
  close_session(s);
  return NULL;
}

static void run_together(session *sessions, int count) {
  pthread_t threads[8];
  for (int i = 0; i < count; i++) {
    session *s = &sessions[i];
    s->random = (uint64_t)(i + 1) * 7919 + (uint64_t)s->sends;
    snprintf(s->what, sizeof s->what, "%s, on_failure %s, %s%s", s->engine, s->policy,
             s->sends ? "send" : "step", s->killer ? ", signals" : "");
    if (pthread_create(&threads[i], NULL, run_session, s) != 0) abort();
  }
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

static void test_faults(void) {
  session sessions[] = {
      {.engine = PROCESS, .policy = "restart", .sends = 0, .n = 7, .only = ALL},
      {.engine = PROCESS, .policy = "restart", .sends = 1, .n = 7, .only = ALL},
      {.engine = PROCESS, .policy = "report", .sends = 0, .n = 7, .only = ALL},
      {.engine = PROCESS, .policy = "report", .sends = 1, .n = 7, .only = ALL},
  };
  session hanging[] = {
      {.engine = PROCESS, .policy = "restart", .sends = 0, .n = 7, .only = HANGING},
      {.engine = PROCESS, .policy = "restart", .sends = 1, .n = 7, .only = HANGING},
      {.engine = PROCESS, .policy = "report", .sends = 0, .n = 7, .only = HANGING},
      {.engine = PROCESS, .policy = "report", .sends = 1, .n = 7, .only = HANGING},
  };
  run_together(sessions, 4);
  run_together(hanging, 4);
}

static void test_signals(void) {
  session sessions[] = {
      {.engine = PROCESS, .policy = "restart", .sends = 0, .n = 7, .work = 0.0003, .killer = SIGKILL},
      {.engine = PROCESS, .policy = "restart", .sends = 1, .n = 7, .work = 0.0003, .killer = SIGKILL},
      {.engine = PROCESS, .policy = "report", .sends = 0, .n = 7, .work = 0.0003, .killer = SIGKILL},
      {.engine = PROCESS, .policy = "report", .sends = 1, .n = 7, .work = 0.0003, .killer = SIGKILL},
  };
  session stopping[] = {
      {.engine = PROCESS, .policy = "restart", .sends = 0, .n = 7, .work = 0.0003, .killer = SIGSTOP},
      {.engine = PROCESS, .policy = "restart", .sends = 1, .n = 7, .work = 0.0003, .killer = SIGSTOP},
      {.engine = PROCESS, .policy = "report", .sends = 0, .n = 7, .work = 0.0003, .killer = SIGSTOP},
      {.engine = PROCESS, .policy = "report", .sends = 1, .n = 7, .work = 0.0003, .killer = SIGSTOP},
  };
  run_together(sessions, 4);
  run_together(stopping, 4);
}

static void test_embedded(void) {
  static const char *const policies[] = {"restart", "report"};
  for (int i = 0; i < 4; i++) {
    session s = {
        .engine = "\"engine\": \"sync\"", .policy = policies[i / 2], .sends = i % 2, .n = 5, .only = RAISING};
    s.random = (uint64_t)i + 5;
    snprintf(s.what, sizeof s.what, "sync, %s, %d", s.policy, s.sends);
    if (!open_session(&s, "")) return;
    run_faults(&s);
    close_session(&s);
  }
}

/* ------------------------------------------------------------------------------------- on_failure "close" */

static void check_closed(session *s) {
  double actions[MOST] = {0};
  int64_t ids[MOST];
  size_t count = 77;
  gym_value *value = NULL;
  CHECK_FAILURE(gym_vec_step(s->vec, actions, (size_t)s->n, NULL, 0, NULL, 0, &s->err), GYM_ERR_WORKER,
                s->err, "close");
  CHECK_FAILURE(gym_vec_reset(s->vec, NULL, 0, NULL, NULL, NULL, 0, &s->err), GYM_ERR_WORKER, s->err,
                "close");
  CHECK_FAILURE(gym_vec_send(s->vec, NULL, 0, actions, (size_t)s->n, &s->err), GYM_ERR_WORKER, s->err,
                "close");
  CHECK_FAILURE(gym_vec_recv(s->vec, 1, -1, ids, NULL, 0, NULL, 0, &count, &s->err), GYM_ERR_WORKER, s->err,
                "close");
  CHECK_FAILURE(gym_vec_info(s->vec, &value, &s->err), GYM_ERR_WORKER, s->err, "close");
  CHECK_INT(count, 77);
  for (int i = 0; i < s->parts; i++) CHECK(is_gone(s->pids[i], 20));
}

static void *close_on_failure(void *argument) {
  session *s = argument;
  for (int f = 1; f < FAULTS && atomic_load(&check_failed) < 50; f++) {
    if (faults[f].kind == GOES_ON || (s->killer && faults[f].only_worker)) continue;
    if (!s->killer && faults[f].kind == RAISES && strcmp(faults[f].name, "fail") != 0) continue;
    for (int i = 0; i < (rounds + 4) / 5; i++) {
      if (!open_session(s, faults[f].kind == HANGS ? TIMEOUT : "")) return NULL;
      one_round(s, -1, -1);
      receive_all(s);
      place_fault(s, f);
      int code = GYM_OK;
      if (!s->sends) code = step(s);
      if (s->sends) send_some(s, 1);
      while (s->sends && code == GYM_OK && is_any_in_flight(s)) code = receive(s, 1);
      CHECK(code == faults[f].status || (code && code == faults[f].also));
      check_closed(s);
      CHECK_OK(gym_vec_close(s->vec, &s->err), s->err);
    }
  }
  return NULL;
}

static void test_close(void) {
  session sessions[] = {
      {.engine = "\"workers\": 2", .policy = "close", .sends = 0, .n = 4, .random = 1, .what = "close, step"},
      {.engine = "\"workers\": 2", .policy = "close", .sends = 1, .n = 4, .random = 2, .what = "close, send"},
      {.engine = "\"engine\": \"sync\"",
       .policy = "close",
       .sends = 0,
       .n = 4,
       .random = 3,
       .killer = 1,
       .what = "sync"},
  };
  pthread_t threads[3];
  for (int i = 0; i < 3; i++)
    if (pthread_create(&threads[i], NULL, close_on_failure, &sessions[i]) != 0) abort();
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
}

/* ------------------------------------------------------------------------------------- main */

static void time_is_up(int number) {
  static const char text[] = "test_vector_faults: a call hangs\n";
  (void)number;
  if (write(fileno(stderr), text, sizeof text - 1) < 0) _exit(3);
  abort();
}

int main(void) {
  use_test_envs();
  hide_noise();
  if (getenv("GOGYM_TEST_ROUNDS")) rounds = atoi(getenv("GOGYM_TEST_ROUNDS"));
  signal(SIGALRM, time_is_up);
  alarm((unsigned)(SECONDS * (rounds > 5 ? rounds : 5) / 5));
  /* The first one starts the monitor, and this process's Python, which keep some descriptors. */
  session first = {.engine = "\"workers\": 1", .policy = "restart", .n = 1};
  if (!open_session(&first, "")) return check_summary();
  learn_actions(&first);
  close_session(&first);
  session embedded = {.engine = "\"engine\": \"sync\"", .policy = "restart", .n = 1};
  if (open_session(&embedded, "")) close_session(&embedded);
  sleep_ms(100);
  int fds = count_fds();
  static const struct {
    const char *name;
    void (*run)(void);
  } tests[] = {
      {"faults", test_faults}, {"signals", test_signals}, {"embedded", test_embedded}, {"close", test_close}};
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    const char *chosen = getenv("GOGYM_TEST_ONLY");
    if (chosen && strcmp(chosen, tests[i].name) != 0) continue;
    tests[i].run();
    check_nothing_left(fds, tests[i].name);
  }
  for (int f = 1; f < FAULTS; f++) printf("%s %d, ", faults[f].name, atomic_load(&counts[f]));
  printf("killed from outside %d, stopped from outside %d; %d calls, %d rows received\n",
         atomic_load(&killed), atomic_load(&stopped), atomic_load(&calls_made), atomic_load(&rows_received));
  return check_summary();
}
