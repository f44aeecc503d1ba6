/* A vector environment of environments that fail on request, and what must be so of each of them: after every
 * call all that it brought is compared with that. Programs that include it begin with #define _GNU_SOURCE. */
#ifndef FAULTY_SESSION_H_
#define FAULTY_SESSION_H_

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>

#include "envs.h"
#include "processes.h"

#define FAULTY "gogym_test_vector:gogym_test/Faulty-v0"

enum { MOST = 8, PARTS = 4 };

/* ------------------------------------------------------------------------------------- the faults */

/* What becomes of an environment, and of those that share its process. */
typedef enum kind { GOES_ON, RAISES, ENDS, HANGS } kind;

typedef struct fault {
  const char *name; /* of the environment's action */
  kind kind;
  int status, signal, exit_code;
  const char *text; /* in its message, or in what its process wrote */
  int only_worker;  /* nothing for this process's own Python */
  int also; /* another status that it may have: who looks first depends on what was looked at before */
} fault;

static const fault faults[] = {
    {"none", GOES_ON, 0, 0, 0, NULL, 0, 0},
    {"end", GOES_ON, 0, 0, 0, NULL, 0, 0},
    {"nan_reward", GOES_ON, 0, 0, 0, NULL, 0, 0},
    {"print", GOES_ON, 0, 0, 0, NULL, 1, 0},
    {"fail", RAISES, GYM_ERR_PYTHON, 0, 0, "fails on request", 0, 0},
    {"recurse", RAISES, GYM_ERR_RECURSION, 0, 0, "recursion", 0, 0},
    {"allocate", RAISES, GYM_ERR_MEMORY, 0, 0, "Memory", 0, 0},
    {"oversize", RAISES, GYM_ERR_MEMORY, 0, 0, "3.00 GiB", 1, 0},
    {"hoard", RAISES, GYM_ERR_MEMORY, 0, 0, "64.0 MiB", 1, 0},
    {"shape", RAISES, GYM_ERR_OBSERVATION, 0, 0, "(4,)", 0, 0},
    {"sys_exit", RAISES, GYM_ERR_SYSTEM_EXIT, 0, 0, "5", 0, 0},
    {"interrupt", RAISES, GYM_ERR_INTERRUPTED, 0, 0, "Interrupt", 0, 0},
    {"bad_info", RAISES, GYM_ERR_PYTHON, 0, 0, "dict", 0, GYM_ERR_RESULT},
    {"text_reward", RAISES, GYM_ERR_REWARD, 0, 0, "'much'", 0, 0},
    {"exit", ENDS, GYM_ERR_WORKER, 0, 3, "leaving with three", 1, 0},
    {"abort", ENDS, GYM_ERR_WORKER, SIGABRT, 0, "in abort", 1, 0},
    {"segfault", ENDS, GYM_ERR_WORKER, SIGSEGV, 0, "in segfault", 1, 0},
    {"overflow", ENDS, GYM_ERR_WORKER, SIGSEGV, 0, "in deeper", 1, 0},
    {"kill", ENDS, GYM_ERR_WORKER, SIGKILL, 0, NULL, 1, 0},
    {"terminate", ENDS, GYM_ERR_WORKER, SIGTERM, 0, NULL, 1, 0},
    {"deep_stderr", ENDS, GYM_ERR_WORKER, 0, 7, "yyyyyyyyyyyyyyyy", 1, 0},
    {"children", ENDS, GYM_ERR_WORKER, 0, 11, "child ", 1, 0},
    {"close_files", GOES_ON, 0, 0, 0, NULL, 1, 0}, /* but for messages, which the worker hears no more */
    {"hang", HANGS, GYM_ERR_WORKER, SIGKILL, 0, "did not answer", 1, 0},
    {"stop", HANGS, GYM_ERR_WORKER, SIGKILL, 0, "did not answer", 1, 0},
    {"loop", HANGS, GYM_ERR_WORKER, SIGKILL, 0, "did not answer", 1, 0},
};
enum { FAULTS = sizeof faults / sizeof *faults, NONE = 0 };

static int actions_of[FAULTS];     /* what the environment calls them */
static atomic_int counts[FAULTS];  /* how often each has happened */
static atomic_int killed, stopped; /* from outside */
static atomic_int rows_received, calls_made;

