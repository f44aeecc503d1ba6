/* Callbacks that meet: environments whose callbacks call each other from several threads, one callback on
 * many threads, and the removal of a callback that runs. */
#define _GNU_SOURCE
#include "around.h"

static gym_error err = GYM_ERROR_INIT;

/* ------------------------------------------------------------------------------------- rings */

enum { MOST = 3 };

/* An environment, whose callback calls the next one's. */
typedef struct ring_link {
  gym_env env, next;
  atomic_int armed; /* the callback is to call; a call from another one's callback is not */
  int waits;        /* until all the others are in their callbacks, too */
  int inner;        /* what that call gave */
  int outer;        /* what its own thread's call gave */
  long busy, fine;
} ring_link;

static pthread_barrier_t all_inside, start;

static int call_next(void *user_data, double reward, double *out, gym_error *said) {
  ring_link *self = user_data;
  gym_error own = GYM_ERROR_INIT;
  gym_transition t;
  (void)said;
  *out = reward;
  if (!atomic_exchange(&self->armed, 0)) return GYM_OK;
  if (self->waits) pthread_barrier_wait(&all_inside);
  self->inner = step_plain(self->next, &t, &own);
  if (self->inner != GYM_OK) CHECK_FAILURE(self->inner, GYM_ERR_BUSY, own, "inside a call");
  return GYM_OK;
}

static void step_once(ring_link *self, int waits) {
  gym_error own = GYM_ERROR_INIT;
  gym_transition t;
  self->inner = -1, self->waits = waits;
  atomic_store(&self->armed, 1);
  self->outer = step_plain(self->env, &t, &own);
  CHECK_OK(self->outer, own);
  self->busy += self->inner == GYM_ERR_BUSY;
  self->fine += self->inner == GYM_OK;
}

static void *step_together(void *argument) {
  for (int round = 0; round < 100; round++) {
    pthread_barrier_wait(&start);
    step_once(argument, 1);
    pthread_barrier_wait(&start); /* all have ended: the next round's calls are not of this one */
  }
  return NULL;
}

static void *step_at_will(void *argument) {
  pthread_barrier_wait(&start);
  for (int round = 0; round < 1000; round++) step_once(argument, 0);
  return NULL;
}

/* `bound`: a bit for each environment that is bound to a thread. */
static void test_ring(int count, unsigned bound) {
  ring_link links[MOST] = {0};
  team threads;
  char name[20], wrapper[100];
  for (int i = 0; i < count; i++) {
    snprintf(name, sizeof name, "link %d", i);
    snprintf(wrapper, sizeof wrapper, TRANSFORM_REWARD("link %d"), i);
    CHECK_OK(gym_add_reward_callback(name, call_next, &links[i], &err), err);
    links[i].env = open_plain("", bound >> i & 1, wrapper);
    CHECK_OK(reset_plain(links[i].env, &err), err);
  }
  for (int i = 0; i < count; i++) links[i].next = links[(i + 1) % count].env;
  pthread_barrier_init(&all_inside, NULL, (unsigned)count);
  pthread_barrier_init(&start, NULL, (unsigned)count);

  /* All inside before any calls the next: one of them is refused, and the others come to their turn by that.
   */
  start_team(&threads, count, step_together, links, sizeof *links);
  join_team(&threads);
  long busy = 0, fine = 0;
  for (int i = 0; i < count; i++) busy += links[i].busy, fine += links[i].fine;
  CHECK_INT(busy, 100);
  CHECK_INT(fine, 100 * (count - 1));

  /* As it comes. */
  start_team(&threads, count, step_at_will, links, sizeof *links);
  join_team(&threads);
  for (int i = 0; i < count; i++) busy -= links[i].busy, fine -= links[i].fine;
  CHECK_INT(-busy - fine, 1000 * count);
  printf("ring of %d, bound %x: %ld of %d calls were refused\n", count, bound, -busy, 1000 * count);
  for (int i = 0; i < count; i++) {
    CHECK_OK(gym_close(links[i].env, &err), err);
    snprintf(name, sizeof name, "link %d", i);
    CHECK_OK(gym_remove_callback(name, &err), err);
  }
  pthread_barrier_destroy(&all_inside);
  pthread_barrier_destroy(&start);
}

/* An environment that calls itself by way of another: on one thread, and where threads of the library stand
 * between. */
