// Work for measuring the meter. The input's first byte says which: s sieve, f fib, q shell sort, j JSON.
#define CB_NO_EXECUTE
#include "clawdbot/clawdbot.h"

static uint32_t sieve(void) {
  static uint8_t composite[1 << 21];
  uint32_t count = 0;
  for (int round = 0; round < 12; round++) {
    for (uint32_t i = 0; i < sizeof composite; i++) composite[i] = 0;
    count = 0;
    for (uint32_t i = 2; i < sizeof composite; i++) {
      if (composite[i]) continue;
      count++;
      for (uint32_t j = i * 2; j < sizeof composite; j += i) composite[j] = 1;
    }
  }
  return count;
}

static uint32_t __attribute__((noinline)) fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint32_t shell_sort(void) {
  static uint32_t values[1 << 18];
  uint32_t seed = 1, count = sizeof values / sizeof values[0];
  for (int round = 0; round < 6; round++) {
    for (uint32_t i = 0; i < count; i++) values[i] = seed = seed * 1664525 + 1013904223;
    for (uint32_t gap = count / 2; gap; gap /= 2)
      for (uint32_t i = gap; i < count; i++) {
        uint32_t value = values[i], j = i;
        for (; j >= gap && values[j - gap] > value; j -= gap) values[j] = values[j - gap];
        values[j] = value;
      }
  }
  return values[99];
}

static uint32_t json(void) {
  uint32_t bytes = 0;
  for (int round = 0; round < 40; round++) {
    cb_forget();
    cb_json *rows = cb_array();
    for (int i = 0; i < 2000; i++) {
      cb_json *row = cb_object();
      cb_set(row, CB("id"), cb_of_number(i * 7919 % 2003));
      cb_set(row, CB("name"), cb_of_text(CB("pump \"north\" 泵")));
      cb_set(row, CB("value"), cb_of_number(i * 0.25));
      cb_push(rows, row);
    }
    cb_text text = cb_write(rows);
    bytes += (uint32_t)cb_write(cb_parse(text)).length;
  }
  return bytes;
}

CB_TOOLS("{\"tools\":[{\"name\":\"cpu\",\"description\":\"Works\",\"parameters\":{\"type\":\"object\"}}]}")

__attribute__((export_name("execute"))) int32_t execute(void) {
  cb_forget();
  uint32_t result = 0;
  switch (cb_input().at[0]) {
    case 's': result = sieve(); break;
    case 'f': result = fib(35); break;
    case 'q': result = shell_sort(); break;
    case 'j': result = json(); break;
  }
  cb_output((cb_text){(const char *)&result, sizeof result});
  return 0;
}
