// What a Clawdbot plugin in C needs: its input, its answer, JSON, and the host's functions. No C library is used.
//
//   #include "clawdbot/clawdbot.h"
//   CB_TOOLS("{\"tools\":[{\"name\":\"greet\",\"description\":\"Greets\",\"parameters\":{\"type\":\"object\"}}]}")
//   cb_result cb_execute(cb_call call) { return cb_done(CB("hello")); }
//
// Memory comes from one arena, which each call begins anew: keep no pointer from one call to the next.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CB_UNUSED __attribute__((unused))
#define CB_HOST(name) extern __attribute__((import_module("extism:host/env"), import_name(#name)))

CB_HOST(input_length) uint64_t cb_host_input_length(void);
CB_HOST(input_load_u64) uint64_t cb_host_input_load_u64(uint64_t at);
CB_HOST(input_load_u8) uint32_t cb_host_input_load_u8(uint64_t at);
CB_HOST(alloc) uint64_t cb_host_alloc(uint64_t bytes);
CB_HOST(free) void cb_host_free(uint64_t block);
CB_HOST(length) uint64_t cb_host_length(uint64_t block);
CB_HOST(load_u64) uint64_t cb_host_load_u64(uint64_t at);
CB_HOST(load_u8) uint32_t cb_host_load_u8(uint64_t at);
CB_HOST(store_u64) void cb_host_store_u64(uint64_t at, uint64_t value);
CB_HOST(store_u8) void cb_host_store_u8(uint64_t at, uint32_t value);
CB_HOST(output_set) void cb_host_output_set(uint64_t block, uint64_t bytes);
CB_HOST(log_info) void cb_host_log_info(uint64_t block);

// Text in UTF-8, by its length. It doesn't end with a zero.
typedef struct {
  const char *at;
  size_t length;
} cb_text;

#define CB(literal) ((cb_text){"" literal, sizeof(literal) - 1})

// ---- memory ----

typedef struct cb_block {
  struct cb_block *next;
  size_t size, used;
} cb_block;

static cb_block *cb_first_block, *cb_block_now;

// The C compiler calls these two by itself.
__attribute__((weak)) void *memcpy(void *to, const void *from, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}

__attribute__((weak)) void *memset(void *to, int value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) ((volatile char *)to)[i] = (char)value;
  return to;
}

// Eight-byte aligned memory until the call ends. Ends the call when there is no more.
CB_UNUSED static void *cb_alloc(size_t bytes) {
  bytes = (bytes + 7) & ~(size_t)7;
  while (cb_block_now && cb_block_now->size - cb_block_now->used < bytes) {
    cb_block *next = cb_block_now->next;
    if (!next) break;
    next->used = sizeof(cb_block);
    cb_block_now = next;
  }
  if (!cb_block_now || cb_block_now->size - cb_block_now->used < bytes) {
    size_t pages = (bytes + sizeof(cb_block) + 65535) / 65536;
    if (pages < 2) pages = 2;
    size_t before = __builtin_wasm_memory_grow(0, pages);
    if (before == (size_t)-1) __builtin_trap();
    cb_block *block = (cb_block *)(before * 65536);
    block->next = NULL;
    block->size = pages * 65536;
    block->used = sizeof(cb_block);
    if (cb_block_now) cb_block_now->next = block;
    else cb_first_block = block;
    cb_block_now = block;
  }
  void *found = (char *)cb_block_now + cb_block_now->used;
  cb_block_now->used += bytes;
  return found;
}

CB_UNUSED static void cb_copy(char *to, const char *from, size_t bytes) {
  size_t i = 0;
  for (; i + 8 <= bytes; i += 8) __builtin_memcpy(to + i, from + i, 8);
  for (; i < bytes; i++) to[i] = from[i];
}

CB_UNUSED static void cb_forget(void) {
  cb_block_now = cb_first_block;
  if (cb_block_now) cb_block_now->used = sizeof(cb_block);
}

// ---- bytes to and from the host ----