static int call_back(void *user_data, double reward, double *out, gym_error *said) {
  ring_link *self = user_data;
  gym_transition t;
  (void)said;
  *out = reward;
  if (!atomic_exchange(&self->armed, 0)) return GYM_OK;
  self->inner = step_plain(self->next, &t, NULL);
  return GYM_OK;
}

static void test_around_one_thread(unsigned bound) {
  ring_link links[2] = {0};
  gym_transition t;
  CHECK_OK(gym_add_reward_callback("link 0", call_back, &links[0], &err), err);
  CHECK_OK(gym_add_reward_callback("link 1", call_back, &links[1], &err), err);
  links[0].env = open_plain("", bound & 1, TRANSFORM_REWARD("link 0"));
  links[1].env = open_plain("", bound >> 1 & 1, TRANSFORM_REWARD("link 1"));
  for (int i = 0; i < 2; i++) {
    links[i].next = links[1 - i].env;
    CHECK_OK(reset_plain(links[i].env, &err), err);
  }
  for (int round = 0; round < 50; round++) {
    atomic_store(&links[0].armed, 1);
    atomic_store(&links[1].armed, 1);
    CHECK_OK(step_plain(links[round % 2].env, &t, &err), err);
    CHECK_INT(links[round % 2].inner, GYM_OK);
    CHECK_INT(links[1 - round % 2].inner, GYM_ERR_BUSY);
  }
  for (int i = 0; i < 2; i++) CHECK_OK(gym_close(links[i].env, &err), err);
  CHECK_OK(gym_remove_callback("link 0", &err), err);
  CHECK_OK(gym_remove_callback("link 1", &err), err);
}

/* ------------------------------------------------------------------------------------- many threads */

enum { THREADS = 8, STEPS = 500 };

typedef struct stepper {
  gym_env env;
  double sum;
} stepper;

static atomic_long counted;

static int count_and_double(void *user_data, double reward, double *out, gym_error *said) {
  (void)said;
  atomic_fetch_add((atomic_long *)user_data, 1);
  *out = 2 * reward;
  return GYM_OK;
}

static void *step_on(void *argument) {
  stepper *self = argument;
  gym_error own = GYM_ERROR_INIT;
  gym_transition t;
  for (int i = 1; i <= STEPS; i++) {
    if (!CHECK_OK(step_plain(self->env, &t, &own), own)) break;
    self->sum += t.reward - 2 * i;
  }
  return NULL;
}

static void test_many_threads(void) {
  stepper steppers[THREADS] = {0};
  team threads;
  CHECK_OK(gym_add_reward_callback("count", count_and_double, &counted, &err), err);
  for (int i = 0; i < THREADS; i++) {
    steppers[i].env = open_plain("", i % 2, TRANSFORM_REWARD("count"));
    CHECK_OK(reset_plain(steppers[i].env, &err), err);
  }
  start_team(&threads, THREADS, step_on, steppers, sizeof *steppers);
  join_team(&threads);
  CHECK_INT(atomic_load(&counted), THREADS * STEPS);
  for (int i = 0; i < THREADS; i++) {
    CHECK(steppers[i].sum == 0);
    CHECK_OK(gym_close(steppers[i].env, &err), err);
  }
  CHECK_OK(gym_remove_callback("count", &err), err);
}

/* Registered and removed all the time, under the same few names: one at a time has each. */
static void *register_and_remove(void *argument) {
  static const char *const names[3] = {"x", "y", "z"};
  static atomic_int owners[3];
  gym_error own = GYM_ERROR_INIT;
  (void)argument;
  for (int i = 0; i < 1000; i++) {
    int name = i % 3;
    int code = gym_add_reward_callback(names[name], callback_of_nobody, NULL, &own);
    if (code != GYM_OK) {
      if (!CHECK_INT(code, GYM_ERR_CALLBACK)) break;
      continue;
    }
    CHECK_INT(atomic_fetch_add(&owners[name], 1), 0);
    atomic_fetch_sub(&owners[name], 1);
    if (!CHECK_OK(gym_remove_callback(names[name], &own), own)) break;
  }
  return NULL;
}

static void test_registration_at_once(void) {
  team threads;
  char none[THREADS];
  start_team(&threads, THREADS, register_and_remove, none, 1);
  join_team(&threads);
}

/* ------------------------------------------------------------------------------------- removal */

typedef struct guest {
  atomic_int inside, go_on, removed, calls;
  long canary; /* freed by whoever has removed the callback */
} guest;

