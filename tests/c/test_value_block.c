/* Blocks of gym_value: moved, copied, forged and mutated. Run it with the sanitizers: what a forged block
 * makes a reader touch is seen by them alone. */
#include "value_trees.h"

/* ------------------------------------------------------------------------------------- good blocks */

static void test_copy(void) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *root = make_everything();
  size_t nbytes = 0, copied = 0;
  const void *block = gym_value_block(root, &nbytes);
  char *expected = malloc(sizeof json_buffer);
  strcpy(expected, json_of(root));
  CHECK(block == gym_value_block(root, NULL));

  /* From every misalignment, and from a source that is gone afterwards. */
  for (size_t shift = 0; shift < 16; shift++) {
    char *source = malloc(nbytes + shift);
    memcpy(source + shift, block, nbytes);
    gym_value *copy = NULL;
    CHECK_OK(gym_value_from_block(source + shift, nbytes, &copy, &err), err);
    free(source);
    CHECK_STR(json_of(copy), expected);
    const void *again = gym_value_block(copy, &copied);
    CHECK(copied == nbytes && memcmp(again, block, nbytes) == 0);
    gym_value_free(copy);
  }

  /* A block is read where it lies, wherever that is. */
  char *mapped = malloc(nbytes);
  memcpy(mapped, block, nbytes);
  gym_value_free(root);
  CHECK_STR(json_of((const gym_value *)(const void *)(mapped + sizeof(gym__block))), expected);
  free(mapped);
  free(expected);
}

/* Equal trees have equal bytes: nothing in a block is left to chance. */
static void test_determinism(void) {
  gym_value *one = make_everything(), *other = make_everything();
  size_t one_bytes, other_bytes;
  const void *one_block = gym_value_block(one, &one_bytes),
             *other_block = gym_value_block(other, &other_bytes);
  CHECK(one_bytes == other_bytes && memcmp(one_block, other_block, one_bytes) == 0);
  gym_value_free(one);
  gym_value_free(other);
}

static void test_depth(void) {
  gym_error err = GYM_ERROR_INIT;
  int failed = -1;
  gym_value *value = make_nested(GYM__VALUE_MAX_DEPTH, &failed), *copy = NULL;
  size_t nbytes;
  const void *block = gym_value_block(value, &nbytes);
  CHECK_OK(gym_value_from_block(block, nbytes, &copy, &err), err);
  CHECK_INT(strlen(json_of(copy)), 2 * (GYM__VALUE_MAX_DEPTH - 1) + 1);
  CHECK(is_json(json_buffer));
  gym_value_free(copy);

  /* One level more, which the builder refuses, put together by hand: a list around the root. */
  struct {
    gym__block header;
    gym_value node;
    int64_t offset;
    char rest[8192];
  } deeper = {{GYM__BLOCK_MAGIC, 0, nbytes + 24}, {GYM_KIND_LIST, GYM__VALUE_ROOT, 1}, 24, {0}};
  memcpy(deeper.rest, (const char *)block + 16, nbytes - 16);
  memset(deeper.rest + 4, 0, 4); /* the old root's flag */
  CHECK_INT(gym_value_from_block(&deeper, nbytes + 24, &copy, &err), GYM_ERR_BLOCK);
  CHECK(strstr(err.message, "nested too deeply") != NULL);
  gym_value_free(value);
}

/* ------------------------------------------------------------------------------------- forged blocks */

/* Lets `b` end its tree, writes `bytes` at `at` of the block and checks what is said of it. */
static void check_forged(gym__builder *b, size_t at, const void *bytes, size_t count, const char *problem,
                         int line) {
  gym_error err = GYM_ERROR_INIT;
  gym_value *value = gym__build_finish(b), *copy = NULL;
  size_t nbytes;
  const void *block = gym_value_block(value, &nbytes);
  char *forged = malloc(nbytes);
  memcpy(forged, block, nbytes);
  check_int(gym_value_from_block(forged, nbytes, &copy, NULL), GYM_OK, "unforged", __FILE__, line);
  gym_value_free(copy);
  copy = NULL;
  memcpy(forged + at, bytes, count);
  check_int(gym_value_from_block(forged, nbytes, &copy, &err), GYM_ERR_BLOCK, "forged", __FILE__, line);
  check_that(copy == NULL, "copy == NULL", __FILE__, line);
  if (!check_that(strstr(err.message, problem) != NULL, problem, __FILE__, line))
    fprintf(stderr, "  %s\n", err.message);
  free(forged);
  gym_value_free(value);
}

