/* Memory, answers and errors. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "glue.h"

/*
 * Where there is no memory left the instance ends, here and at once: address 0 can be read and written
 * like any other, so nothing else would stop whoever does not look.
 */
void *given(void *memory) {
  if (memory == NULL) abort();
  return memory;
}

static void *give(size_t size, const char *file, int line) {
  (void)file, (void)line;
  return size > 0 ? given(malloc(size)) : NULL;
}

static void *give_again(void *memory, size_t size, const char *file, int line) {
  (void)file, (void)line;
  if (size > 0) return given(realloc(memory, size));
  free(memory);
  return NULL;
}

static void take(void *memory, const char *file, int line) {
  (void)file, (void)line;
  free(memory);
}

__attribute__((constructor)) static void set_up(void) {
  if (!CRYPTO_set_mem_functions(give, give_again, take)) abort();
}

static unsigned char *out;
static size_t out_size, out_room;

void clear(void) { out_size = 0; }

static void append(const void *bytes, size_t length) {
  if (out_room - out_size < length) {
    size_t room = (out_size + length) * 2;
    out = given(realloc(out, room));
    out_room = room;
  }
  memcpy(out + out_size, bytes, length);
  out_size += length;
}

void put(unsigned char number, const void *bytes, size_t length) {
  unsigned char header[5] = {number, length & 255, length >> 8 & 255, length >> 16 & 255,
                             length >> 24 & 255};
  append(header, sizeof header);
  if (length > 0) append(bytes, length);
}

void put_text(unsigned char number, const char *text) { put(number, text, strlen(text)); }

void put_bio(unsigned char number, BIO *bio) {
  char *data;
  long length = BIO_get_mem_data(bio, &data);
  put(number, data, length);
  (void)BIO_reset(bio);
}

/* NULL where there is none left. */
void *EXPORT(allocate)(size_t length) { return malloc(length > 0 ? length : 1); }
void EXPORT(release)(void *memory) { free(memory); }
const unsigned char *EXPORT(out_start)(void) { return out; }
size_t EXPORT(out_length)(void) { return out_size; }
/* A large answer is not kept. */
void EXPORT(out_clear)(void) {
  if (out_room > 65536) {
    free(out);
    out = NULL;
    out_room = 0;
  }
  clear();
}

void EXPORT(errors_clear)(void) { ERR_clear_error(); }
unsigned long EXPORT(errors_next)(void) { return ERR_get_error(); }
unsigned long EXPORT(errors_first)(void) { return ERR_peek_error(); }

/* Its text, library and reason. */
void EXPORT(error_describe)(unsigned long error) {
  char text[256];
  const char *library = ERR_lib_error_string(error), *reason = ERR_reason_error_string(error);
  ERR_error_string_n(error, text, sizeof text);
  clear();
  put_text(1, text);
  if (library != NULL) put_text(2, library);
  if (reason != NULL) put_text(3, reason);
}

static int keep_line(const char *line, size_t length, void *unused) {
  (void)unused;
  clear();
  put(1, line, length);
  return 1;
}

/* The last of all errors, as a line. */
void EXPORT(errors_print)(void) {
  clear();
  ERR_print_errors_cb(keep_line, NULL);
}