/* ------------------------------------------------------------------------------------- sessions */

/* What must be so of an environment. */
typedef struct row {
  long steps, resets;
  int part;
  int fault;     /* of the action under way */
  int has_ended; /* its episode: the next step is a reset */
  int is_down;
  int is_reported; /* its failure has been told, and its row is still to be received */
  int in_flight;
} row;

typedef struct session {
  const char *engine; /* options under "gogym" */
  const char *policy;
  int sends; /* send and receive in batches, instead of steps */
  int n;
  double work;
  uint64_t random;
  const char *only; /* names of faults; NULL: none at all */
  int killer;       /* a signal that comes from outside at any moment; 0 */

  gym_vec vec;
  gym_vec_view view;
  row rows[MOST];
  int parts;
  int pids[PARTS], restarts[PARTS];
  int64_t last_seed;
  gym_error err;
  atomic_int victim; /* the part that has been sent a signal; -1 */
  atomic_int victim_pid;
  atomic_int is_over;
  char what[200];
} session;

static inline int is_policy(const session *s, const char *policy) { return strcmp(s->policy, policy) == 0; }

static inline int64_t int_of(const gym_value *dict, const char *key) {
  int64_t number = -1;
  gym_value_int64(gym_value_get(dict, key), &number, NULL);
  return number;
}

static const char *text_of(const gym_value *dict, const char *key) {
  const char *text = gym_value_string(gym_value_get(dict, key), NULL);
  return text ? text : "";
}

static inline int flag_of(const gym_value *dict, const char *key) {
  int flag = 0;
  gym_value_bool(gym_value_get(dict, key), &flag, NULL);
  return flag;
}

/* Which process has which rows. */
static inline void look_at_workers(session *s) {
  gym_value *about = NULL;
  if (!CHECK_OK(gym_vec_describe(s->vec, &about, &s->err), s->err)) return;
  const gym_value *workers = gym_value_get(about, "workers");
  s->parts = (int)gym_value_count(workers);
  for (int i = 0; i < s->parts; i++) {
    const gym_value *worker = gym_value_at(workers, (size_t)i);
    s->pids[i] = (int)int_of(worker, "pid");
    s->restarts[i] = (int)int_of(worker, "restarts");
    for (int64_t r = 0; r < int_of(worker, "count"); r++) s->rows[int_of(worker, "first") + r].part = i;
  }
  if (s->parts == 0) s->rows[0].part = 0;
  gym_value_free(about);
}

static inline void learn_actions(session *s) {
  gym_value *lists = NULL;
  if (!CHECK_OK(gym_vec_call(s->vec, "unwrapped.faults", NULL, &lists, &s->err), s->err)) return;
  const gym_value *names = gym_value_at(lists, 0);
  for (int f = 0; f < FAULTS; f++) {
    actions_of[f] = -1;
    for (size_t i = 0; i < gym_value_count(names); i++)
      if (strcmp(gym_value_string(gym_value_at(names, i), NULL), faults[f].name) == 0) actions_of[f] = (int)i;
    CHECK(actions_of[f] >= 0);
  }
  gym_value_free(lists);
}

static inline int open_session(session *s, const char *more) {
  char options[2000];
  const int64_t seed = 100;
  int used = snprintf(options, sizeof options,
                      "{\"work\": %g, \"gogym\": {%s, \"on_failure\": \"%s\"%s, \"env_options\": [", s->work,
                      s->engine, s->policy, more);
  for (int r = 0; r < s->n; r++)
    used +=
        snprintf(options + used, sizeof options - (size_t)used, "%s{\"marker\": %d}", r ? ", " : "", 10 * r);
  snprintf(options + used, sizeof options - (size_t)used, "]}}");
  s->err = (gym_error)GYM_ERROR_INIT;
  s->view = (gym_vec_view)GYM_VEC_VIEW_INIT;
  atomic_store(&s->victim, -1);
  memset(s->rows, 0, sizeof s->rows);
  s->last_seed = -1;
  if (!CHECK_OK(gym_vec_make(FAULTY, (size_t)s->n, options, &s->vec, &s->err), s->err)) return 0;
  CHECK_OK(gym_vec_get_view(s->vec, &s->view, &s->err), s->err);
  look_at_workers(s);
  CHECK_OK(gym_vec_reset(s->vec, &seed, 1, NULL, NULL, NULL, 0, &s->err), s->err);
  for (int r = 0; r < s->n; r++) s->rows[r].resets = 1;
  return 1;
}