/* Forges 8, 4 or 1 bytes of a tree of one node or more; its root is at byte 16, its payload at byte 32. */
#define CHECK_FORGED(type, at, forgery, problem, ...)                     \
  do {                                                                    \
    gym__builder b;                                                       \
    type forged_bytes = (type)(forgery);                                  \
    gym__build_begin(&b);                                                 \
    __VA_ARGS__;                                                          \
    check_forged(&b, at, &forged_bytes, sizeof(type), problem, __LINE__); \
  } while (0)

static void test_forged(void) {
  static const int64_t shape[] = {2, 3};
  const char beyond[] = "reaches beyond", items[] = "more items than";
  const char place[] = "not where the one before it ended";
  CHECK_FORGED(uint32_t, 0, 0x47594d31, "magic", gym__build_none(&b));
  CHECK_FORGED(uint32_t, 4, 1, "reserved", gym__build_none(&b));
  CHECK_FORGED(uint64_t, 8, 33, "another length", gym__build_none(&b));
  CHECK_FORGED(uint64_t, 8, UINT64_MAX, "another length", gym__build_none(&b));
  CHECK_FORGED(uint32_t, 16, 11, "kind is unknown", gym__build_none(&b));
  CHECK_FORGED(uint32_t, 16, GYM_KIND_INT64, beyond, gym__build_none(&b));
  CHECK_FORGED(uint32_t, 16, GYM_KIND_NONE, "bytes follow", gym__build_int64(&b, 0));
  CHECK_FORGED(uint32_t, 20, 0, "flags", gym__build_none(&b));
  CHECK_FORGED(uint32_t, 44, GYM__VALUE_ROOT, "flags", gym__build_list(&b, 1); gym__build_none(&b));
  CHECK_FORGED(uint64_t, 24, 1, "counts some", gym__build_none(&b));
  CHECK_FORGED(int64_t, 32, 2, "neither 0 nor 1", gym__build_bool(&b, 1));

  CHECK_FORGED(uint64_t, 24, UINT64_MAX, beyond, gym__build_string(&b, TEXT("abc")));
  CHECK_FORGED(uint64_t, 24, 8, beyond, gym__build_string(&b, TEXT("abc")));
  CHECK_FORGED(uint64_t, 24, 2, "NUL", gym__build_string(&b, TEXT("abc")));
  CHECK_FORGED(uint8_t, 35, 'd', "NUL", gym__build_string(&b, TEXT("abc")));
  CHECK_FORGED(uint8_t, 37, 'd', "padding", gym__build_string(&b, TEXT("abc")));
  CHECK_FORGED(uint8_t, 34, 0xc3, "UTF-8", gym__build_string(&b, TEXT("abc")));
  CHECK_FORGED(uint64_t, 24, UINT64_MAX, beyond, gym__build_bytes(&b, "abc", 3));

  CHECK_FORGED(uint64_t, 24, UINT64_MAX, items, gym__build_list(&b, 1); gym__build_none(&b));
  CHECK_FORGED(uint64_t, 24, (UINT64_MAX >> 3) + 2, items, gym__build_list(&b, 1); gym__build_none(&b));
  CHECK_FORGED(uint64_t, 24, (UINT64_MAX >> 1) + 2, items, gym__build_dict(&b, 0));
  CHECK_FORGED(int64_t, 32, 0, place, gym__build_list(&b, 1); gym__build_none(&b));
  CHECK_FORGED(int64_t, 32, INT64_MIN, place, gym__build_list(&b, 1); gym__build_none(&b));
  CHECK_FORGED(int64_t, 32, INT64_MAX, place, gym__build_list(&b, 1); gym__build_none(&b));
  /* Two parents, or one twice, for one node. */
  CHECK_FORGED(int64_t, 40, 32, place, gym__build_list(&b, 2); gym__build_none(&b); gym__build_none(&b));

#define ARRAY gym__build_array(&b, "int64", 2, shape, one_to_six)
  static const int64_t one_to_six[] = {1, 2, 3, 4, 5, 6};
  CHECK_FORGED(uint64_t, 24, 5, "give its count", ARRAY);
  CHECK_FORGED(uint8_t, 32, 'j', "dtype is unknown", ARRAY);
  CHECK_FORGED(uint8_t, 47, 1, "padding", ARRAY);
  CHECK_FORGED(uint32_t, 48, 65, "too many dimensions", ARRAY);
  CHECK_FORGED(uint32_t, 52, 4, "itemsize", ARRAY);
  CHECK_FORGED(int64_t, 56, 72, "wrong place", ARRAY);
  CHECK_FORGED(int64_t, 56, -64, "wrong place", ARRAY);
  CHECK_FORGED(int64_t, 64, -2, "negative", ARRAY);
  CHECK_FORGED(int64_t, 64, INT64_MAX, "too large", ARRAY);
  CHECK_FORGED(int64_t, 64, INT64_C(1) << 32, "too large",
               gym__build_array(&b, "int8", 3, ((const int64_t[]){0, 1, INT64_C(1) << 31}), NULL));
#undef ARRAY
  CHECK_FORGED(uint64_t, 32, UINT64_MAX, beyond, gym__build_other(&b, "int", TEXT("5")));
  CHECK_FORGED(uint8_t, 41, 0, "contains NUL", gym__build_other(&b, "int", TEXT("5")));
  CHECK_FORGED(uint8_t, 44, 0x80, "UTF-8", gym__build_other(&b, "int", TEXT("5")));
}

