/* A copy of src/gogym_c/gogym_signals.h, made by tools/copy_go_sources.py; edit that one. */
/* Keeping the host's signal handlers while code runs that installs its own. Used by host and module. */
#ifndef GOGYM_SIGNALS_H_
#define GOGYM_SIGNALS_H_

#include <signal.h>

#define GYM__SIGNALS_COUNT 32

/* The handlers of signals 1 to 31 (those that cannot be caught are left out). */
typedef struct gym__signals {
  struct sigaction actions[GYM__SIGNALS_COUNT];
} gym__signals;

void gym__signals_save(gym__signals *saved);

/* Writes back only what changed, to meddle as little as possible with a host that sets its own meanwhile. A
 * handler that was taken away and put back with other flags counts as changed: Go's need theirs. */
void gym__signals_restore(const gym__signals *saved);

#endif /* GOGYM_SIGNALS_H_ */
