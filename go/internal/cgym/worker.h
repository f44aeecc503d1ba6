/* A copy of src/gogym_c/host/worker.h, made by tools/copy_go_sources.py; edit that one. */
/* Worker processes: starting, watching and ending them. Not installed.
 *
 * A worker is `python -m gogym.worker`, started by a thread of the library's own that never ends (the
 * monitor), because the kernel ends a worker with the thread that started it. The monitor also reads the
 * workers' standard error, passes it on and keeps its end, and notices when one ends. Linux only. */
#ifndef GOGYM_WORKER_H_
#define GOGYM_WORKER_H_

#include <pthread.h>

#include "gogym.h"
#include "gogym_slab.h"

/* ------------------------------------------------------------------------- worker_memory.c: shared memory */

typedef struct gym__memory {
  uint32_t worker_count; /* not the slab's, which the workers can write */
  int control_fd;        /* memfds; -1 for none */
  int data_fd;
  gym__slab *slab;
  uint64_t slab_nbytes;
  unsigned char *data; /* NULL until gym__memory_extend */
  uint64_t data_nbytes;
} gym__memory;

/* Control memory for `worker_count` workers, and data of no size yet. */
int gym__memory_make(uint32_t worker_count, gym__memory *out, gym_error *err);

/* Gives the data its size, once, zeroed. */
int gym__memory_extend(gym__memory *memory, uint64_t nbytes, gym_error *err);
void gym__memory_free(gym__memory *memory);

/* ------------------------------------------------------------------------- worker_process.c,
 * worker_monitor.c */

typedef struct gym__worker_plan {
  const char *python;    /* an interpreter that gym__worker_python has given */
  uint64_t memory_limit; /* bytes of address space; 0 for none */
  double timeout;        /* seconds for each answer on the socket; 0 for none */
} gym__worker_plan;

typedef struct gym__worker gym__worker;

/* Chooses the interpreter for workers: `python` or, where that is NULL, as gym_init chooses; asks it, and
 * says what is missing in it. Answers are remembered. `out`: GYM__PATH_SIZE bytes. */
int gym__worker_python(const char *python, char *out, gym_error *err);

/* Starts a worker at a station of the memory; it holds the memory's descriptors, not the memory. Does not
 * wait until it is up: the first message does. The caller has one reference. */
int gym__worker_start(const gym__worker_plan *plan, const gym__memory *memory, uint32_t station,
                      gym__worker **out, gym_error *err);

/* References: an environment, a vector environment, each space of one. With the last one the worker is asked
 * to end, and made to after a second. Neither waits for that: gym__worker_wait_ended does, for at most
 * `seconds`. */
void gym__worker_hold(gym__worker *worker);
void gym__worker_release(gym__worker *worker);
int gym__worker_wait_ended(gym__worker *worker, double seconds);

/* Asks it to end as the last gym__worker_release does, and keeps the reference: for gym__worker_wait_ended.
 */
void gym__worker_ask_to_end(gym__worker *worker);

/* For who closes what is in a worker: asks it to end if nobody else holds it, so that several may end at the
 * same time; and releases it when it has, or at a time of gym__now_ns. */
void gym__worker_ask_if_last(gym__worker *worker);
void gym__worker_part_with(gym__worker *worker, uint64_t until);

/* Whether its end has been noticed. */
int gym__worker_has_ended(const gym__worker *worker);

/* SIGKILL to the worker's process group; returns at once. `reason` is for gym__worker_fail: "did not answer
 * within 2 s". The first reason stays. */
void gym__worker_kill(gym__worker *worker, const char *reason);

/* How a worker ended. */
typedef struct gym__worker_end {
  int pid;
  int signal;    /* that ended it; 0 */
  int exit_code; /* -1 where it was a signal, or is not known */
  char reason[256];
  char stderr_tail[4096]; /* what it wrote last, UTF-8 */
} gym__worker_end;

/* Waits for the end to be complete (it has been noticed, or is about to be: a socket that is closed). */
void gym__worker_describe_end(gym__worker *worker, gym__worker_end *out);

/* Says it: "the worker process 4711 was ended by signal 11 (Segmentation fault): ...". GYM_ERR_WORKER. */
int gym__worker_fail(gym__worker *worker, gym_error *err);

int gym__worker_pid(const gym__worker *worker);
int gym__worker_socket(const gym__worker *worker);
gym__station *gym__worker_station(const gym__worker *worker);
const gym__memory *gym__worker_memory(const gym__worker *worker);

