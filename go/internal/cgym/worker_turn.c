/* A copy of src/gogym_c/host/worker_turn.c, made by tools/copy_go_sources.py; edit that one. */
/* Handing work to workers and waiting for it: the host's side of gogym_slab.h. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "gogym_futex.h"
#include "gogym_gil.h"
#include "worker.h"

/* A waiter looks after itself this often, whatever happens to the wake-ups. */
#define SLICE_NS 100000000u

uint64_t gym__now_ns(void) { return gym__clock_ns(); }

/* Spinning helps where whoever spins has a CPU to himself: whether so many threads have. */
static int have_cpus(int threads) {
  static _Atomic(int) cpus;
  int count = atomic_load_explicit(&cpus, memory_order_relaxed);
  if (count == 0) {
    count = gym__usable_cpus();
    atomic_store_explicit(&cpus, count, memory_order_relaxed);
  }
  return threads <= count;
}

/* Whether a thread that wakes up gets a CPU at once from one that spins. Linux 6.6 to 6.11 let that one go on
 * to the end of its slice, which is milliseconds; before that, and since (serve.c, give_way_to_host), it
 * goes. */
static int spinning_gives_way(void) {
  static _Atomic(int) known; /* 1: yes, 2: no */
  int answer = atomic_load_explicit(&known, memory_order_relaxed);
  if (answer == 0) {
    struct utsname about;
    int major = 0, minor = 0;
    int can_tell = uname(&about) == 0 && sscanf(about.release, "%d.%d", &major, &minor) == 2;
    answer = can_tell && major == 6 && minor >= 6 && minor < 12 ? 2 : 1;
    atomic_store_explicit(&known, answer, memory_order_relaxed);
  }
  return answer == 1;
}

static uint32_t spin_of_workers(void) {
  int workers = gym__worker_count();
  return have_cpus(workers + 1) || (have_cpus(workers) && spinning_gives_way()) ? GYM__SPIN_MAX_NS : 0;
}

uint32_t gym__turn_tell(gym__worker *worker, uint32_t operation) {
  gym__station *station = gym__worker_station(worker);
  atomic_store_explicit(&station->spin_ns, spin_of_workers(), memory_order_relaxed);
  atomic_fetch_or(&station->operations, operation);
  atomic_fetch_add(&station->command, 1u);
  return 1u << ((station - gym__slab_station(gym__worker_memory(worker)->slab, 0)) % 32);
}

void gym__turn_wake(const gym__memory *memory, uint32_t told) {
  gym__slab *slab = memory->slab;
  uint32_t asleep = 0;
  for (uint32_t i = 0; i < memory->worker_count; i++) {
    uint32_t bit = 1u << (i % 32);
    if ((told & bit) && atomic_load(&gym__slab_station(slab, i)->sleeps)) asleep |= bit;
  }
  if (!asleep) return;
  atomic_fetch_add(&slab->turn, 1u);
  atomic_fetch_add_explicit(&slab->futex_calls, (uint64_t)1, memory_order_relaxed);
  gym__futex_wake(&slab->turn, asleep);
}

static int is_done(const void *slab) {
  return atomic_load_explicit(&((const gym__slab *)slab)->balance, memory_order_acquire) <= 0;
}

/* 1: the balance is 0 or less; 0: interrupted, or the deadline or the end of the slice has come. */
static int sleep_until(gym__slab *slab, uint64_t deadline) {
  uint64_t until = gym__clock_ns() + SLICE_NS;
  int32_t balance;
  for (;;) {
    atomic_store(&slab->host_sleeps, 1u);
    balance = atomic_load(&slab->balance);
    if (balance <= 0 || atomic_exchange(&slab->interrupted, 0u)) break;
    uint64_t now = gym__clock_ns();
    if (now >= until || (deadline && now >= deadline)) break;
    atomic_fetch_add_explicit(&slab->futex_calls, (uint64_t)1, memory_order_relaxed);
    gym__futex_wait(&slab->balance, (uint32_t)balance, GYM__FUTEX_ANY,
                    deadline && deadline < until ? deadline : until);
  }
  atomic_store_explicit(&slab->host_sleeps, 0u, memory_order_relaxed);
  return balance <= 0;
}

int gym__turn_wait(const gym__memory *memory, uint64_t deadline) {
  gym__slab *slab = memory->slab;
  if (is_done(slab)) return 1;
  uint64_t begin = gym__clock_ns();
  gym__spin learned = {slab->wait_average_ns};
  void *gil = gym__gil_release();
  uint64_t most = have_cpus(gym__worker_count() + 1) ? gym__spin_for(&learned, GYM__SPIN_MAX_NS) : 0;
  int done = (most && gym__spin_until(is_done, slab, most)) || sleep_until(slab, deadline);
  gym__gil_restore(gil);
  gym__spin_learn(&learned, gym__clock_ns() - begin);
  slab->wait_average_ns = learned.average_ns;
  return done;
}

void gym__turn_interrupt(const gym__memory *memory) {
  atomic_store(&memory->slab->interrupted, 1u);
  gym__futex_wake(&memory->slab->balance, GYM__FUTEX_ANY);
}
