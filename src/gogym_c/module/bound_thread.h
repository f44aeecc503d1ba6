/* Threads of the library's own, to which environments that render are bound.
 *
 * An OpenGL context belongs to the thread that made it: MuJoCo's frames come out black on any other. All
 * calls on such an environment therefore run on its own thread, whoever calls. The hand-over spins for some
 * microseconds before it sleeps, because a host that steps in a loop comes back sooner than a sleeping thread
 * wakes up. */
#ifndef GOGYM_BOUND_THREAD_H_
#define GOGYM_BOUND_THREAD_H_

typedef struct gym__bound_thread gym__bound_thread;

/* A new thread; NULL where the system gives none. */
gym__bound_thread *gym__bound_start(void);

/* The one thread for everything that opens windows, because window systems want one; it is never stopped.
 * NULL where the system gives none. */
gym__bound_thread *gym__bound_window(void);

/* Runs work(argument) on the thread and waits for it, without the GIL; directly where this is that thread.
 * One caller after another. 0: that would be waiting for ever (see waiting.h), and the work was not done. */
int gym__bound_run(gym__bound_thread *thread, void (*work)(void *argument), void *argument);

/* Ends a thread when it has no more work; not from itself. Does nothing for NULL and for that of windows. */
void gym__bound_stop(gym__bound_thread *thread);

#endif /* GOGYM_BOUND_THREAD_H_ */
