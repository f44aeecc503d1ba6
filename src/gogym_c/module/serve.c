/* The worker's side of gogym_slab.h. */
#define _GNU_SOURCE
#include "serve.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gogym_futex.h"
#include "gogym_slab.h"
#include "serve_message.h"

/* A worker that sleeps looks this often whether its host still holds the socket. */
#define SLICE_NS 1000000000u

typedef struct server {
  gym__served served;
  gym__slab *slab;
  gym__station *station;
  uint32_t bit;  /* what it sleeps with */
  uint32_t seen; /* commands */
  gym__spin spin;
} server;

static int has_command(const void *server_of) {
  const server *s = server_of;
  return atomic_load_explicit(&s->station->command, memory_order_acquire) != s->seen;
}

static int host_has_gone(const server *s) {
  struct pollfd look = {s->served.socket_fd, POLLIN, 0};
  return poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR));
}

/* 0: the host has gone. */
static int sleep_for_command(server *s) {
  int is_there = 1;
  while (is_there) {
    uint32_t turn = atomic_load(&s->slab->turn);
    atomic_store(&s->station->sleeps, 1u);
    if (atomic_load(&s->station->command) != s->seen) break;
    atomic_fetch_add_explicit(&s->station->futex_calls, (uint64_t)1, memory_order_relaxed);
    uint64_t until = gym__clock_ns() + SLICE_NS;
    gym__futex_wait(&s->slab->turn, turn, s->bit, until);
    if (has_command(s)) break;
    if (gym__clock_ns() >= until) is_there = !host_has_gone(s);
  }
  atomic_store_explicit(&s->station->sleeps, 0u, memory_order_relaxed);
  return is_there;
}

static int wait_for_command(server *s) {
  int is_there = 1;
  if (!has_command(s)) {
    uint64_t begin = gym__clock_ns();
    uint64_t most = atomic_load_explicit(&s->station->spin_ns, memory_order_relaxed);
    most = gym__spin_for(&s->spin, most);
    if (most == 0 || !gym__spin_until(has_command, s, most)) is_there = sleep_for_command(s);
    gym__spin_learn(&s->spin, gym__clock_ns() - begin);
  }
  s->seen = atomic_load(&s->station->command);
  return is_there;
}

/* The host no longer waits for n of what it waited for. */
static void publish(void *context, uint64_t n) {
  server *s = context;
  int32_t before = atomic_fetch_sub(&s->slab->balance, (int32_t)n);
  if (before > 0 && before <= (int32_t)n && atomic_exchange(&s->slab->host_sleeps, 0u)) {
    atomic_fetch_add_explicit(&s->station->futex_calls, (uint64_t)1, memory_order_relaxed);
    gym__futex_wake(&s->slab->balance, GYM__FUTEX_ANY);
  }
  atomic_fetch_add(&s->station->published, n);
}

static int step(const gym__table *table, gym_env env, gym__station *station, void *action, void *obs) {
  if (station->is_native)
    return table->step_native(env, action, station->action_count, obs, station->observation_count,
                              &station->transition, &station->error);
  return table->step(env, action, station->action_count, obs, station->observation_count,
                     &station->transition, &station->error);
}

static int reset(const gym__table *table, gym_env env, gym__station *station, void *obs) {
  const int64_t *seed = station->seed < 0 ? NULL : &station->seed;
  if (station->is_native)
    return table->reset_native(env, seed, NULL, obs, station->observation_count, &station->error);
  return table->reset(env, seed, NULL, obs, station->observation_count, &station->error);
}

static int sample_action(const gym__table *table, gym_env env, gym__station *station, void *action) {
  size_t nbytes = GYM_DYNAMIC;
  int status = station->is_native
                   ? table->sample_action_native(env, action, station->action_count, &station->error)
                   : table->sample_action(env, action, station->action_count, &station->error);
  table->action_nbytes(env, &nbytes, NULL);
  station->action_nbytes = nbytes;
  return status;
}

static void call(server *s) {
  gym__station *station = s->station;
  const gym__table *table = s->served.table;
  unsigned char *action = s->served.data + station->action_offset;
  unsigned char *obs = s->served.data + station->observation_offset;
  gym_env env = {station->env};
  station->error.struct_size = (uint32_t)sizeof station->error;
  if (station->call == GYM__CALL_STEP)
    station->status = step(table, env, station, action, obs);
  else if (station->call == GYM__CALL_RESET)
    station->status = reset(table, env, station, obs);
  else
    station->status = sample_action(table, env, station, action);
  publish(s, 1);
}

static void run_rows(server *s) {
  int each = atomic_load_explicit(&s->station->publish_each, memory_order_relaxed) != 0;
  if (s->served.is_bound) s->served.table->batch_run(s->served.batch, UINT64_MAX, each, publish, s, NULL);
}

/* The kernel's struct sched_attr, of which the C library's headers may know nothing. */
typedef struct scheduling {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;
  uint64_t deadline;
  uint64_t period;
} scheduling;

/* A host that wakes up must get a CPU at once, also where workers spin on all of them. Since Linux 6.12 one
 * with shorter slices than who runs does; a worker's are made longer, which changes nothing of its share.
 * Earlier kernels ignore it (worker_turn.c knows). */
#define SLICE_OF_WORKERS_NS 20000000u

static void give_way_to_host(void) {
#if defined(SYS_sched_setattr) && defined(SYS_sched_getattr)
  scheduling now = {0};
  if (syscall(SYS_sched_getattr, 0, &now, (unsigned)sizeof now, 0) != 0 || now.policy != 0) return;
  now.size = (uint32_t)sizeof now;
  now.flags = 0;
  now.runtime = SLICE_OF_WORKERS_NS;
  syscall(SYS_sched_setattr, 0, &now, 0);
#endif
}

static int serve(server *s) {
  while (wait_for_command(s)) {
    uint32_t operations = atomic_exchange(&s->station->operations, 0u);
    if (operations & GYM__DO_CALL) call(s);
    if (operations & GYM__DO_ROWS) run_rows(s);
    if (operations & GYM__DO_CONTROL) {
      int end = gym__serve_next(&s->served);
      if (end) return end > 0 ? 0 : 1;
    }
  }
  return 1;
}

int gym__serve(const gym__table *table, int socket_fd, int control_fd, int data_fd, uint32_t station) {
  struct stat about;
  server s = {0};
  if (fstat(control_fd, &about) != 0 || about.st_size < (off_t)gym__slab_nbytes(station + 1)) return 1;
  size_t nbytes = (size_t)about.st_size;
  s.slab = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, control_fd, 0);
  if (s.slab == MAP_FAILED) return 1;
  int status = 1;
  if (s.slab->magic == GYM__SLAB_MAGIC && s.slab->version == GYM__SLAB_VERSION &&
      station < s.slab->worker_count) {
    s.station = gym__slab_station(s.slab, station);
    s.bit = 1u << (station % 32);
    s.served =
        (gym__served){.table = table, .socket_fd = socket_fd, .data_fd = data_fd, .station = s.station};
    give_way_to_host();
    status = serve(&s);
    gym__serve_end(&s.served);
  }
  munmap(s.slab, nbytes);
  return status;
}
