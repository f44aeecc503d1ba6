/* One Python thread state per OS thread. */
#ifndef GOGYM_THREAD_STATE_H_
#define GOGYM_THREAD_STATE_H_

/* Keeps one Python thread state for the calling OS thread until the thread ends: since Python 3.11 a fresh
 * one for each call costs about 10 us. Does nothing where the thread has one already. */
void gym__thread_pin(void);

/* Counts that the calling thread is inside of something that gym_shutdown would wait for: a call on an
 * environment's own thread, a function of the host. */
void gym__thread_enter(void);
void gym__thread_leave(void);
int gym__thread_is_inside(void);

/* Whether the calling thread holds the GIL now, as that of a host that embeds Python itself may. */
int gym__thread_holds_gil(void);

#endif /* GOGYM_THREAD_STATE_H_ */
