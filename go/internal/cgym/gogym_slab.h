/* A copy of src/gogym_c/gogym_slab.h, made by tools/copy_go_sources.py; edit that one. */
/* The shared memory of a host and its worker processes, and how they hand work over. Not installed.
 *
 * One memfd, the control memory, holds a gym__slab and a gym__station for each worker. Another one, the data,
 * holds rows of a vector environment, or the buffers of one isolated environment; its size is known only when
 * the workers have made their environments. Nothing in them is an address: offsets count from the beginning
 * of the data.
 *
 * Handing over: the host writes what is to be done into a station or into the states of rows, sets a bit in
 * the station's `operations`, adds one to its `command`, and wakes the worker if that sleeps. Workers sleep
 * on the slab's `turn`, each with its own bit, so that one system call wakes any set of them. A worker that
 * has done n rows (or one call of an isolated environment) takes n from `balance`; the host, which has added
 * what it waits for, sleeps on that until it is 0 or less. The worker whose subtraction gets there wakes it.
 *
 * Everything is on cache lines of its own, in pairs, because processors fetch two at a time. */
#ifndef GOGYM_SLAB_H_
#define GOGYM_SLAB_H_

#include <stdatomic.h>
#include <stdint.h>

#include "gogym.h"

#define GYM__SLAB_LINE 128
#define GYM__SLAB_MAGIC 0x534d5947u /* "GYMS" read as little-endian */
#define GYM__SLAB_VERSION 1u

typedef struct gym__slab {
  _Alignas(GYM__SLAB_LINE) uint32_t magic;
  uint32_t version;
  uint32_t worker_count;
  uint32_t reserved;

  _Alignas(GYM__SLAB_LINE) _Atomic(uint32_t) turn;   /* the host adds one to wake workers */
  _Alignas(GYM__SLAB_LINE) _Atomic(int32_t) balance; /* what the host waits for, less what is done */
  _Atomic(uint32_t) host_sleeps;
  _Atomic(uint32_t) interrupted; /* a worker has ended: look at them */
  uint64_t wait_average_ns;      /* of the host's last waits; the host's own */
  _Atomic(uint64_t) futex_calls; /* of the host */
} gym__slab;

/* What a worker is told to do; bits, because a message may come while it steps. */
enum {
  GYM__DO_CONTROL = 1, /* answer the next message on the socket */
  GYM__DO_CALL = 2,    /* of the isolated environment: what the station's `call` says, with its buffers */
  GYM__DO_ROWS = 4     /* what the states of the rows say */
};

/* The calls of an isolated environment that need no message. */
enum { GYM__CALL_STEP, GYM__CALL_RESET, GYM__CALL_SAMPLE_ACTION };

typedef struct gym__station {
  _Alignas(GYM__SLAB_LINE) _Atomic(uint32_t) command; /* how many commands the host has given */
  _Atomic(uint32_t) operations;                       /* GYM__DO_*; the worker takes them by an exchange */
  _Atomic(uint32_t) publish_each;                     /* of ROWS: every row by itself */
  _Atomic(uint32_t) spin_ns;                          /* how long to look for a command before sleeping */
  uint32_t call;                                      /* of CALL: GYM__CALL_* */
  uint32_t is_native;                                 /* whether buffers are in the native layout */
  int64_t seed;                                       /* of CALL_RESET; -1: none */
  uint64_t action_offset;
  uint64_t action_count; /* elements, or bytes */
  uint64_t observation_offset;
  uint64_t observation_count;

  _Alignas(GYM__SLAB_LINE) _Atomic(uint32_t) sleeps; /* the worker is about to sleep, or does */
  _Atomic(uint64_t) futex_calls;                     /* how often it has slept or woken the host */
  _Atomic(uint64_t) published; /* rows taken from the balance, of all time; after that */
  uint64_t env;                /* the worker's own handle, set by the worker */
  int32_t status;              /* of CALL, as is all that follows */
  uint32_t reserved;
  uint64_t action_nbytes; /* of CALL_SAMPLE_ACTION: gym_action_nbytes, which may have changed */
  gym_transition transition;

  _Alignas(GYM__SLAB_LINE) gym_error error; /* where status is not 0 */
} gym__station;

static inline gym__station *gym__slab_station(gym__slab *slab, uint32_t index) {
  return (gym__station *)(void *)((char *)slab + sizeof(gym__slab)) + index;
}

/* The size of the control memory. */
static inline uint64_t gym__slab_nbytes(uint32_t worker_count) {
  return sizeof(gym__slab) + (uint64_t)worker_count * sizeof(gym__station);
}

#endif /* GOGYM_SLAB_H_ */