static inline void close_session(session *s) {
  CHECK_OK(gym_vec_close(s->vec, &s->err), s->err);
  for (int i = 0; i < s->parts; i++) CHECK(is_gone(s->pids[i], 20));
}

/* ------------------------------------------------------------------------------------- what a call has
 * brought */

static inline kind kind_of(const row *r) {
  return r->has_ended || r->is_down ? GOES_ON : faults[r->fault].kind;
}

static const gym_value *failure_of(const gym_value *list, int env) {
  for (size_t i = 0; i < gym_value_count(list); i++)
    if (int_of(gym_value_at(list, i), "env") == env) return gym_value_at(list, i);
  return NULL;
}

/* A row that was stepped, and its environment's episode goes on. */
static inline int check_advanced(session *s, int r, const double *obs, const gym_transition *t) {
  row *row = &s->rows[r];
  double reward = 0;
  int terminated = 0;
  CHECK_INT(kind_of(row), GOES_ON);
  if (row->has_ended) {
    row->has_ended = 0;
    row->steps = 0;
    row->resets++;
  } else {
    atomic_fetch_add(&counts[row->fault], 1);
    reward = (double)++row->steps;
    terminated = row->has_ended = strcmp(faults[row->fault].name, "end") == 0;
    if (strcmp(faults[row->fault].name, "nan_reward") == 0) reward = NAN;
  }
  int good = CHECK_INT(obs[0], row->steps) && CHECK_INT(obs[1], row->resets) && CHECK_INT(obs[2], 10 * r);
  good &= CHECK(isnan(reward) ? isnan(t->reward) : t->reward == reward);
  good &= CHECK_INT(t->terminated, terminated) && CHECK_INT(t->truncated, 0);
  return good;
}

/* A row that has failed: a first observation, or none. */
static inline int check_failed_look(const session *s, int r, const double *obs, const gym_transition *t) {
  int is_up = is_policy(s, "restart");
  int good = CHECK_INT(obs[0], 0) && CHECK_INT(obs[1], is_up) && CHECK_INT(obs[2], is_up ? 10 * r : 0);
  good &= CHECK(t->reward == 0.0) && CHECK_INT(t->terminated, 0) && CHECK_INT(t->truncated, 1);
  return good && CHECK(s->view.statuses[r] != GYM_OK);
}

static inline void make_failed(session *s, int r) {
  row *row = &s->rows[r];
  row->steps = 0;
  row->resets = 1;
  row->has_ended = 0;
  row->is_down = !is_policy(s, "restart");
  row->fault = NONE;
}

/* What is told of a row whose environment has just failed; `cause`: -1 for a signal from outside. */
static inline void check_told(session *s, const gym_value *told, int cause, int is_process, int r) {
  const fault *expected = cause < 0 ? NULL : &faults[cause];
  const gym_value *seed = gym_value_get(told, "seed");
  int status = is_process ? GYM_ERR_WORKER : expected->status;
  const fault *own = &faults[s->rows[r].fault];
  if (!is_process && expected->also && int_of(told, "status") == expected->also) status = expected->also;
  /* What it has raised itself, just before another environment ended their process, stays told. */
  if (is_process && own->kind == RAISES && int_of(told, "status") != status) {
    CHECK(int_of(told, "status") == own->status || int_of(told, "status") == own->also);
    status = (int)int_of(told, "status");
  }
  CHECK_INT(int_of(told, "status"), status);
  CHECK_INT(s->view.statuses[r], status);
  CHECK(text_of(told, "message")[0] != '\0');
  CHECK_INT(flag_of(told, "restarted"), is_policy(s, "restart"));
  if (is_policy(s, "restart")) {
    CHECK(int_of(told, "seed") >= 0 && int_of(told, "seed") != s->last_seed);
    s->last_seed = int_of(told, "seed");
  } else {
    CHECK_INT(gym_value_kind(seed), GYM_KIND_NONE);
  }
  if (!is_process) {
    CHECK(gym_value_get(told, "pid") == NULL);
    if (!CHECK(strstr(text_of(told, "message"), expected->text) != NULL))
      fprintf(stderr, "  \"%s\" does not tell of %s\n", text_of(told, "message"), expected->name);
    return;
  }
  CHECK_INT(int_of(told, "pid"), s->pids[s->rows[r].part]);
  int signal = expected ? expected->signal : SIGKILL;
  if (signal)
    CHECK_INT(int_of(told, "signal"), signal);
  else
    CHECK_INT(int_of(told, "exit_code"), expected->exit_code);
  CHECK((gym_value_get(told, "exit_code") == NULL) == (signal != 0));
  if (!expected || !expected->text || status != GYM_ERR_WORKER) return;
  const char *where = expected->kind == HANGS ? "message" : "stderr";
  if (!CHECK(strstr(text_of(told, where), expected->text) != NULL))
    fprintf(stderr, "  %s of %s: \"%s\"\n", where, expected->name, text_of(told, where));
  int child = 0;
  if (strcmp(expected->name, "children") == 0 && sscanf(text_of(told, "stderr"), "child %d", &child) == 1)
    CHECK(is_gone((pid_t)child, 20));
}