/* Whether workers may be used: GYM_ERR_FORKED in a child of fork, GYM_ERR_SHUTDOWN, GYM_ERR_UNSUPPORTED. */
int gym__worker_check(gym_error *err);

/* Ends all of them, as gym_shutdown does, whoever has references, and waits for that, `seconds` at most: 1
 * where none is left. No other can be started afterwards. */
int gym__worker_end_all(double seconds);

/* Around fork, called by runtime.c. gym__workers_in_child: whether the parent had workers. */
void gym__workers_before_fork(void);
void gym__workers_after_fork(void);
int gym__workers_in_child(void);

/* For gym_shutdown: closes every vector environment, isolated environment and space of one. What an
 * env.close() raised, after everything was done. */
int gym__close_all(gym_error *err);
int gym__close_worker_envs(gym_error *err); /* worker_env.c: the isolated environments of these */

/* Live workers of this process: those beyond the usable CPUs make spinning useless. */
int gym__worker_count(void);

/* ------------------------------------------------------------------------- worker_message.c: the socket */

/* Sends a request: the operation and its arguments as `format` says, one letter each:
 *   i  int64_t                 f  double
 *   s  const char *, or NULL   b  const void *, size_t (NULL, 0: none)
 * and wakes the worker. One request at a time: the caller holds gym__worker_lock. */
int gym__worker_send(gym__worker *worker, int operation, gym_error *err, const char *format, ...);

/* Waits for the answer. Where the worker says that it failed, err has what it says, and its status is given.
 * Otherwise *reply is a list of the results, to be freed (NULL: not wanted). A worker that ends or does not
 * answer within the plan's timeout gives GYM_ERR_WORKER, and is killed. */
int gym__worker_receive(gym__worker *worker, gym_value **reply, gym_error *err);

/* The answer to an operation that closes what is in the worker: one that does not answer until then
 * (gym__now_ns) is killed. */
int gym__worker_receive_closed(gym__worker *worker, uint64_t deadline, gym_error *err);

/* For closing (the plan's timeout, where there is one), and then for exiting. */
uint64_t gym__worker_close_deadline(const gym__worker *worker);
uint64_t gym__worker_exit_deadline(void);

/* Both, under the lock. */
int gym__worker_call(gym__worker *worker, int operation, gym_value **reply, gym_error *err,
                     const char *format, ...);

/* For who sends and receives by himself. */
void gym__worker_lock(gym__worker *worker);
void gym__worker_unlock(gym__worker *worker);

/* Has a worker map the data: the one that it was started with (data_fd -1), or another one that takes its
 * place. */
int gym__worker_map(gym__worker *worker, int data_fd, uint64_t nbytes, gym_error *err);

/* The first message to a worker: waits until it is up, and checks that its gogym understands this one.
 * `about` receives a list of the message's version, pid, interpreter and Python version; NULL: not wanted. */
int gym__worker_greet(gym__worker *worker, gym_value **about, gym_error *err);

/* Whether the answer to HELLO is that of a gogym that this one can work with. */
int gym__worker_check_greeting(const gym_value *reply, gym_error *err);

/* A copy of a node and what is under it as a tree of its own; NULL: no memory. */
gym_value *gym__value_copy(const gym_value *node);

/* ------------------------------------------------------------------------- worker_turn.c: waking and waiting
 */

/* Tells a worker to do something (GYM__DO_*), without waking it. Gives its bit for gym__turn_wake. */
uint32_t gym__turn_tell(gym__worker *worker, uint32_t operation);

/* Wakes those of a memory's workers that sleep and have been told something: one system call at most.
 * `told`: a bit for each station, station % 32. */
void gym__turn_wake(const gym__memory *memory, uint32_t told);

/* Waits until the balance is 0 or less, or a worker of the memory has ended, or the deadline (CLOCK_MONOTONIC
 * nanoseconds; 0 for none) has come. 1: the balance is; 0: look yourself. Gives the GIL up where the caller
 * has it. */
int gym__turn_wait(const gym__memory *memory, uint64_t deadline);

/* Called by the monitor: wakes whoever waits in gym__turn_wait. */
void gym__turn_interrupt(const gym__memory *memory);

uint64_t gym__now_ns(void);

/* ------------------------------------------------------------------------- cpus.c */

/* The CPUs that this process may use: its affinity, and the cgroup's quota rounded up. At least 1. */
int gym__usable_cpus(void);

#endif /* GOGYM_WORKER_H_ */