static int stay(void *user_data, double reward, double *out, gym_error *said) {
  guest *self = user_data;
  (void)said;
  *out = reward;
  atomic_fetch_add(&self->calls, 1);
  atomic_fetch_add(&self->inside, 1);
  while (!atomic_load(&self->go_on)) sched_yield();
  usleep(20000); /* whoever does not wait for this has time to go on */
  CHECK_INT(atomic_load(&self->removed), 0);
  CHECK_INT(self->canary, 42);
  atomic_fetch_sub(&self->inside, 1);
  return GYM_OK;
}

typedef struct visit {
  gym_env env;
  int code;
  double reward;
} visit;

static void *step_first(void *argument) {
  visit *self = argument;
  gym_transition t = {0};
  self->code = step_plain(self->env, &t, NULL);
  self->reward = t.reward;
  return NULL;
}

static void *remove_it(void *argument) {
  gym_error own = GYM_ERROR_INIT;
  guest *self = argument;
  CHECK_OK(gym_remove_callback("stay", &own), own);
  atomic_store(&self->removed, 1);
  self->canary = 0;
  free(self);
  return NULL;
}

/* Several are inside when it is removed; they end well, and nobody comes in any more. */
static void test_removal_waits(int bound) {
  enum { VISITORS = 4 };
  guest *self = calloc(1, sizeof *self);
  visit visits[VISITORS] = {0};
  team visitors, remover;
  if (!self) abort();
  self->canary = 42;
  CHECK_OK(gym_add_reward_callback("stay", stay, self, &err), err);
  for (int i = 0; i < VISITORS; i++) {
    visits[i].env = open_plain("", bound, TRANSFORM_REWARD("stay"));
    CHECK_OK(reset_plain(visits[i].env, &err), err);
  }
  start_team(&visitors, VISITORS, step_first, visits, sizeof *visits);
  while (atomic_load(&self->inside) < VISITORS) sched_yield();
  start_team(&remover, 1, remove_it, self, 0);
  /* The removal has begun when nobody new is let in. */
  gym_env late = open_plain("", bound, "");
  CHECK_OK(reset_plain(late, &err), err);
  atomic_store(&self->go_on, 1);
  join_team(&visitors);
  join_team(&remover); /* `self` is gone */
  for (int i = 0; i < VISITORS; i++) {
    gym_transition t;
    CHECK_INT(visits[i].code, GYM_OK);
    CHECK(visits[i].reward == 1);
    CHECK_FAILURE(step_plain(visits[i].env, &t, &err), GYM_ERR_CALLBACK, err, "removed");
    CHECK_OK(gym_close(visits[i].env, &err), err);
  }
  CHECK_OK(gym_close(late, &err), err);
}

/* Removed under the feet of those who step: user data is freed at once, which AddressSanitizer would see in
 * use. */
static int read_data(void *user_data, double reward, double *out, gym_error *said) {
  long *data = user_data;
  (void)reward, (void)said;
  if (!CHECK_INT(data[0], 42)) return GYM_ERR_ARGUMENT;
  *out = (double)data[1000];
  return GYM_OK;
}

static void *step_until_removed(void *argument) {
  visit *self = argument;
  gym_transition t;
  while ((self->code = step_plain(self->env, &t, NULL)) == GYM_OK) self->reward++;
  return NULL;
}

static void test_removal_while_others_step(int bound) {
  for (int round = 0; round < 20; round++) {
    visit visits[4] = {0};
    team threads;
    long *data = calloc(1001, sizeof *data);
    if (!data) abort();
    data[0] = 42;
    CHECK_OK(gym_add_reward_callback("data", read_data, data, &err), err);
    for (int i = 0; i < 4; i++) {
      visits[i].env = open_plain("", bound && i % 2, TRANSFORM_REWARD("data"));
      CHECK_OK(reset_plain(visits[i].env, &err), err);
    }
    start_team(&threads, 4, step_until_removed, visits, sizeof *visits);
    usleep(500u * (unsigned)(round % 4));
    CHECK_OK(gym_remove_callback("data", &err), err);
    data[0] = 0;
    free(data);
    join_team(&threads);
    for (int i = 0; i < 4; i++) {
      CHECK_INT(visits[i].code, GYM_ERR_CALLBACK);
      CHECK_OK(gym_close(visits[i].env, &err), err);
    }
  }
}

/* ------------------------------------------------------------------------------------- removal from
 * callbacks */