CB_UNUSED static cb_text cb_input(void) {
  size_t length = (size_t)cb_host_input_length(), i = 0;
  char *to = cb_alloc(length + 8);
  for (; i + 8 <= length; i += 8) {
    uint64_t word = cb_host_input_load_u64(i);
    __builtin_memcpy(to + i, &word, 8);
  }
  for (; i < length; i++) to[i] = (char)cb_host_input_load_u8(i);
  return (cb_text){to, length};
}

// A block of the host's that holds this; 0 for none.
CB_UNUSED static uint64_t cb_lend(cb_text text) {
  if (text.length == 0) return 0;
  uint64_t block = cb_host_alloc(text.length);
  size_t i = 0;
  for (; i + 8 <= text.length; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, text.at + i, 8);
    cb_host_store_u64(block + i, word);
  }
  for (; i < text.length; i++) cb_host_store_u8(block + i, (uint8_t)text.at[i]);
  return block;
}

// What a block of the host's holds. The block is given back.
CB_UNUSED static cb_text cb_take(uint64_t block) {
  size_t length = block ? (size_t)cb_host_length(block) : 0, i = 0;
  char *to = cb_alloc(length + 8);
  for (; i + 8 <= length; i += 8) {
    uint64_t word = cb_host_load_u64(block + i);
    __builtin_memcpy(to + i, &word, 8);
  }
  for (; i < length; i++) to[i] = (char)cb_host_load_u8(block + i);
  if (block) cb_host_free(block);
  return (cb_text){to, length};
}

CB_UNUSED static void cb_output(cb_text text) { cb_host_output_set(cb_lend(text), text.length); }

// A line in the plugin's own log. Wants the capability "log".
CB_UNUSED static void cb_log(cb_text line) {
  uint64_t block = cb_lend(line);
  cb_host_log_info(block);
  if (block) cb_host_free(block);
}

// ---- texts ----

CB_UNUSED static bool cb_same(cb_text a, cb_text b) {
  if (a.length != b.length) return false;
  for (size_t i = 0; i < a.length; i++)
    if (a.at[i] != b.at[i]) return false;
  return true;
}

// Text that grows.
typedef struct {
  char *at;
  size_t length, size;
} cb_buffer;

CB_UNUSED static void cb_put(cb_buffer *to, cb_text text) {
  if (to->size - to->length < text.length) {
    size_t size = to->size < 128 ? 256 : to->size * 2;
    while (size - to->length < text.length) size *= 2;
    char *larger = cb_alloc(size);
    cb_copy(larger, to->at, to->length);
    to->at = larger;
    to->size = size;
  }
  cb_copy(to->at + to->length, text.at, text.length);
  to->length += text.length;
}

CB_UNUSED static void cb_put_char(cb_buffer *to, char c) { cb_put(to, (cb_text){&c, 1}); }
CB_UNUSED static cb_text cb_text_of(const cb_buffer *from) { return (cb_text){from->at, from->length}; }

static const double cb_tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

CB_UNUSED static double cb_scale(double value, int exponent) {
  for (; exponent > 22; exponent -= 22) value *= 1e22;
  for (; exponent < -22; exponent += 22) value /= 1e22;
  return exponent < 0 ? value / cb_tens[-exponent] : value * cb_tens[exponent];
}

// Up to 15 digits, which is what a number holds for sure. What isn't finite has no text in JSON: it is "null".
CB_UNUSED static void cb_put_number(cb_buffer *to, double value) {
  if (value != value || value - value != 0) {
    cb_put(to, CB("null"));
    return;
  }
  if (value < 0) cb_put_char(to, '-'), value = -value;
  if (value == 0) {
    cb_put_char(to, '0');
    return;
  }
  int exponent = 0; // of the first digit
  for (double v = value; v >= 10; exponent++) v = cb_scale(value, -(exponent + 1));
  for (double v = value; v < 1; exponent--) v = cb_scale(value, -(exponent - 1));
  uint64_t digits = (uint64_t)(cb_scale(value, 14 - exponent) + 0.5);
  if (digits >= 1000000000000000ull) digits /= 10, exponent++;
  char text[16];
  for (int i = 14; i >= 0; i--, digits /= 10) text[i] = (char)('0' + digits % 10);
  int count = 15;
  while (count > 1 && text[count - 1] == '0') count--;
  if (exponent >= 15 || exponent < -6) {
    cb_put_char(to, text[0]);
    if (count > 1) cb_put_char(to, '.'), cb_put(to, (cb_text){text + 1, (size_t)count - 1});
    cb_put_char(to, 'e');
    if (exponent < 0) cb_put_char(to, '-'), exponent = -exponent;
    if (exponent >= 100) cb_put_char(to, (char)('0' + exponent / 100));
    if (exponent >= 10) cb_put_char(to, (char)('0' + exponent / 10 % 10));
    cb_put_char(to, (char)('0' + exponent % 10));
    return;
  }
  if (exponent < 0) {
    cb_put(to, CB("0."));
    for (int i = -1; i > exponent; i--) cb_put_char(to, '0');
  }
  for (int i = 0; i < count || i <= exponent; i++) {
    if (i == exponent + 1 && exponent >= 0) cb_put_char(to, '.');
    cb_put_char(to, i < count ? text[i] : '0');
  }
}

