/*
 * What the files of this folder share. They are what src/platforms/openssl calls in OpenSSL's wasm: contexts
 * and connections of TLS over memory, and certificates. They decide nothing and keep nothing of their own
 * beyond a context's keys for tickets. What is asked and when is checked by the caller; pointers never leave
 * that. Answers of more than a number lie in `out` until the next one.
 */
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stddef.h>

#define EXPORT(name) __attribute__((export_name(#name))) name
#define IMPORT(name) __attribute__((import_module("host"), import_name(#name))) name

/* What the caller does in the middle of OpenSSL's work; `ssl` says in which connection. */
extern void IMPORT(random_bytes)(void *target, size_t length);
extern void IMPORT(handshake)(const SSL *ssl, int is_done);
extern void IMPORT(keylog)(const SSL *ssl, const char *line);
extern int IMPORT(needs_certificate)(SSL *ssl);
extern void IMPORT(servername)(SSL *ssl, const char *name);
extern int IMPORT(choose_protocol)(SSL *ssl, const unsigned char *offered, size_t length);
extern void IMPORT(new_session)(SSL *ssl, SSL_SESSION *session);
extern SSL_SESSION *IMPORT(find_session)(SSL *ssl);
extern int IMPORT(ocsp)(SSL *ssl);
extern int IMPORT(server_key)(SSL *ssl, const char *identity, void *key, size_t most);
extern int IMPORT(client_key)(SSL *ssl, const char *hint, char *identity, size_t identity_most,
                              void *key, size_t most);

/* Begins an answer. */
void clear(void);
/* Adds a field: its number, its length, its bytes. */
void put(unsigned char number, const void *bytes, size_t length);
void put_text(unsigned char number, const char *text);
/* All that `bio` holds, which is empty then. */
void put_bio(unsigned char number, BIO *bio);
void put_certificate(unsigned char number, X509 *certificate);
/* `memory`; ends the instance where that is NULL. */
void *given(void *memory);

/* No question for a password is ever answered. */
int no_password(char *buffer, int size, int rwflag, void *data);
/* A certificate of the store that issued this one, which is the caller's to free. */
X509 *issuer_in(SSL_CTX *ctx, X509 *certificate);
