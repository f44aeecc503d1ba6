/* The public functions on what Python prints and logs: see api.c. */
#include "arguments.h"
#include "gogym.h"

int gym_set_message_callback(gym_message_callback callback, void *user_data, gym_error *err) {
  const gym__table *table;
  int status = gym_init(NULL, err);
  if (!status) status = gym__enter(&table, err);
  return status ? status : gym__leave(table->set_message_callback(callback, user_data, err));
}

int gym_flush(gym_error *err) {
  const gym__table *table;
  if (!gym__has_begun()) return GYM_OK; /* there is nothing to flush */
  int status = gym__enter(&table, err);
  return status ? status : gym__leave(table->flush(err));
}