// ---- JSON ----

typedef enum { CB_NULL, CB_BOOLEAN, CB_NUMBER, CB_TEXT, CB_ARRAY, CB_OBJECT } cb_kind;

// A value. `text`: a text's bytes, or a number as it is written. `key`: its name in an object.
typedef struct cb_json {
  cb_kind kind;
  bool truth;
  cb_text text, key;
  size_t count;
  struct cb_json *first, *last, *next;
} cb_json;

CB_UNUSED static cb_json *cb_of_kind(cb_kind kind) {
  cb_json *made = cb_alloc(sizeof(cb_json));
  *made = (cb_json){.kind = kind};
  return made;
}

CB_UNUSED static cb_json *cb_null(void) { return cb_of_kind(CB_NULL); }
CB_UNUSED static cb_json *cb_array(void) { return cb_of_kind(CB_ARRAY); }
CB_UNUSED static cb_json *cb_object(void) { return cb_of_kind(CB_OBJECT); }

CB_UNUSED static cb_json *cb_of_boolean(bool truth) {
  cb_json *made = cb_of_kind(CB_BOOLEAN);
  made->truth = truth;
  return made;
}

CB_UNUSED static cb_json *cb_of_text(cb_text text) {
  cb_json *made = cb_of_kind(CB_TEXT);
  made->text = text;
  return made;
}

CB_UNUSED static cb_json *cb_of_number(double value) {
  cb_buffer digits = {0};
  cb_put_number(&digits, value);
  cb_json *made = cb_of_kind(digits.at[0] == 'n' ? CB_NULL : CB_NUMBER);
  made->text = cb_text_of(&digits);
  return made;
}

// Adds an element to an array.
CB_UNUSED static void cb_push(cb_json *array, cb_json *value) {
  if (array->last) array->last->next = value;
  else array->first = value;
  array->last = value;
  array->count++;
}

// Adds a member to an object; it isn't looked up whether there is one of that name.
CB_UNUSED static void cb_set(cb_json *object, cb_text key, cb_json *value) {
  value->key = key;
  cb_push(object, value);
}

// The member of an object; NULL where there is none, or no object.
CB_UNUSED static cb_json *cb_member(const cb_json *object, cb_text key) {
  cb_json *found = NULL; // Of two with one name, the last is meant.
  if (object && object->kind == CB_OBJECT)
    for (cb_json *member = object->first; member; member = member->next)
      if (cb_same(member->key, key)) found = member;
  return found;
}

// A text, or what stands in for it.
CB_UNUSED static cb_text cb_text_or(const cb_json *value, cb_text otherwise) {
  return value && value->kind == CB_TEXT ? value->text : otherwise;
}

