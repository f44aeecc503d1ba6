#define _GNU_SOURCE
#include "bound_thread.h"

#include <Python.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "thread_state.h"
#include "waiting.h"

enum { IDLE, GIVEN, DONE, ENDING };

/* How long either side looks for the other before it sleeps: waking a sleeping thread takes about 40 us,
 * which is much beside a step. A caller waits for work of which a frame or a step with physics takes up to 1
 * ms; a thread waits for a host that thinks about its next action. After the first moment both let other
 * threads have the CPU. */
#define CALLER_SPIN_NS 1000000
#define WORKER_SPIN_NS 200000
#define RELAXED_NS 20000
#define STACK_BYTES (16u << 20) /* as much as Python's main thread has */

struct gym__bound_thread {
  pthread_t thread;
  _Atomic(uintptr_t) id;
  pthread_mutex_t turn; /* of the callers */
  pthread_mutex_t mutex;
  pthread_cond_t given, done;
  atomic_int state;
  atomic_int worker_sleeps, caller_sleeps;
  void (*work)(void *argument);
  void *argument;
};

static gym__bound_thread *window;
static pthread_mutex_t window_mutex = PTHREAD_MUTEX_INITIALIZER;

static long long now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/* With one CPU the other side cannot make progress while this one spins. */
static int may_spin(void) {
  static atomic_int cpus;
  int count = atomic_load_explicit(&cpus, memory_order_relaxed);
  if (count == 0) {
#ifdef __linux__
    cpu_set_t set;
    count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
#else
    count = (int)sysconf(_SC_NPROCESSORS_ONLN);
#endif
    atomic_store_explicit(&cpus, count, memory_order_relaxed);
  }
  return count > 1;
}

/* Whether the state became one of two before the time was up. */
static int spin_until(gym__bound_thread *thread, int wanted, int also, long long most_ns) {
  if (!may_spin()) return 0;
  long long begin = now_ns(), spent = 0;
  do {
    for (int i = 0; i < 32; i++) {
      int state = atomic_load(&thread->state);
      if (state == wanted || state == also) return 1;
      if (spent < RELAXED_NS)
        relax();
      else
        sched_yield();
    }
    spent = now_ns() - begin;
  } while (spent < most_ns);
  return 0;
}

/* Each side announces its sleep before it looks at the state a last time, and the other changes the state
 * before it looks for sleepers: one of the two sees the other. */
static void sleep_until(gym__bound_thread *thread, atomic_int *sleeps, pthread_cond_t *condition, int wanted,
                        int also) {
  pthread_mutex_lock(&thread->mutex);
  atomic_store(sleeps, 1);
  for (;;) {
    int state = atomic_load(&thread->state);
    if (state == wanted || state == also) break;
    pthread_cond_wait(condition, &thread->mutex);
  }
  atomic_store(sleeps, 0);
  pthread_mutex_unlock(&thread->mutex);
}

static void change_state(gym__bound_thread *thread, int state, atomic_int *sleeps,
                         pthread_cond_t *condition) {
  atomic_store(&thread->state, state);
  if (!atomic_load(sleeps)) return;
  pthread_mutex_lock(&thread->mutex);
  pthread_cond_signal(condition);
  pthread_mutex_unlock(&thread->mutex);
}

static void *serve(void *argument) {
  gym__bound_thread *thread = argument;
  atomic_store(&thread->id, gym__this_thread());
  gym__thread_pin();
  for (;;) {
    if (!spin_until(thread, GIVEN, ENDING, WORKER_SPIN_NS))
      sleep_until(thread, &thread->worker_sleeps, &thread->given, GIVEN, ENDING);
    if (atomic_load(&thread->state) == ENDING) return NULL;
    gym__thread_enter();
    thread->work(thread->argument);
    gym__thread_leave();
    change_state(thread, DONE, &thread->caller_sleeps, &thread->done);
  }
}

static void discard(gym__bound_thread *thread) {
  pthread_cond_destroy(&thread->given);
  pthread_cond_destroy(&thread->done);
  pthread_mutex_destroy(&thread->mutex);
  pthread_mutex_destroy(&thread->turn);
  free(thread);
}

static int start(gym__bound_thread *thread) {
  pthread_attr_t attributes;
  sigset_t all, before;
  if (pthread_attr_init(&attributes) != 0) return 0;
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  /* The host's signals are not for a thread that it does not know of. */
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int failed = pthread_create(&thread->thread, &attributes, serve, thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
#ifdef __linux__
  if (!failed) pthread_setname_np(thread->thread, "gogym-render");
#endif
  return !failed;
}

gym__bound_thread *gym__bound_start(void) {
  gym__bound_thread *thread = calloc(1, sizeof *thread);
  if (!thread) return NULL;
  pthread_mutex_init(&thread->turn, NULL);
  pthread_mutex_init(&thread->mutex, NULL);
  pthread_cond_init(&thread->given, NULL);
  pthread_cond_init(&thread->done, NULL);
  if (start(thread)) return thread;
  discard(thread);
  return NULL;
}

gym__bound_thread *gym__bound_window(void) {
  pthread_mutex_lock(&window_mutex);
  if (!window) window = gym__bound_start();
  gym__bound_thread *thread = window;
  pthread_mutex_unlock(&window_mutex);
  return thread;
}

/* 0: it would be waiting for ever. */
static int run_there(gym__bound_thread *thread, void (*work)(void *argument), void *argument) {
  gym__wait wait;
  if (!gym__wait_begin(&wait, &thread->id)) return 0;
  pthread_mutex_lock(&thread->turn);
  thread->work = work;
  thread->argument = argument;
  change_state(thread, GIVEN, &thread->worker_sleeps, &thread->given);
  if (!spin_until(thread, DONE, DONE, CALLER_SPIN_NS))
    sleep_until(thread, &thread->caller_sleeps, &thread->done, DONE, DONE);
  pthread_mutex_unlock(&thread->turn);
  gym__wait_end(&wait);
  return 1;
}

int gym__bound_run(gym__bound_thread *thread, void (*work)(void *argument), void *argument) {
  if (atomic_load(&thread->id) == gym__this_thread()) {
    work(argument);
    return 1;
  }
  /* The thread needs the GIL, which a host that embeds Python itself may hold. */
  PyThreadState *state = gym__thread_holds_gil() ? PyEval_SaveThread() : NULL;
  int done = run_there(thread, work, argument);
  if (state) PyEval_RestoreThread(state);
  return done;
}

void gym__bound_stop(gym__bound_thread *thread) {
  if (!thread || thread == window) return;
  PyThreadState *state = gym__thread_holds_gil() ? PyEval_SaveThread() : NULL;
  pthread_mutex_lock(&thread->turn);
  change_state(thread, ENDING, &thread->worker_sleeps, &thread->given);
  pthread_join(thread->thread, NULL);
  pthread_mutex_unlock(&thread->turn);
  if (state) PyEval_RestoreThread(state);
  discard(thread);
}
