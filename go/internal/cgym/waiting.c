/* A copy of src/gogym_c/waiting.c, made by tools/copy_go_sources.py; edit that one. */
#include "waiting.h"

#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static gym__wait *waits;

uintptr_t gym__this_thread(void) { return (uintptr_t)pthread_self(); }

static const gym__wait *wait_of(uintptr_t thread) {
  for (const gym__wait *wait = waits; wait; wait = wait->next)
    if (wait->waiter == thread) return wait;
  return NULL;
}

/* A thread that waits gives nothing up meanwhile, so every link of a chain of such threads stays as it is
 * while it is followed. */
static int leads_to(uintptr_t thread, const _Atomic(uintptr_t) *owner) {
  for (;;) {
    uintptr_t holder = atomic_load(owner);
    if (holder == 0) return 0;
    if (holder == thread) return 1;
    const gym__wait *wait = wait_of(holder);
    if (!wait) return 0;
    owner = wait->owner;
  }
}

int gym__wait_begin(gym__wait *wait, const _Atomic(uintptr_t) *owner) {
  wait->waiter = gym__this_thread();
  wait->owner = owner;
  pthread_mutex_lock(&mutex);
  int allowed = !leads_to(wait->waiter, owner);
  if (allowed) {
    wait->next = waits;
    waits = wait;
  }
  pthread_mutex_unlock(&mutex);
  return allowed;
}

void gym__wait_end(gym__wait *wait) {
  pthread_mutex_lock(&mutex);
  gym__wait **link = &waits;
  while (*link != wait) link = &(*link)->next;
  *link = wait->next;
  pthread_mutex_unlock(&mutex);
}

int gym__thread_wait_begin(gym__thread_wait *wait, uintptr_t thread) {
  atomic_init(&wait->thread, thread);
  return gym__wait_begin(&wait->wait, &wait->thread);
}

void gym__thread_wait_end(gym__thread_wait *wait) { gym__wait_end(&wait->wait); }