// A number, or what stands in for it. Of more than 15 digits the last bit may be off.
CB_UNUSED static double cb_number_or(const cb_json *value, double otherwise) {
  if (!value || value->kind != CB_NUMBER) return otherwise;
  const char *at = value->text.at, *end = at + value->text.length;
  bool negative = at < end && *at == '-', fraction = false;
  uint64_t digits = 0;
  int exponent = 0;
  for (at += negative; at < end && (*at == '.' || (*at >= '0' && *at <= '9')); at++) {
    if (*at == '.') fraction = true;
    else if (digits < 100000000000000000ull) digits = digits * 10 + (uint64_t)(*at - '0'), exponent -= fraction;
    else exponent += !fraction;
  }
  if (at < end) { // an exponent
    bool less = *++at == '-';
    int written = 0;
    for (at += less || *at == '+'; at < end; at++)
      if (written < 1000) written = written * 10 + (*at - '0');
    exponent += less ? -written : written;
  }
  if (exponent < -400) return negative ? -0.0 : 0;
  if (exponent > 400) exponent = 400;
  double read = digits == 0 ? 0 : cb_scale((double)digits, exponent);
  return negative ? -read : read;
}

CB_UNUSED static bool cb_boolean_or(const cb_json *value, bool otherwise) {
  return value && value->kind == CB_BOOLEAN ? value->truth : otherwise;
}

// How deep values may be nested.
#define CB_DEPTH_MAX 64

typedef struct {
  const char *at, *end;
} cb_reader;

CB_UNUSED static void cb_skip_space(cb_reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) r->at++;
}

CB_UNUSED static bool cb_read_word(cb_reader *r, cb_text word) {
  if ((size_t)(r->end - r->at) < word.length || !cb_same((cb_text){r->at, word.length}, word)) return false;
  r->at += word.length;
  return true;
}

// Four hexadecimal digits; -1 where they aren't.
CB_UNUSED static int cb_read_hex(cb_reader *r) {
  int value = 0;
  if (r->end - r->at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    char c = *r->at++;
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

CB_UNUSED static char *cb_put_code_point(char *to, uint32_t code) {
  if (code < 0x80) {
    *to++ = (char)code;
    return to;
  }
  if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      *to++ = (char)(0xe0 | code >> 12);
    } else {
      *to++ = (char)(0xf0 | code >> 18);
      *to++ = (char)(0x80 | (code >> 12 & 0x3f));
    }
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
  }
  *to++ = (char)(0x80 | (code & 0x3f));
  return to;
}

// How many bytes a character has that begins here; 0 where it isn't UTF-8.
CB_UNUSED static size_t cb_character(const char *at, const char *end) {
  const uint8_t *c = (const uint8_t *)at;
  if (c[0] < 0x80) return 1;
  size_t length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
  if (c[0] < 0xc2 || c[0] > 0xf4 || (size_t)(end - at) < length) return 0;
  for (size_t i = 1; i < length; i++)
    if ((c[i] & 0xc0) != 0x80) return 0;
  if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) || (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f)) return 0;
  return length;
}

// The text behind a quotation mark. `to->at` is NULL where it is none.
CB_UNUSED static bool cb_read_text(cb_reader *r, cb_text *to) {
  const char *from = r->at, *at = from;
  while (at < r->end && *at != '"' && *at != '\\' && (uint8_t)*at >= 0x20) {
    size_t length = cb_character(at, r->end);
    if (length == 0) return false;
    at += length;
  }
  if (at < r->end && *at == '"') { // as most are: nothing to copy
    *to = (cb_text){from, (size_t)(at - from)};
    r->at = at + 1;
    return true;
  }
  const char *close = at;
  while (close < r->end && *close != '"') close += *close == '\\' ? 2 : 1;
  if (close >= r->end) return false;
  char *made = cb_alloc((size_t)(close - from) + 4), *out = made; // An escape is never shorter than what it means.
  cb_copy(out, from, (size_t)(at - from));
  out += at - from;
  r->at = at;
  while (*r->at != '"') {
    if ((uint8_t)*r->at < 0x20) return false;
    if (*r->at != '\\') {
      size_t length = cb_character(r->at, r->end);
      if (length == 0) return false;
      while (length--) *out++ = *r->at++;
      continue;
    }
    r->at++;
    switch (*r->at++) {
      case '"': *out++ = '"'; break;
      case '\\': *out++ = '\\'; break;
      case '/': *out++ = '/'; break;
      case 'b': *out++ = '\b'; break;
      case 'f': *out++ = '\f'; break;
      case 'n': *out++ = '\n'; break;
      case 'r': *out++ = '\r'; break;
      case 't': *out++ = '\t'; break;
      case 'u': {
        int code = cb_read_hex(r), low = 0;
        if (code < 0 || (code >= 0xdc00 && code <= 0xdfff)) return false;
        if (code >= 0xd800 && code <= 0xdbff) {
          if (!cb_read_word(r, CB("\\u"))) return false;
          low = cb_read_hex(r);
          if (low < 0xdc00 || low > 0xdfff) return false;
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        out = cb_put_code_point(out, (uint32_t)code);
        break;
      }
      default: return false;
    }
  }
  r->at++;
  *to = (cb_text){made, (size_t)(out - made)};
  return true;
}

CB_UNUSED static bool cb_read_number(cb_reader *r, cb_text *to) {
  const char *from = r->at, *digits;
#define CB_DIGITS() \
  digits = r->at; \
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++; \
  if (r->at == digits) return false;
  if (r->at < r->end && *r->at == '-') r->at++;
  CB_DIGITS()
  if (*digits == '0' && r->at - digits > 1) return false;
  if (r->at < r->end && *r->at == '.') {
    r->at++;
    CB_DIGITS()
  }
  if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
    r->at++;
    if (r->at < r->end && (*r->at == '+' || *r->at == '-')) r->at++;
    CB_DIGITS()
  }
#undef CB_DIGITS
  *to = (cb_text){from, (size_t)(r->at - from)};
  return true;
}