/* The row whose action has ended a part's process: -2 where none has, -1 where a signal from outside did. */
static inline int cause_of_end(const session *s, int part) {
  for (int r = 0; r < s->n; r++)
    if (s->rows[r].part == part && s->rows[r].in_flight && !s->rows[r].is_reported &&
        kind_of(&s->rows[r]) >= ENDS)
      return s->rows[r].fault;
  return atomic_load(&s->victim) == part ? -1 : -2;
}

/* Checks the failures of a call against what is known, and takes note of them. `is_received`: of each row. */
static inline void check_failures(session *s, int code, const int *is_received, const gym_value *list,
                                  int *has_failed) {
  int part_ended[PARTS] = {0}, causes[PARTS], pids[PARTS], restarts[PARTS], last = -1, was_down[MOST];
  CHECK_INT(code, gym_value_count(list) ? int_of(gym_value_at(list, 0), "status") : GYM_OK);
  for (int r = 0; r < s->n; r++) was_down[r] = s->rows[r].is_down;
  for (size_t i = 0; i < gym_value_count(list); i++) {
    const gym_value *told = gym_value_at(list, i);
    int r = (int)int_of(told, "env");
    if (!CHECK(r > last && r < s->n)) return; /* in their order, each once */
    last = r;
    has_failed[r] = 1;
    if (gym_value_get(told, "pid")) part_ended[s->rows[r].part] = 1;
  }
  for (int p = 0; p < s->parts; p++)
    if (part_ended[p] && !CHECK((causes[p] = cause_of_end(s, p)) > -2))
      fprintf(stderr, "  part %d has ended: %s\n", p, s->err.message);
  for (int r = 0; r < s->n; r++) {
    row *row = &s->rows[r];
    int is_process = s->parts > 0 && part_ended[row->part];
    if (is_process) {
      if (!CHECK(has_failed[r])) continue;
      if (causes[row->part] >= -1) check_told(s, failure_of(list, r), causes[row->part], 1, r);
    } else if (has_failed[r] && was_down[r]) {
      CHECK(is_received[r] && !row->is_reported);
      CHECK(!is_policy(s, "restart"));
      continue;
    } else if (has_failed[r]) {
      CHECK(is_received[r] && !row->is_reported);
      if (CHECK_INT(kind_of(row), RAISES)) check_told(s, failure_of(list, r), row->fault, 0, r);
      atomic_fetch_add(&counts[row->fault], 1);
    } else {
      continue;
    }
    row->is_reported = row->in_flight && !is_received[r];
    if (!is_process) make_failed(s, r);
  }
  memcpy(pids, s->pids, sizeof pids);
  memcpy(restarts, s->restarts, sizeof restarts);
  look_at_workers(s);
  for (int p = 0; p < s->parts; p++) {
    int is_new = part_ended[p] && is_policy(s, "restart");
    CHECK((s->pids[p] != pids[p]) == is_new);
    CHECK_INT(s->restarts[p], restarts[p] + is_new);
    if (!part_ended[p]) continue;
    CHECK(!is_alive(pids[p]));
    if (causes[p] >= 0) atomic_fetch_add(&counts[causes[p]], 1);
    for (int r = 0; r < s->n; r++)
      if (s->rows[r].part == p) make_failed(s, r);
    if (causes[p] == -1) {
      atomic_fetch_add(s->killer == SIGSTOP ? &stopped : &killed, 1);
      atomic_store(&s->victim, -1);
    }
  }
}

