/* The C contender of single calls on a space: space sample|contains|flatten DESCRIPTION
 *
 * The space is seeded with 0. The check is the sum of the first numbers of what came out. */
#include "contender.h"

typedef struct work {
  gym_space space;
  size_t size, flatdim;
  double *x, *flat;
} work;

static double sample(void *state, long times) {
  work *w = state;
  double check = 0;
  for (long i = 0; i < times; i++) {
    must(gym_space_sample(w->space, NULL, w->x, w->size, &err));
    check += w->x[0];
  }
  return check;
}

static double contains(void *state, long times) {
  work *w = state;
  double check = 0;
  for (long i = 0; i < times; i++) {
    int inside;
    must(gym_space_contains(w->space, w->x, w->size, &inside, &err));
    check += inside;
  }
  return check;
}

static double flatten(void *state, long times) {
  work *w = state;
  double check = 0;
  for (long i = 0; i < times; i++) {
    must(gym_space_flatten(w->space, w->x, w->size, w->flat, w->flatdim, &err));
    check += w->flat[0];
  }
  return check;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  work w = {.x = NULL};
  must(gym_space_make(argv[2], &w.space, &err));
  must(gym_space_seed(w.space, "0", NULL, &err));
  must(gym_space_size(w.space, &w.size, &err));
  must(gym_space_flatdim(w.space, &w.flatdim, &err));
  w.x = calloc(w.size, sizeof *w.x);
  w.flat = calloc(w.flatdim, sizeof *w.flat);
  if (!w.x || !w.flat) return 1;
  must(gym_space_sample(w.space, NULL, w.x, w.size, &err));
  return converse(strcmp(argv[1], "sample") == 0     ? sample
                  : strcmp(argv[1], "contains") == 0 ? contains
                                                     : flatten,
                  &w);
}