CB_UNUSED static cb_json *cb_read(cb_reader *r, int depth) {
  cb_skip_space(r);
  if (r->at >= r->end || depth > CB_DEPTH_MAX) return NULL;
  char c = *r->at;
  if (c == '{' || c == '[') {
    cb_json *all = cb_of_kind(c == '{' ? CB_OBJECT : CB_ARRAY);
    const char close = c == '{' ? '}' : ']';
    r->at++;
    cb_skip_space(r);
    if (r->at < r->end && *r->at == close) {
      r->at++;
      return all;
    }
    for (;;) {
      cb_text key = {0};
      if (c == '{') {
        cb_skip_space(r);
        if (!cb_read_word(r, CB("\"")) || !cb_read_text(r, &key)) return NULL;
        cb_skip_space(r);
        if (!cb_read_word(r, CB(":"))) return NULL;
      }
      cb_json *value = cb_read(r, depth + 1);
      if (!value) return NULL;
      cb_set(all, key, value);
      cb_skip_space(r);
      if (r->at >= r->end) return NULL;
      if (*r->at == close) break;
      if (!cb_read_word(r, CB(","))) return NULL;
    }
    r->at++;
    return all;
  }
  if (c == '"') {
    r->at++;
    cb_json *text = cb_of_kind(CB_TEXT);
    return cb_read_text(r, &text->text) ? text : NULL;
  }
  if (cb_read_word(r, CB("true"))) return cb_of_boolean(true);
  if (cb_read_word(r, CB("false"))) return cb_of_boolean(false);
  if (cb_read_word(r, CB("null"))) return cb_null();
  cb_json *number = cb_of_kind(CB_NUMBER);
  return cb_read_number(r, &number->text) ? number : NULL;
}

// Reads JSON (RFC 8259); NULL for what isn't, is nested deeper than CB_DEPTH_MAX, or isn't UTF-8.
CB_UNUSED static cb_json *cb_parse(cb_text text) {
  cb_reader r = {text.at, text.at + text.length};
  cb_json *value = cb_read(&r, 0);
  cb_skip_space(&r);
  return r.at == r.end ? value : NULL;
}

CB_UNUSED static void cb_put_text(cb_buffer *to, cb_text text) {
  static const char hex[] = "0123456789abcdef";
  cb_put_char(to, '"');
  size_t from = 0;
  for (size_t i = 0; i <= text.length; i++) {
    if (i < text.length && text.at[i] != '"' && text.at[i] != '\\' && (uint8_t)text.at[i] >= 0x20) continue;
    cb_put(to, (cb_text){text.at + from, i - from});
    from = i + 1;
    if (i == text.length) break;
    char c = text.at[i];
    cb_put_char(to, '\\');
    switch (c) {
      case '"': case '\\': cb_put_char(to, c); break;
      case '\n': cb_put_char(to, 'n'); break;
      case '\r': cb_put_char(to, 'r'); break;
      case '\t': cb_put_char(to, 't'); break;
      default: cb_put(to, CB("u00")), cb_put_char(to, hex[c >> 4]), cb_put_char(to, hex[c & 15]);
    }
  }
  cb_put_char(to, '"');
}