/* After a step (ids NULL: all rows in order) or a receive. */
static inline void check_results(session *s, int code, const int64_t *ids, int count, double obs[][3],
                                 const gym_transition *out) {
  gym_value *list = NULL;
  int is_received[MOST] = {0}, was_reported[MOST] = {0}, has_failed[MOST] = {0};
  gym_error err = GYM_ERROR_INIT;
  for (int i = 0; i < count; i++) {
    int r = ids ? (int)ids[i] : i;
    CHECK(s->rows[r].in_flight && !is_received[r]); /* none is doubled */
    is_received[r] = 1;
  }
  for (int r = 0; r < s->n; r++) {
    was_reported[r] = s->rows[r].is_reported;
    if (is_received[r]) s->rows[r].is_reported = 0;
  }
  if (!CHECK_OK(gym_vec_failures(s->vec, &list, &err), err)) return;
  check_failures(s, code, is_received, list, has_failed);
  for (int i = 0; i < count; i++) {
    int r = ids ? (int)ids[i] : i, good;
    if (has_failed[r] || was_reported[r])
      good = check_failed_look(s, r, obs[i], &out[i]);
    else
      good = check_advanced(s, r, obs[i], &out[i]);
    if (!good)
      fprintf(stderr, "  row %d: %g %g %g, reward %g, %d %d; %s\n", r, obs[i][0], obs[i][1], obs[i][2],
              out[i].reward, out[i].terminated, out[i].truncated, s->what);
    s->rows[r].in_flight = 0;
    s->rows[r].fault = NONE;
  }
  atomic_fetch_add(&rows_received, count);
  gym_value_free(list);
}

/* The infos of all rows: those of resets tell the seed, those of steps their number. */
static inline void check_infos(session *s) {
  gym_value *infos = NULL, *list = NULL;
  if (!CHECK_OK(gym_vec_failures(s->vec, &list, &s->err), s->err)) return;
  if (CHECK_OK(gym_vec_info(s->vec, &infos, &s->err), s->err)) {
    CHECK_INT(gym_value_count(infos), s->n);
    for (int r = 0; r < s->n; r++) {
      const gym_value *info = gym_value_at(infos, (size_t)r), *failed = failure_of(list, r);
      if (failed && is_policy(s, "restart")) CHECK_INT(int_of(info, "seed"), int_of(failed, "seed"));
      if (failed && !is_policy(s, "restart")) CHECK_INT(gym_value_count(info), 0);
      if (!failed && s->rows[r].steps > 0 && gym_value_get(info, "steps"))
        CHECK_INT(int_of(info, "steps"), s->rows[r].steps);
    }
    gym_value_free(infos);
  }
  gym_value_free(list);
}

/* ------------------------------------------------------------------------------------- what a session does
 */

static inline int step(session *s) {
  double actions[MOST], obs[MOST][3];
  gym_transition out[MOST];
  for (int r = 0; r < s->n; r++) {
    actions[r] = actions_of[s->rows[r].fault];
    s->rows[r].in_flight = 1;
  }
  memset(out, 0x55, sizeof out);
  int code =
      gym_vec_step(s->vec, actions, (size_t)s->n, obs[0], (size_t)s->n * 3, out, (size_t)s->n, &s->err);
  atomic_fetch_add(&calls_made, 1);
  check_results(s, code, NULL, s->n, obs, out);
  return code;
}

static inline int is_any_in_flight(const session *s) {
  for (int r = 0; r < s->n; r++)
    if (s->rows[r].in_flight) return 1;
  return 0;
}

static inline int receive(session *s, int batch) {
  double obs[MOST][3];
  gym_transition out[MOST];
  int64_t ids[MOST];
  size_t count = 0;
  double timeout = random_below(&s->random, 4) ? -1 : 0.001;
  memset(out, 0x55, sizeof out);
  int code = gym_vec_recv(s->vec, (size_t)batch, timeout, ids, obs[0], (size_t)batch * 3, out, (size_t)batch,
                          &count, &s->err);
  atomic_fetch_add(&calls_made, 1);
  if (code == GYM_ERR_TIMEOUT && timeout > 0) {
    sched_yield();
    return GYM_OK;
  }
  check_results(s, code, ids, (int)count, obs, out);
  return code;
}