typedef struct remover {
  const char *other; /* the callback to be removed */
  int code;
  atomic_int waits; /* in its first call */
} remover;

static int remove_other(void *user_data, double reward, double *out, gym_error *said) {
  remover *self = user_data;
  (void)said;
  *out = reward;
  if (atomic_exchange(&self->waits, 0)) pthread_barrier_wait(&all_inside);
  self->code = gym_remove_callback(self->other, NULL);
  return GYM_OK;
}

/* Two callbacks that remove each other from two threads: each would wait for the other's end. */
static void test_mutual_removal(unsigned bound) {
  remover removers[2] = {{"second", -1, 1}, {"first", -1, 1}};
  visit visits[2] = {0};
  team threads;
  pthread_barrier_init(&all_inside, NULL, 2);
  CHECK_OK(gym_add_reward_callback("first", remove_other, &removers[0], &err), err);
  CHECK_OK(gym_add_reward_callback("second", remove_other, &removers[1], &err), err);
  visits[0].env = open_plain("", bound & 1, TRANSFORM_REWARD("first"));
  visits[1].env = open_plain("", bound >> 1 & 1, TRANSFORM_REWARD("second"));
  for (int i = 0; i < 2; i++) CHECK_OK(reset_plain(visits[i].env, &err), err);
  start_team(&threads, 2, step_first, visits, sizeof *visits);
  join_team(&threads);
  CHECK((removers[0].code == GYM_OK) + (removers[1].code == GYM_OK) == 1);
  CHECK((removers[0].code == GYM_ERR_BUSY) + (removers[1].code == GYM_ERR_BUSY) == 1);
  for (int i = 0; i < 2; i++) CHECK_OK(gym_close(visits[i].env, &err), err);
  gym_remove_callback("first", NULL);
  gym_remove_callback("second", NULL);
  pthread_barrier_destroy(&all_inside);
}

/* A callback that waits for an environment whose own callback is about to remove it. */
static int step_the_other(void *user_data, double reward, double *out, gym_error *said) {
  visit *other = user_data;
  gym_transition t;
  (void)said;
  *out = reward;
  pthread_barrier_wait(&all_inside);
  other->code = step_plain(other->env, &t, NULL);
  return GYM_OK;
}

static void test_removal_of_one_who_waits(unsigned bound) {
  remover removing = {"stepping", -1, 1};
  visit visits[2] = {0}, stepped = {0};
  team threads;
  pthread_barrier_init(&all_inside, NULL, 2);
  CHECK_OK(gym_add_reward_callback("removing", remove_other, &removing, &err), err);
  CHECK_OK(gym_add_reward_callback("stepping", step_the_other, &stepped, &err), err);
  visits[0].env = open_plain("", bound & 1, TRANSFORM_REWARD("removing"));
  visits[1].env = open_plain("", bound >> 1 & 1, TRANSFORM_REWARD("stepping"));
  stepped.env = visits[0].env;
  for (int i = 0; i < 2; i++) CHECK_OK(reset_plain(visits[i].env, &err), err);
  start_team(&threads, 2, step_first, visits, sizeof *visits);
  join_team(&threads);
  /* One of the two is refused, and the other comes to its end. (The last call of the first environment's
   * callback may find that there is nothing to be removed any more.) */
  CHECK(removing.code == GYM_ERR_BUSY || removing.code == GYM_ERR_CALLBACK || stepped.code == GYM_ERR_BUSY);
  for (int i = 0; i < 2; i++) CHECK_OK(gym_close(visits[i].env, &err), err);
  gym_remove_callback("removing", NULL);
  gym_remove_callback("stepping", NULL);
  pthread_barrier_destroy(&all_inside);
}

int main(void) {
  use_test_envs();
  alarm(200); /* what hangs fails */
  CHECK_OK(gym_init(NULL, &err), err);
  register_plain();
  for (unsigned bound = 0; bound < 4; bound++) {
    test_ring(2, bound);
    test_around_one_thread(bound);
  }
  test_ring(3, 0);
  test_ring(3, 7);
  test_ring(3, 2);
  test_many_threads();
  test_registration_at_once();
  for (int bound = 0; bound < 2; bound++) {
    test_removal_waits(bound);
    test_removal_while_others_step(bound);
  }
  for (unsigned bound = 0; bound < 4; bound++) {
    test_mutual_removal(bound);
    test_removal_of_one_who_waits(bound);
  }
  return around_summary();
}