static void test_utf8(void) {
  static const struct {
    const char *text;
    int code;
  } cases[] = {
      {"\x7f", GYM_OK},
      {"\xc2\x80", GYM_OK},
      {"\xdf\xbf", GYM_OK},
      {"\xe0\xa0\x80", GYM_OK},
      {"\xed\x9f\xbf", GYM_OK},
      {"\xee\x80\x80", GYM_OK},
      {"\xf0\x90\x80\x80", GYM_OK},
      {"\xf4\x8f\xbf\xbf", GYM_OK},
      {"\x80", GYM_ERR_BLOCK},             /* a continuation alone */
      {"\xc1\xbf", GYM_ERR_BLOCK},         /* longer than needed */
      {"\xe0\x9f\xbf", GYM_ERR_BLOCK},     /* longer than needed */
      {"\xf0\x8f\xbf\xbf", GYM_ERR_BLOCK}, /* longer than needed */
      {"\xed\xa0\x80", GYM_ERR_BLOCK},     /* a surrogate */
      {"\xf4\x90\x80\x80", GYM_ERR_BLOCK}, /* beyond Unicode */
      {"\xf8\x88\x80\x80\x80", GYM_ERR_BLOCK},
      {"\xff", GYM_ERR_BLOCK},
      {"a\xe2\x82", GYM_ERR_BLOCK}, /* cut off */
      {"\xe2\x82\x28", GYM_ERR_BLOCK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    gym__builder b;
    gym__build_begin(&b);
    gym__build_string(&b, cases[i].text, strlen(cases[i].text));
    gym_value *value = gym__build_finish(&b), *copy = NULL;
    size_t nbytes;
    const void *block = gym_value_block(value, &nbytes);
    CHECK_INT(gym_value_from_block(block, nbytes, &copy, NULL), cases[i].code);
    gym_value_free(copy);
    gym_value_free(value);
  }
}

/* ------------------------------------------------------------------------------------- mutated blocks */

static uint64_t random_state = 20240229;

static uint32_t next_random(uint32_t below) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((random_state >> 33) % below);
}

static uint64_t touched; /* keeps the reads below from being optimised away */

static void touch(const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) touched += ((const unsigned char *)bytes)[i];
}

/* Calls every reader on every node and reads every byte that they give. */
static void visit(const gym_value *value) {
  int flag;
  int64_t integer;
  double number;
  size_t length;
  gym_array array = GYM_ARRAY_INIT;
  if (gym_value_bool(value, &flag, NULL) == GYM_OK) touched += (uint64_t)flag;
  if (gym_value_int64(value, &integer, NULL) == GYM_OK) touched += (uint64_t)integer;
  if (gym_value_float64(value, &number, NULL) == GYM_OK) touched += number > 0;
  const char *text = gym_value_string(value, &length);
  touch(text, text ? length + 1 : 0);
  const void *bytes = gym_value_bytes(value, &length);
  touch(bytes, length);
  if (gym_value_class(value)) touched += strlen(gym_value_class(value));
  if (gym_value_array(value, &array, NULL) == GYM_OK) {
    touched += strlen(array.dtype);
    touch(array.shape, array.ndim * sizeof *array.shape);
    touch(array.data, array.nbytes);
  }
  gym_value_get(value, "float64");
  int kind = gym_value_kind(value);
  if (kind != GYM_KIND_LIST && kind != GYM_KIND_TUPLE && kind != GYM_KIND_DICT) return;
  for (size_t i = 0; i < gym_value_count(value); i++) {
    if (kind == GYM_KIND_DICT) visit(gym_value_key_at(value, i));
    visit(gym_value_at(value, i));
  }
}

#define MUTANT_SIZE 8192