/* Sends what is idle, or some of it. */
static inline void send_some(session *s, int all) {
  double actions[MOST];
  int64_t ids[MOST];
  size_t count = 0;
  for (int r = 0; r < s->n; r++) {
    if (s->rows[r].in_flight || (!all && s->rows[r].fault == NONE && random_below(&s->random, 3) == 0))
      continue;
    s->rows[r].in_flight = 1;
    actions[count] = actions_of[s->rows[r].fault];
    ids[count++] = r;
  }
  if (count == 0) return;
  CHECK_OK(gym_vec_send(s->vec, ids, count, actions, count, &s->err), s->err);
  atomic_fetch_add(&calls_made, 1);
}

static inline void receive_all(session *s) {
  while (is_any_in_flight(s) && atomic_load(&check_failed) < 50)
    receive(s, 1 + (int)random_below(&s->random, (uint32_t)s->n));
}

/* Brings back what is down: some of it, or everything is reset. */
static inline void bring_back(session *s) {
  uint8_t mask[MOST] = {0};
  double before[MOST][3], obs[MOST][3];
  int down = 0, some = (int)random_below(&s->random, 3);
  receive_all(s);
  for (int r = 0; r < s->n; r++)
    if (s->rows[r].is_down) down += mask[r] = down == 0 || some == 0 || random_below(&s->random, 2);
  if (down == 0) return;
  memcpy(before, s->view.observations, (size_t)s->n * sizeof *before);
  int code = gym_vec_reset(s->vec, NULL, 0, some == 2 ? NULL : mask, NULL, obs[0], (size_t)s->n * 3, &s->err);
  CHECK_OK(code, s->err);
  for (int r = 0; r < s->n; r++) {
    row *row = &s->rows[r];
    if (some != 2 && !mask[r]) {
      if (!row->is_down) CHECK(memcmp(before[r], obs[r], sizeof obs[r]) == 0);
      continue;
    }
    row->resets = row->is_down ? 1 : row->resets + 1;
    row->is_down = row->has_ended = 0;
    row->steps = 0;
    CHECK_INT(obs[r][0], 0);
    CHECK_INT(obs[r][1], row->resets);
    CHECK_INT(obs[r][2], 10 * r);
    CHECK_INT(s->view.statuses[r], GYM_OK);
  }
  look_at_workers(s);
}

/* One fault for a random row, at most one in a process that ends it. */
static inline void place_fault(session *s, int fault) {
  int r = (int)random_below(&s->random, (uint32_t)s->n);
  for (int i = 0; i < s->n; i++, r = (r + 1) % s->n) {
    const row *row = &s->rows[r];
    int taken = row->fault != NONE || row->is_down || row->in_flight;
    for (int other = 0; other < s->n; other++)
      taken |= faults[fault].kind >= ENDS && s->rows[other].part == row->part &&
               faults[s->rows[other].fault].kind >= ENDS;
    if (taken) continue;
    s->rows[r].fault = fault;
    return;
  }
}

static inline void one_round(session *s, int fault, int second) {
  if (fault >= 0) place_fault(s, fault);
  if (second >= 0) place_fault(s, second);
  if (s->sends) {
    send_some(s, 0);
    if (is_any_in_flight(s)) receive(s, 1 + (int)random_below(&s->random, (uint32_t)s->n));
    return;
  }
  step(s);
  if (random_below(&s->random, 4) == 0 && !s->killer) check_infos(s);
}

/* What the workers write is not for the log of the tests. */
static inline void hide_noise(void) {
  if (getenv("GOGYM_TEST_NOISE")) return;
  int own = fcntl(2, F_DUPFD_CLOEXEC, 10), null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (own < 0 || null_fd < 0) abort();
  stderr = fdopen(own, "w");
  setvbuf(stderr, NULL, _IOLBF, 0);
  dup2(null_fd, 2);
  close(null_fd);
}

#endif /* FAULTY_SESSION_H_ */
