/* A copy of src/gogym_c/host/worker_other.c, made by tools/copy_go_sources.py; edit that one. */
/* Systems without worker processes. */
#include <string.h>

#include "runtime.h"
#include "worker.h"

#if !defined(__linux__)

int gym__worker_check(gym_error *err) {
  return gym__fail(err, GYM_ERR_UNSUPPORTED, "worker processes need Linux");
}

int gym__memory_make(uint32_t worker_count, gym__memory *out, gym_error *err) {
  (void)worker_count;
  memset(out, 0, sizeof *out);
  out->control_fd = out->data_fd = -1;
  return gym__worker_check(err);
}

int gym__memory_extend(gym__memory *memory, uint64_t nbytes, gym_error *err) {
  (void)memory, (void)nbytes;
  return gym__worker_check(err);
}

void gym__memory_free(gym__memory *memory) { (void)memory; }

int gym__worker_python(const char *python, char *out, gym_error *err) {
  (void)python, (void)out;
  return gym__worker_check(err);
}

int gym__worker_start(const gym__worker_plan *plan, const gym__memory *memory, uint32_t station,
                      gym__worker **out, gym_error *err) {
  (void)plan, (void)memory, (void)station, (void)out;
  return gym__worker_check(err);
}

/* There is no worker that these could be called for. */

void gym__worker_hold(gym__worker *worker) { (void)worker; }

void gym__worker_release(gym__worker *worker) { (void)worker; }

void gym__worker_ask_to_end(gym__worker *worker) { (void)worker; }

void gym__worker_ask_if_last(gym__worker *worker) { (void)worker; }

void gym__worker_part_with(gym__worker *worker, uint64_t until) { (void)worker, (void)until; }

int gym__worker_wait_ended(gym__worker *worker, double seconds) {
  (void)worker, (void)seconds;
  return 1;
}

int gym__worker_has_ended(const gym__worker *worker) {
  (void)worker;
  return 1;
}

void gym__worker_kill(gym__worker *worker, const char *reason) { (void)worker, (void)reason; }

void gym__worker_describe_end(gym__worker *worker, gym__worker_end *out) {
  (void)worker;
  memset(out, 0, sizeof *out);
}

int gym__worker_fail(gym__worker *worker, gym_error *err) {
  (void)worker;
  return gym__worker_check(err);
}

int gym__worker_pid(const gym__worker *worker) {
  (void)worker;
  return -1;
}

int gym__worker_socket(const gym__worker *worker) {
  (void)worker;
  return -1;
}

gym__station *gym__worker_station(const gym__worker *worker) {
  (void)worker;
  return NULL;
}

const gym__memory *gym__worker_memory(const gym__worker *worker) {
  (void)worker;
  return NULL;
}

int gym__worker_end_all(double seconds) {
  (void)seconds;
  return 1;
}

void gym__workers_before_fork(void) {}

void gym__workers_after_fork(void) {}

int gym__workers_in_child(void) { return 0; }

int gym__worker_count(void) { return 0; }

#endif /* not __linux__ */
