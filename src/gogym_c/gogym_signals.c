#define _GNU_SOURCE
#include "gogym_signals.h"

#define VISIBLE_FLAGS (SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_NOCLDSTOP | SA_NOCLDWAIT)

static int can_be_caught(int number) { return number != SIGKILL && number != SIGSTOP; }

void gym__signals_save(gym__signals *saved) {
  for (int number = 1; number < GYM__SIGNALS_COUNT; number++)
    if (can_be_caught(number)) sigaction(number, NULL, &saved->actions[number]);
}

void gym__signals_restore(const gym__signals *saved) {
  for (int number = 1; number < GYM__SIGNALS_COUNT; number++) {
    const struct sigaction *before = &saved->actions[number];
    struct sigaction now;
    if (!can_be_caught(number) || sigaction(number, NULL, &now) != 0) continue;
    if (now.sa_sigaction != before->sa_sigaction || ((now.sa_flags ^ before->sa_flags) & VISIBLE_FLAGS))
      sigaction(number, before, NULL);
  }
}