CB_UNUSED static void cb_put_json(cb_buffer *to, const cb_json *value) {
  switch (value->kind) {
    case CB_NULL: cb_put(to, CB("null")); return;
    case CB_BOOLEAN: cb_put(to, value->truth ? CB("true") : CB("false")); return;
    case CB_NUMBER: cb_put(to, value->text); return;
    case CB_TEXT: cb_put_text(to, value->text); return;
    case CB_ARRAY:
    case CB_OBJECT:
      cb_put_char(to, value->kind == CB_ARRAY ? '[' : '{');
      for (const cb_json *item = value->first; item; item = item->next) {
        if (item != value->first) cb_put_char(to, ',');
        if (value->kind == CB_OBJECT) cb_put_text(to, item->key), cb_put_char(to, ':');
        cb_put_json(to, item);
      }
      cb_put_char(to, value->kind == CB_ARRAY ? ']' : '}');
  }
}

CB_UNUSED static cb_text cb_write(const cb_json *value) {
  cb_buffer text = {0};
  cb_put_json(&text, value);
  return cb_text_of(&text);
}

// ---- calls ----

// What `execute` is given. `arguments` is an object that the tool's schema holds for.
typedef struct {
  cb_text tool;
  const cb_json *arguments;
  cb_text locale; // "en" or "zh-CN"
  double now_ms;
} cb_call;

// What a call comes to: a text for people, with data where there is some; or an error.
typedef struct {
  cb_text text;
  cb_json *data;
  cb_text error;
} cb_result;

CB_UNUSED static cb_result cb_done(cb_text text) { return (cb_result){.text = text}; }
CB_UNUSED static cb_result cb_done_with(cb_text text, cb_json *data) { return (cb_result){.text = text, .data = data}; }
CB_UNUSED static cb_result cb_failed(cb_text why) { return (cb_result){.error = why}; }

// What the host answered: `ok`, or NULL and why not.
typedef struct {
  const cb_json *ok;
  cb_text code, message;
} cb_reply;

CB_UNUSED static cb_reply cb_reply_of(uint64_t block) {
  const cb_json *said = cb_parse(cb_take(block));
  const cb_json *ok = cb_member(said, CB("ok")), *error = cb_member(said, CB("error"));
  if (ok) return (cb_reply){.ok = ok};
  return (cb_reply){
      .code = cb_text_or(cb_member(error, CB("code")), CB("reply")),
      .message = cb_text_or(cb_member(error, CB("message")), CB("the host's answer can't be read")),
  };
}

#include "capabilities.h"

// The plugin's own: does what a tool is called for.
cb_result cb_execute(cb_call call);

// Defines the export `register`. `registration` is JSON: {"tools": [...]}.
#define CB_TOOLS(registration) \
  __attribute__((export_name("register"))) int32_t cb_export_register(void) { \
    cb_output(CB(registration)); \
    return 0; \
  }

#ifndef CB_NO_EXECUTE
__attribute__((export_name("execute"))) int32_t cb_export_execute(void) {
  cb_forget();
  const cb_json *given = cb_parse(cb_input());
  const cb_json *context = cb_member(given, CB("context"));
  if (!given) return 1;
  cb_result result = cb_execute((cb_call){
      .tool = cb_text_or(cb_member(given, CB("tool")), CB("")),
      .arguments = cb_member(given, CB("arguments")),
      .locale = cb_text_or(cb_member(context, CB("locale")), CB("en")),
      .now_ms = cb_number_or(cb_member(context, CB("now_ms")), 0),
  });
  cb_json *answer = cb_object();
  if (result.error.at) {
    cb_set(answer, CB("error"), cb_of_text(result.error));
  } else {
    cb_set(answer, CB("text"), cb_of_text(result.text));
    if (result.data) cb_set(answer, CB("data"), result.data);
  }
  cb_output(cb_write(answer));
  return 0;
}
#endif