/* Changes a block in one random way; gives its new length. */
static size_t mutate(char *block, size_t nbytes) {
  if (nbytes < 32) return nbytes;
  static const uint64_t numbers[] = {0, 1, 2, 8, 16, 24, 32, 40, 127, 1u << 31, INT64_MAX, UINT64_MAX};
  size_t at = next_random((uint32_t)nbytes), word = at / 8 * 8, from, count;
  uint64_t number;
  if (word + 8 > nbytes) word = 0;
  switch (next_random(8)) {
    case 0:
      block[at] = (char)(block[at] ^ 1 << next_random(8));
      break;
    case 1:
      block[at] = (char)next_random(256);
      break;
    case 2:
      memcpy(block + word, &numbers[next_random(sizeof numbers / sizeof numbers[0])], 8);
      break;
    case 3: /* a small change, of a length or an offset */
      memcpy(&number, block + word, 8);
      number += next_random(49) - UINT64_C(24);
      memcpy(block + word, &number, 8);
      break;
    case 4: /* another kind */
      block[word] = (char)next_random(12);
      break;
    case 5: /* a word from elsewhere */
      from = next_random((uint32_t)(nbytes / 8)) * 8;
      memmove(block + word, block + from, 8);
      break;
    case 6: /* insert */
      count = 1 + next_random(24);
      if (nbytes + count > MUTANT_SIZE) break;
      memmove(block + at + count, block + at, nbytes - at);
      nbytes += count;
      break;
    default: /* take away, or truncate */
      count = next_random(2) ? 1 + next_random(24) : nbytes;
      if (count > nbytes - at) count = nbytes - at;
      memmove(block + at, block + at + count, nbytes - at - count);
      nbytes -= count;
  }
  return nbytes;
}

static void test_mutants(void) {
  gym__builder b;
  gym_value *seeds[4];
  int failed, accepted = 0, mutants = 300000;
  seeds[0] = make_everything();
  seeds[1] = make_nested(40, &failed);
  gym__build_begin(&b);
  gym__build_tuple(&b, 3);
  gym__build_array(&b, "float16", 3, (const int64_t[]){1, 2, 2}, "abcdefgh");
  gym__build_array(&b, "longdouble", 1, (const int64_t[]){2}, "0123456789abcdef0123456789abcdef");
  gym__build_other(&b, "m.K", TEXT("<\xc3\xa9>"));
  seeds[2] = gym__build_finish(&b);
  gym__build_begin(&b);
  gym__build_dict(&b, 1);
  gym__build_tuple(&b, 2);
  gym__build_string(&b, TEXT("\"\\\xc3\xa9"));
  gym__build_float64(&b, 1.5);
  gym__build_bytes(&b, "\1\2\3", 3);
  seeds[3] = gym__build_finish(&b);

  for (int i = 0; i < mutants; i++) {
    static char work[MUTANT_SIZE];
    size_t nbytes, needed;
    const void *block = gym_value_block(seeds[i % 4], &nbytes);
    memcpy(work, block, nbytes);
    for (uint32_t changes = 1 + next_random(3); changes > 0; changes--) nbytes = mutate(work, nbytes);
    /* Mostly with a fitting header, so that the nodes are what is looked at. */
    uint64_t length = nbytes;
    if (nbytes >= 16 && next_random(8) > 0) memcpy(work + 8, &length, sizeof length);

    /* In memory of its own, so that a sanitizer sees a read beyond it. */
    char *source = malloc(nbytes > 0 ? nbytes : 1);
    memcpy(source, work, nbytes);
    gym_value *copy = NULL;
    int code = gym_value_from_block(source, nbytes, &copy, NULL);
    free(source);
    if (code != GYM_OK) {
      if (code != GYM_ERR_BLOCK || copy) CHECK_INT(code, GYM_ERR_BLOCK);
      continue;
    }
    accepted++;
    visit(copy);
    if (gym_value_to_json(copy, NULL, 0, &needed, NULL) != GYM_OK || needed > sizeof json_buffer ||
        !is_json(json_of(copy)) || strlen(json_buffer) + 1 != needed) {
      CHECK(!"the JSON of an accepted mutant");
    }
    gym_value_free(copy);
  }
  printf("%d mutants, %d accepted\n", mutants, accepted);
  CHECK(accepted > mutants / 50 && accepted < mutants / 2);
  for (int i = 0; i < 4; i++) gym_value_free(seeds[i]);
}

int main(void) {
  test_copy();
  test_determinism();
  test_depth();
  test_forged();
  test_utf8();
  test_mutants();
  return check_summary();
}
