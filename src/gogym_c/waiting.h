/* Who waits for whom: an environment's callback may call another environment, whose callback may be calling
 * the first one from another thread. Both would wait for ever; the second to come is refused instead. */
#ifndef GOGYM_WAITING_H_
#define GOGYM_WAITING_H_

#include <stdatomic.h>
#include <stdint.h>

/* A thread as a number; 0 is none. */
uintptr_t gym__this_thread(void);

/* One wait of a thread, on its stack. */
typedef struct gym__wait {
  uintptr_t waiter;
  const _Atomic(uintptr_t) *owner; /* the thread that has what it waits for */
  struct gym__wait *next;
} gym__wait;

/* Announces that the calling thread is going to wait for what *owner has. 0: that would be for ever, because
 * that thread waits, by way of others or not, for this one; nothing is announced then. */
int gym__wait_begin(gym__wait *wait, const _Atomic(uintptr_t) *owner);
void gym__wait_end(gym__wait *wait);

/* The same for what another thread is doing, whatever that is. */
typedef struct gym__thread_wait {
  gym__wait wait;
  _Atomic(uintptr_t) thread;
} gym__thread_wait;

int gym__thread_wait_begin(gym__thread_wait *wait, uintptr_t thread);
void gym__thread_wait_end(gym__thread_wait *wait);

#endif /* GOGYM_WAITING_H_ */
