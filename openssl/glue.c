/*
 * What src/platforms/openssl calls in OpenSSL's wasm: contexts and connections of TLS over memory, and
 * certificates. It decides nothing and keeps nothing of its own beyond a context's keys for tickets. What
 * is asked and when is checked by its caller; pointers never leave that. Answers of more than a number
 * lie in `out` until the next one. The compiler's command is in build.sh.
 */
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand_pool.h"
#include "prov/seeding.h"

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

/* ---- Seeds: they take the place of OpenSSL's own file for Unix ---- */

size_t ossl_pool_acquire_entropy(RAND_POOL *pool) {
  size_t needed = ossl_rand_pool_bytes_needed(pool, 1);
  unsigned char *buffer = ossl_rand_pool_add_begin(pool, needed);
  if (buffer != NULL) {
    random_bytes(buffer, needed);
    ossl_rand_pool_add_end(pool, needed, 8 * needed);
  }
  return ossl_rand_pool_entropy_available(pool);
}

int ossl_pool_add_nonce_data(RAND_POOL *pool) {
  unsigned char nonce[16];
  random_bytes(nonce, sizeof nonce);
  return ossl_rand_pool_add(pool, nonce, sizeof nonce, 0);
}

int ossl_rand_pool_add_additional_data(RAND_POOL *pool) {
  return ossl_pool_add_nonce_data(pool);
}

int ossl_rand_pool_init(void) { return 1; }
void ossl_rand_pool_cleanup(void) {}
void ossl_rand_pool_keep_random_devices_open(int keep) { (void)keep; }

/* There is no environment that could be trusted. */
int OPENSSL_issetugid(void) { return 1; }

/* ---- Memory and answers ---- */

/*
 * Where there is no memory left the instance ends, here and at once: address 0 can be read and written
 * like any other, so nothing else would stop whoever does not look.
 */
static void *given(void *memory) {
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

static void clear(void) { out_size = 0; }

static void append(const void *bytes, size_t length) {
  if (out_room - out_size < length) {
    size_t room = (out_size + length) * 2;
    out = given(realloc(out, room));
    out_room = room;
  }
  memcpy(out + out_size, bytes, length);
  out_size += length;
}

/* A field: its number, its length, its bytes. */
static void put(unsigned char number, const void *bytes, size_t length) {
  unsigned char header[5] = {number, length & 255, length >> 8 & 255, length >> 16 & 255,
                             length >> 24 & 255};
  append(header, sizeof header);
  if (length > 0) append(bytes, length);
}

static void put_text(unsigned char number, const char *text) { put(number, text, strlen(text)); }

static void put_bio(unsigned char number, BIO *bio) {
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

/* ---- Errors ---- */

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

/* ---- Contexts ---- */

typedef struct {
  unsigned char name[16], hmac[16], aes[16];
  X509 *certificate, *issuer;
} Context;

static Context *context_of(SSL_CTX *ctx) { return SSL_CTX_get_app_data(ctx); }

/* No question for a password is ever answered. */
static int no_password(char *buffer, int size, int rwflag, void *data) {
  (void)buffer, (void)size, (void)rwflag, (void)data;
  return -1;
}

/* The form of keys for tickets that Node has: of 16 bytes each. */
static int on_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                         EVP_MAC_CTX *mac, int is_new) {
  Context *context = context_of(SSL_get_SSL_CTX(ssl));
  OSSL_PARAM digest[2] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
      OSSL_PARAM_construct_end(),
  };
  if (is_new) {
    memcpy(name, context->name, sizeof context->name);
    if (RAND_bytes(iv, 16) <= 0) return -1;
    if (!EVP_EncryptInit_ex(cipher, EVP_aes_128_cbc(), NULL, context->aes, iv)) return -1;
  } else {
    if (memcmp(name, context->name, sizeof context->name) != 0) return 0;
    if (!EVP_DecryptInit_ex(cipher, EVP_aes_128_cbc(), NULL, context->aes, iv)) return -1;
  }
  return EVP_MAC_init(mac, context->hmac, sizeof context->hmac, digest) ? 1 : -1;
}

static int on_new_session(SSL *ssl, SSL_SESSION *session) {
  new_session(ssl, session);
  return 0;
}

static SSL_SESSION *on_get_session(SSL *ssl, const unsigned char *id, int length, int *copy) {
  (void)id, (void)length;
  *copy = 0;
  return find_session(ssl);
}

static int on_servername(SSL *ssl, int *alert, void *unused) {
  (void)alert, (void)unused;
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name != NULL) servername(ssl, name);
  return SSL_TLSEXT_ERR_NOACK;
}

static int on_status(SSL *ssl, void *unused) {
  (void)unused;
  int answered = ocsp(ssl);
  if (!SSL_is_server(ssl)) return 1;
  return answered ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static int on_protocols(SSL *ssl, const unsigned char **name, unsigned char *length,
                        const unsigned char *offered, unsigned int size, void *unused) {
  (void)unused;
  int at = choose_protocol(ssl, offered, size);
  if (at < 0) return at == -1 ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_ALERT_FATAL;
  *length = offered[at];
  *name = offered + at + 1;
  return SSL_TLSEXT_ERR_OK;
}

/* `end`: 0 either, 1 servers, 2 clients. */
SSL_CTX *EXPORT(context_new)(int end, int least, int most) {
  SSL_CTX *ctx = SSL_CTX_new(end == 0   ? TLS_method()
                             : end == 1 ? TLS_server_method()
                                        : TLS_client_method());
  if (ctx == NULL) return NULL;
  Context *context = given(calloc(1, sizeof *context));
  SSL_CTX_set_app_data(ctx, context);
  random_bytes(context->name, sizeof context->name);
  random_bytes(context->hmac, sizeof context->hmac);
  random_bytes(context->aes, sizeof context->aes);
  SSL_CTX_set_options(ctx, SSL_OP_NO_SSLv2 | SSL_OP_NO_SSLv3 | SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
  SSL_CTX_clear_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_SERVER |
                                          SSL_SESS_CACHE_NO_INTERNAL |
                                          SSL_SESS_CACHE_NO_AUTO_CLEAR);
  SSL_CTX_set_min_proto_version(ctx, least);
  SSL_CTX_set_max_proto_version(ctx, most);
  SSL_CTX_set_default_passwd_cb(ctx, no_password);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket_key);
  SSL_CTX_sess_set_new_cb(ctx, on_new_session);
  SSL_CTX_sess_set_get_cb(ctx, on_get_session);
  SSL_CTX_set_tlsext_servername_callback(ctx, on_servername);
  SSL_CTX_set_tlsext_status_cb(ctx, on_status);
  SSL_CTX_set_alpn_select_cb(ctx, on_protocols, NULL);
  return ctx;
}

void EXPORT(context_free)(SSL_CTX *ctx) {
  Context *context = context_of(ctx);
  X509_free(context->certificate);
  X509_free(context->issuer);
  SSL_CTX_free(ctx);
  OPENSSL_cleanse(context, sizeof *context);
  free(context);
}

int EXPORT(context_set_key)(SSL_CTX *ctx, const void *pem, int length) {
  BIO *bio = BIO_new_mem_buf(pem, length);
  EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
  int done = key != NULL && SSL_CTX_use_PrivateKey(ctx, key);
  EVP_PKEY_free(key);
  BIO_free(bio);
  return done;
}

/* True where the last error is that no PEM followed, which is how it ends. */
static int ended_well(void) {
  unsigned long error = ERR_peek_last_error();
  int is_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (is_end) ERR_clear_error();
  return is_end;
}

/* A certificate of the store that issued this one, which is the caller's to free. */
static X509 *issuer_in(SSL_CTX *ctx, X509 *certificate) {
  X509 *issuer = NULL;
  X509_STORE_CTX *search = X509_STORE_CTX_new();
  if (search != NULL && X509_STORE_CTX_init(search, SSL_CTX_get_cert_store(ctx), NULL, NULL)) {
    if (X509_STORE_CTX_get1_issuer(&issuer, search, certificate) != 1) issuer = NULL;
  }
  X509_STORE_CTX_free(search);
  return issuer;
}

/* A certificate, and those that are sent along with it. */
int EXPORT(context_set_certificate)(SSL_CTX *ctx, const void *pem, int length) {
  Context *context = context_of(ctx);
  X509_free(context->certificate);
  X509_free(context->issuer);
  context->certificate = context->issuer = NULL;
  BIO *bio = BIO_new_mem_buf(pem, length);
  X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL);
  int done = certificate != NULL;
  STACK_OF(X509) *extra = sk_X509_new_null();
  while (done) {
    X509 *next = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    if (next == NULL) break;
    done = sk_X509_push(extra, next) > 0;
  }
  done = done && ended_well() && SSL_CTX_use_certificate(ctx, certificate);
  if (done) {
    SSL_CTX_clear_extra_chain_certs(ctx);
    for (int i = 0; done && i < sk_X509_num(extra); i++) {
      X509 *authority = sk_X509_value(extra, i);
      done = SSL_CTX_add1_chain_cert(ctx, authority) != 0;
      if (context->issuer == NULL && X509_check_issued(authority, certificate) == X509_V_OK) {
        context->issuer = X509_dup(authority);
      }
    }
    if (context->issuer == NULL) context->issuer = issuer_in(ctx, certificate);
    context->certificate = X509_dup(certificate);
  }
  sk_X509_pop_free(extra, X509_free);
  X509_free(certificate);
  BIO_free(bio);
  return done;
}

void EXPORT(context_add_authorities)(SSL_CTX *ctx, const void *pem, int length) {
  BIO *bio = BIO_new_mem_buf(pem, length);
  X509 *authority;
  while ((authority = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL)) != NULL) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), authority);
    SSL_CTX_add_client_CA(ctx, authority);
    X509_free(authority);
  }
  BIO_free(bio);
  ERR_clear_error();
}

int EXPORT(context_add_revocations)(SSL_CTX *ctx, const void *pem, int length) {
  BIO *bio = BIO_new_mem_buf(pem, length);
  X509_CRL *list = PEM_read_bio_X509_CRL(bio, NULL, no_password, NULL);
  int done = list != NULL;
  if (done) {
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    X509_STORE_add_crl(store, list);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    X509_CRL_free(list);
  }
  BIO_free(bio);
  ERR_clear_error();
  return done;
}

/* Authorities that many contexts share. */
static STACK_OF(X509) *roots;

void EXPORT(roots_load)(const void *pem, int length) {
  BIO *bio = BIO_new_mem_buf(pem, length);
  X509 *root;
  if (roots == NULL) roots = sk_X509_new_null();
  while ((root = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL) {
    if (!sk_X509_push(roots, root)) X509_free(root);
  }
  BIO_free(bio);
  ERR_clear_error();
}

/* In place of all that it trusted. */
void EXPORT(context_trust_roots)(SSL_CTX *ctx) {
  X509_STORE *store = X509_STORE_new();
  for (int i = 0; i < sk_X509_num(roots); i++) X509_STORE_add_cert(store, sk_X509_value(roots, i));
  SSL_CTX_set_cert_store(ctx, store);
}

void EXPORT(context_trust_partial_chains)(SSL_CTX *ctx) {
  X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_PARTIAL_CHAIN);
}

int EXPORT(context_set_suites)(SSL_CTX *ctx, const char *suites) {
  return SSL_CTX_set_ciphersuites(ctx, suites);
}

int EXPORT(context_set_ciphers)(SSL_CTX *ctx, const char *ciphers) {
  return SSL_CTX_set_cipher_list(ctx, ciphers);
}

int EXPORT(context_set_signatures)(SSL_CTX *ctx, const char *algorithms) {
  return SSL_CTX_set1_sigalgs_list(ctx, algorithms);
}

int EXPORT(context_set_groups)(SSL_CTX *ctx, const char *groups) {
  return SSL_CTX_set1_groups_list(ctx, groups);
}

void EXPORT(context_set_dh_auto)(SSL_CTX *ctx) { SSL_CTX_set_dh_auto(ctx, 1); }

/* The bits of its prime, 0 for no group, -1 where it was not taken; less than `least` are not set. */
int EXPORT(context_set_dh)(SSL_CTX *ctx, const void *pem, int length, int least) {
  BIO *bio = BIO_new_mem_buf(pem, length);
  EVP_PKEY *group = PEM_read_bio_Parameters_ex(bio, NULL, NULL, NULL);
  int bits = group != NULL && EVP_PKEY_is_a(group, "DH") ? EVP_PKEY_get_bits(group) : 0;
  BIO_free(bio);
  if (bits >= least && bits > 0) {
    SSL_CTX_set_options(ctx, SSL_OP_SINGLE_DH_USE);
    if (SSL_CTX_set0_tmp_dh_pkey(ctx, group)) {
      group = NULL;
    } else {
      bits = -1;
    }
  }
  EVP_PKEY_free(group);
  return bits;
}

void EXPORT(context_set_least)(SSL_CTX *ctx, int version) {
  SSL_CTX_set_min_proto_version(ctx, version);
}
void EXPORT(context_set_most)(SSL_CTX *ctx, int version) {
  SSL_CTX_set_max_proto_version(ctx, version);
}
int EXPORT(context_get_least)(SSL_CTX *ctx) { return SSL_CTX_get_min_proto_version(ctx); }
int EXPORT(context_get_most)(SSL_CTX *ctx) { return SSL_CTX_get_max_proto_version(ctx); }

void EXPORT(context_set_options)(SSL_CTX *ctx, unsigned low, unsigned high) {
  SSL_CTX_set_options(ctx, (uint64_t)high << 32 | low);
}

int EXPORT(context_set_session_id)(SSL_CTX *ctx, const void *id, unsigned length) {
  return SSL_CTX_set_session_id_context(ctx, id, length);
}

void EXPORT(context_set_timeout)(SSL_CTX *ctx, int seconds) { SSL_CTX_set_timeout(ctx, seconds); }

void EXPORT(context_set_ticket_keys)(SSL_CTX *ctx, const unsigned char *keys) {
  Context *context = context_of(ctx);
  memcpy(context->name, keys, 16);
  memcpy(context->hmac, keys + 16, 16);
  memcpy(context->aes, keys + 32, 16);
}

void EXPORT(context_get_ticket_keys)(SSL_CTX *ctx) {
  clear();
  put(1, context_of(ctx), 48);
}

static void put_certificate(unsigned char number, X509 *certificate) {
  unsigned char *der = NULL;
  int length = certificate != NULL ? i2d_X509(certificate, &der) : -1;
  if (length > 0) put(number, der, length);
  OPENSSL_free(der);
}

void EXPORT(context_get_certificate)(SSL_CTX *ctx, int is_issuer) {
  Context *context = context_of(ctx);
  clear();
  put_certificate(1, is_issuer ? context->issuer : context->certificate);
}

/* Names of all ciphers that there are. */
void EXPORT(list_ciphers)(void) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_method());
  SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
  clear();
  STACK_OF(SSL_CIPHER) *all = ssl != NULL ? SSL_get_ciphers(ssl) : NULL;
  for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
    put_text(1, SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i)));
  }
  SSL_free(ssl);
  SSL_CTX_free(ctx);
}

/* ---- Connections ---- */

static void on_info(const SSL *ssl, int where, int result) {
  (void)result;
  if (where & SSL_CB_HANDSHAKE_START) handshake(ssl, 0);
  if (where & SSL_CB_HANDSHAKE_DONE && !SSL_renegotiate_pending(ssl)) handshake(ssl, 1);
}

/* The caller asks for the outcome, once the handshake is over. */
static int on_verify(int is_good, X509_STORE_CTX *chain) {
  (void)is_good, (void)chain;
  return 1;
}

static int on_certificate(SSL *ssl, void *unused) {
  (void)unused;
  return needs_certificate(ssl);
}

SSL *EXPORT(connection_new)(SSL_CTX *ctx, int is_server) {
  SSL *ssl = SSL_new(ctx);
  BIO *in = BIO_new(BIO_s_mem()), *sent = BIO_new(BIO_s_mem());
  if (ssl == NULL || in == NULL || sent == NULL) {
    SSL_free(ssl);
    BIO_free(in);
    BIO_free(sent);
    return NULL;
  }
  BIO_set_mem_eof_return(in, -1);
  BIO_set_mem_eof_return(sent, -1);
  SSL_set_bio(ssl, in, sent);
  SSL_set_verify(ssl, SSL_VERIFY_NONE, on_verify);
  SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY |
                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_info_callback(ssl, on_info);
  SSL_set_cert_cb(ssl, on_certificate, NULL);
  if (is_server) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
  }
  return ssl;
}

void EXPORT(connection_free)(SSL *ssl) { SSL_free(ssl); }

int EXPORT(connection_receive)(SSL *ssl, const void *bytes, int length) {
  return BIO_write(SSL_get_rbio(ssl), bytes, length) == length;
}

size_t EXPORT(connection_pending)(SSL *ssl) { return BIO_pending(SSL_get_wbio(ssl)); }

void EXPORT(connection_take)(SSL *ssl) {
  clear();
  put_bio(1, SSL_get_wbio(ssl));
}

/* Bytes, or a negative SSL_ERROR_*. */
int EXPORT(connection_read)(SSL *ssl, void *target, int length) {
  ERR_clear_error();
  int count = SSL_read(ssl, target, length);
  return count > 0 ? count : -SSL_get_error(ssl, count);
}

int EXPORT(connection_write)(SSL *ssl, const void *bytes, int length) {
  ERR_clear_error();
  int count = SSL_write(ssl, bytes, length);
  return count > 0 ? count : -SSL_get_error(ssl, count);
}

void EXPORT(connection_shutdown)(SSL *ssl) {
  if (SSL_shutdown(ssl) == 0) SSL_shutdown(ssl);
  ERR_clear_error();
}

/* What a server's handshake goes on with: the certificate, key and chain of `ctx`. */
int EXPORT(connection_use_keys)(SSL *ssl, SSL_CTX *ctx) {
  STACK_OF(X509) *chain = NULL;
  ERR_clear_error();
  return SSL_CTX_get0_chain_certs(ctx, &chain) == 1 &&
         SSL_use_certificate(ssl, SSL_CTX_get0_certificate(ctx)) == 1 &&
         SSL_use_PrivateKey(ssl, SSL_CTX_get0_privatekey(ctx)) == 1 &&
         (chain == NULL || SSL_set1_chain(ssl, chain) == 1);
}

int EXPORT(connection_use_authorities)(SSL *ssl, SSL_CTX *ctx) {
  if (!SSL_set1_verify_cert_store(ssl, SSL_CTX_get_cert_store(ctx))) return 0;
  SSL_set_client_CA_list(ssl, SSL_dup_CA_list(SSL_CTX_get_client_CA_list(ctx)));
  return 1;
}

static void on_keylog(const SSL *ssl, const char *line) { keylog(ssl, line); }

void EXPORT(connection_log_keys)(SSL *ssl) {
  SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(ssl), on_keylog);
}

static unsigned on_server_key(SSL *ssl, const char *identity, unsigned char *key, unsigned most) {
  return server_key(ssl, identity, key, most);
}

static unsigned on_client_key(SSL *ssl, const char *hint, char *identity, unsigned identity_most,
                              unsigned char *key, unsigned most) {
  return client_key(ssl, hint, identity, identity_most, key, most);
}

void EXPORT(connection_ask_keys)(SSL *ssl) {
  SSL_set_psk_server_callback(ssl, on_server_key);
  SSL_set_psk_client_callback(ssl, on_client_key);
}

int EXPORT(connection_set_hint)(SSL *ssl, const char *hint) {
  int done = SSL_use_psk_identity_hint(ssl, hint);
  ERR_clear_error();
  return done;
}

/* `mode`: 0 no certificate of the peer's, 1 one is asked for, 2 one has to come. */
void EXPORT(connection_set_verify)(SSL *ssl, int mode) {
  int verify = mode == 0 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
  if (mode == 2) verify |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_set_verify(ssl, verify, on_verify);
}

void EXPORT(connection_set_servername)(SSL *ssl, const char *name) {
  SSL_set_tlsext_host_name(ssl, name);
  ERR_clear_error();
}

void EXPORT(connection_set_protocols)(SSL *ssl, const unsigned char *names, unsigned length) {
  SSL_set_alpn_protos(ssl, names, length);
}

int EXPORT(connection_set_fragment)(SSL *ssl, int most) {
  return SSL_set_max_send_fragment(ssl, most);
}

void EXPORT(connection_request_ocsp)(SSL *ssl) {
  SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
}

int EXPORT(connection_wants_ocsp)(SSL *ssl) {
  return SSL_get_tlsext_status_type(ssl) == TLSEXT_STATUSTYPE_ocsp;
}

int EXPORT(connection_set_ocsp)(SSL *ssl, const void *response, int length) {
  void *copy = OPENSSL_memdup(response, length);
  if (copy == NULL || !SSL_set_tlsext_status_ocsp_resp(ssl, copy, length)) {
    OPENSSL_free(copy);
    return 0;
  }
  return 1;
}

void EXPORT(connection_get_ocsp)(SSL *ssl) {
  const unsigned char *response = NULL;
  long length = SSL_get_tlsext_status_ocsp_resp(ssl, &response);
  clear();
  if (response != NULL && length >= 0) put(1, response, length);
}

int EXPORT(connection_renegotiate)(SSL *ssl) {
  ERR_clear_error();
  return SSL_renegotiate(ssl);
}

void EXPORT(connection_get_servername)(SSL *ssl) {
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  clear();
  if (name != NULL) put_text(1, name);
}

void EXPORT(connection_get_protocol)(SSL *ssl) {
  const unsigned char *name;
  unsigned length;
  SSL_get0_alpn_selected(ssl, &name, &length);
  clear();
  if (length > 0) put(1, name, length);
}

void EXPORT(connection_get_version)(SSL *ssl) {
  clear();
  put_text(1, SSL_get_version(ssl));
}

void EXPORT(connection_get_cipher)(SSL *ssl) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
  clear();
  if (cipher == NULL) return;
  put_text(1, SSL_CIPHER_get_name(cipher));
  put_text(2, SSL_CIPHER_standard_name(cipher));
  put_text(3, SSL_CIPHER_get_version(cipher));
}

/* The server's key of this handshake: its size, and for a curve the curve's name. */
void EXPORT(connection_get_ephemeral_key)(SSL *ssl) {
  EVP_PKEY *key = NULL;
  clear();
  if (!SSL_get_peer_tmp_key(ssl, &key)) return;
  int bits = EVP_PKEY_get_bits(key), id = EVP_PKEY_get_id(key);
  const char *curve = NULL;
  char group[64];
  if (id == EVP_PKEY_EC) {
    size_t length;
    int nid = EVP_PKEY_get_group_name(key, group, sizeof group, &length) ? OBJ_txt2nid(group) : 0;
    curve = OBJ_nid2sn(nid);
  } else if (id != EVP_PKEY_DH) {
    curve = OBJ_nid2sn(id);
  }
  put(1, &bits, sizeof bits);
  if (curve != NULL) put_text(2, curve);
  EVP_PKEY_free(key);
  ERR_clear_error();
}

void EXPORT(connection_get_finished)(SSL *ssl, int of_peer) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  size_t length = of_peer ? SSL_get_peer_finished(ssl, bytes, sizeof bytes)
                          : SSL_get_finished(ssl, bytes, sizeof bytes);
  clear();
  if (length > 0) put(1, bytes, length);
}

int EXPORT(connection_is_reused)(SSL *ssl) { return SSL_session_reused(ssl); }

/* Its bytes, its id and its ticket. */
void EXPORT(session_describe)(SSL_SESSION *session) {
  unsigned char *der = NULL;
  unsigned id_length;
  size_t ticket_length;
  const unsigned char *ticket;
  clear();
  if (session == NULL) return;
  int length = i2d_SSL_SESSION(session, &der);
  if (length > 0) put(1, der, length);
  OPENSSL_free(der);
  const unsigned char *id = SSL_SESSION_get_id(session, &id_length);
  put(2, id, id_length);
  SSL_SESSION_get0_ticket(session, &ticket, &ticket_length);
  if (ticket != NULL) put(3, ticket, ticket_length);
}

SSL_SESSION *EXPORT(session_read)(const unsigned char *der, int length) {
  SSL_SESSION *session = d2i_SSL_SESSION(NULL, &der, length);
  ERR_clear_error();
  return session;
}

void EXPORT(session_free)(SSL_SESSION *session) { SSL_SESSION_free(session); }

SSL_SESSION *EXPORT(connection_get_session)(SSL *ssl) { return SSL_get_session(ssl); }

int EXPORT(connection_set_session)(SSL *ssl, SSL_SESSION *session) {
  int done = SSL_set_session(ssl, session);
  ERR_clear_error();
  return done;
}

void EXPORT(connection_get_signatures)(SSL *ssl) {
  int count = SSL_get_shared_sigalgs(ssl, 0, NULL, NULL, NULL, NULL, NULL);
  clear();
  for (int i = 0; i < count; i++) {
    int hash, sign;
    SSL_get_shared_sigalgs(ssl, i, &sign, &hash, NULL, NULL, NULL);
    const char *name = sign == EVP_PKEY_RSA       ? "RSA"
                       : sign == EVP_PKEY_RSA_PSS ? "RSA-PSS"
                       : sign == EVP_PKEY_DSA     ? "DSA"
                       : sign == EVP_PKEY_EC      ? "ECDSA"
                       : sign == NID_ED25519      ? "Ed25519"
                       : sign == NID_ED448        ? "Ed448"
                                                  : OBJ_nid2sn(sign);
    const char *digest = OBJ_nid2sn(hash);
    put_text(1, name != NULL ? name : "UNDEF");
    put_text(2, digest != NULL ? digest : "UNDEF");
  }
}

int EXPORT(connection_export)(SSL *ssl, void *target, size_t length, const char *label,
                              size_t label_length, const void *context, size_t context_length,
                              int has_context) {
  ERR_clear_error();
  return SSL_export_keying_material(ssl, target, length, label, label_length, context,
                                    context_length, has_context);
}

/* X509_V_*; `otherwise` where the peer showed no certificate and had to. */
long EXPORT(connection_verify_result)(SSL *ssl, long otherwise) {
  if (SSL_get0_peer_certificate(ssl) != NULL) return SSL_get_verify_result(ssl);
  const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
  const SSL_SESSION *session = SSL_get_session(ssl);
  if (cipher != NULL && SSL_CIPHER_get_auth_nid(cipher) == NID_auth_psk) return X509_V_OK;
  if (session != NULL && SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION &&
      SSL_session_reused(ssl)) {
    return X509_V_OK;
  }
  return otherwise;
}

void EXPORT(verify_describe)(long result) {
  clear();
  put_text(1, X509_verify_cert_error_string(result));
}

/* Its own certificate. */
void EXPORT(connection_get_certificate)(SSL *ssl) {
  clear();
  put_certificate(1, SSL_get_certificate(ssl));
}

/* The peer's certificates in the order in which they came. */
static STACK_OF(X509) *peer_chain(SSL *ssl) {
  STACK_OF(X509) *chain = sk_X509_new_null(), *sent = SSL_get_peer_cert_chain(ssl);
  X509 *first = SSL_is_server(ssl) ? SSL_get0_peer_certificate(ssl) : NULL;
  if (chain == NULL) return NULL;
  if (first != NULL && X509_up_ref(first)) sk_X509_push(chain, first);
  for (int i = 0; i < sk_X509_num(sent); i++) {
    X509 *next = sk_X509_value(sent, i);
    if (X509_up_ref(next)) sk_X509_push(chain, next);
  }
  return chain;
}

void EXPORT(connection_get_peer_chain)(SSL *ssl) {
  STACK_OF(X509) *chain = peer_chain(ssl);
  clear();
  for (int i = 0; i < sk_X509_num(chain); i++) put_certificate(1, sk_X509_value(chain, i));
  sk_X509_pop_free(chain, X509_free);
}

/*
 * The peer's certificate and its issuers, of those that came and then of those that are trusted: each
 * the issuer of the one before. An empty last field says that the last one issued itself.
 */
void EXPORT(connection_get_peer_issuers)(SSL *ssl) {
  STACK_OF(X509) *left = peer_chain(ssl);
  X509 *current = sk_X509_shift(left), *issuer;
  int is_root = 0;
  clear();
  if (current != NULL) put_certificate(1, current);
  do {
    issuer = NULL;
    for (int i = 0; current != NULL && issuer == NULL && i < sk_X509_num(left); i++) {
      if (X509_check_issued(sk_X509_value(left, i), current) == X509_V_OK) {
        issuer = sk_X509_delete(left, i);
      }
    }
    if (issuer != NULL) {
      put_certificate(1, issuer);
      X509_free(current);
      current = issuer;
    }
  } while (issuer != NULL);
  for (int i = 0; current != NULL && i < 32; i++) {
    is_root = X509_check_issued(current, current) == X509_V_OK;
    issuer = is_root ? NULL : issuer_in(SSL_get_SSL_CTX(ssl), current);
    if (issuer == NULL) break;
    put_certificate(1, issuer);
    X509_free(current);
    current = issuer;
  }
  if (is_root) put(2, NULL, 0);
  X509_free(current);
  sk_X509_pop_free(left, X509_free);
  ERR_clear_error();
}

/* ---- Certificates ---- */

/* PEM or DER. */
X509 *EXPORT(certificate_read)(const void *encoded, int length) {
  ERR_clear_error();
  BIO *bio = BIO_new_mem_buf(encoded, length);
  X509 *certificate = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL);
  if (certificate == NULL) {
    (void)BIO_reset(bio);
    certificate = d2i_X509_bio(bio, NULL);
  }
  BIO_free(bio);
  return certificate;
}

void EXPORT(certificate_free)(X509 *certificate) { X509_free(certificate); }

#define NAME_FLAGS \
  (ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT | \
   XN_FLAG_SEP_MULTILINE | XN_FLAG_FN_SN)
/* Within a list, where what could be taken for its syntax is in quotes. */
#define NAME_IN_LIST_FLAGS \
  ((XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_UTF8_CONVERT)

static int is_plain(const unsigned char *text, size_t length, int is_utf8) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = text[i];
    if (c == '"' || c == '\\' || c == ',' || c == '\'') return 0;
    if (is_utf8 ? c < ' ' || c == 0x7f : c < ' ' || c > '~') return 0;
  }
  return 1;
}

/* As it stands, or as a JSON string. */
static void print_value(BIO *bio, const unsigned char *text, size_t length, int is_utf8,
                        const char *prefix) {
  int plain = is_plain(text, length, is_utf8);
  if (!plain) BIO_write(bio, "\"", 1);
  if (prefix != NULL) BIO_printf(bio, "%s:", prefix);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = text[i];
    if (!plain && (c == '"' || c == '\\')) {
      BIO_printf(bio, "\\%c", c);
    } else if (plain || (c >= ' ' && c != ',' && (is_utf8 ? c != 0x7f : c <= '~'))) {
      BIO_write(bio, &c, 1);
    } else {
      BIO_printf(bio, "\\u%04x", c);
    }
  }
  if (!plain) BIO_write(bio, "\"", 1);
}

static void print_ip(BIO *bio, const ASN1_OCTET_STRING *ip) {
  const unsigned char *bytes = ASN1_STRING_get0_data(ip);
  int length = ASN1_STRING_length(ip);
  BIO_puts(bio, "IP Address:");
  if (length == 4) {
    BIO_printf(bio, "%d.%d.%d.%d", bytes[0], bytes[1], bytes[2], bytes[3]);
  } else if (length == 16) {
    for (int i = 0; i < 16; i += 2) {
      BIO_printf(bio, "%s%X", i > 0 ? ":" : "", bytes[i] << 8 | bytes[i + 1]);
    }
  } else {
    BIO_printf(bio, "<invalid length=%d>", length);
  }
}

static void print_other_name(BIO *bio, const OTHERNAME *other) {
  static const struct {
    int nid;
    const char *name;
  } KNOWN[] = {{NID_id_on_SmtpUTF8Mailbox, "SmtpUTF8Mailbox"},
               {NID_XmppAddr, "XmppAddr"},
               {NID_SRVName, "SRVName"},
               {NID_ms_upn, "UPN"},
               {NID_NAIRealm, "NAIRealm"}};
  int nid = OBJ_obj2nid(other->type_id);
  for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
    int is_service = nid == NID_SRVName;
    int type = other->value->type;
    if (KNOWN[i].nid != nid) continue;
    if (type != (is_service ? V_ASN1_IA5STRING : V_ASN1_UTF8STRING)) continue;
    const ASN1_STRING *text = other->value->value.asn1_string;
    BIO_puts(bio, "othername:");
    print_value(bio, ASN1_STRING_get0_data(text), ASN1_STRING_length(text), !is_service,
                KNOWN[i].name);
    return;
  }
  BIO_puts(bio, "othername:<unsupported>");
}

static void print_ia5(BIO *bio, const char *kind, const ASN1_STRING *text) {
  BIO_puts(bio, kind);
  print_value(bio, ASN1_STRING_get0_data(text), ASN1_STRING_length(text), 0, NULL);
}

static void print_general_name(BIO *bio, const GENERAL_NAME *name) {
  char text[256];
  switch (name->type) {
    case GEN_DNS:
      print_ia5(bio, "DNS:", name->d.dNSName);
      break;
    case GEN_EMAIL:
      print_ia5(bio, "email:", name->d.rfc822Name);
      break;
    case GEN_URI:
      print_ia5(bio, "URI:", name->d.uniformResourceIdentifier);
      break;
    case GEN_DIRNAME: {
      BIO *inner = BIO_new(BIO_s_mem());
      char *data;
      X509_NAME_print_ex(inner, name->d.directoryName, 0, NAME_IN_LIST_FLAGS);
      long length = BIO_get_mem_data(inner, &data);
      BIO_puts(bio, "DirName:");
      print_value(bio, (unsigned char *)data, length, 1, NULL);
      BIO_free(inner);
      break;
    }
    case GEN_IPADD:
      print_ip(bio, name->d.iPAddress);
      break;
    case GEN_RID:
      OBJ_obj2txt(text, sizeof text, name->d.registeredID, 1);
      BIO_printf(bio, "Registered ID:%s", text);
      break;
    case GEN_OTHERNAME:
      print_other_name(bio, name->d.otherName);
      break;
    case GEN_X400:
      BIO_puts(bio, "X400Name:<unsupported>");
      break;
    default:
      BIO_puts(bio, "EdiPartyName:<unsupported>");
  }
}

static void put_names(unsigned char number, X509_NAME *name) {
  for (int i = 0; i < X509_NAME_entry_count(name); i++) {
    X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
    ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(entry);
    int nid = OBJ_obj2nid(object);
    char oid[128];
    unsigned char *value = NULL;
    if (nid == NID_undef) OBJ_obj2txt(oid, sizeof oid, object, 1);
    int length = ASN1_STRING_to_UTF8(&value, X509_NAME_ENTRY_get_data(entry));
    put_text(number, nid == NID_undef ? oid : OBJ_nid2sn(nid));
    put(number, value, length > 0 ? length : 0);
    OPENSSL_free(value);
  }
}

static void put_digest(unsigned char number, X509 *certificate, const EVP_MD *digest) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned length;
  if (X509_digest(certificate, digest, bytes, &length)) put(number, bytes, length);
}

static void put_public_key(X509 *certificate) {
  EVP_PKEY *key = X509_get0_pubkey(certificate);
  unsigned char *der = NULL;
  if (key == NULL) return;
  int bits = EVP_PKEY_get_bits(key), length = i2d_PUBKEY(key, &der);
  if (length > 0) put(18, der, length);
  OPENSSL_free(der);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: {
      BIGNUM *n = NULL, *e = NULL;
      if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) &&
          EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e)) {
        char *modulus = BN_bn2hex(n), *exponent = BN_bn2hex(e);
        put_text(12, modulus);
        put_text(13, exponent);
        put(14, &bits, sizeof bits);
        OPENSSL_free(modulus);
        OPENSSL_free(exponent);
      }
      BN_free(n);
      BN_free(e);
      break;
    }
    case EVP_PKEY_EC: {
      char group[64];
      size_t size;
      unsigned char *point = NULL;
      if (!EVP_PKEY_get_group_name(key, group, sizeof group, &size)) break;
      int nid = OBJ_txt2nid(group);
      size = EVP_PKEY_get1_encoded_public_key(key, &point);
      put(14, &bits, sizeof bits);
      if (size > 0) put(15, point, size);
      OPENSSL_free(point);
      if (nid != NID_undef) put_text(16, OBJ_nid2sn(nid));
      if (EC_curve_nid2nist(nid) != NULL) put_text(17, EC_curve_nid2nist(nid));
    }
  }
}

static void put_extensions(X509 *certificate, BIO *bio) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
    if (i > 0) BIO_puts(bio, ", ");
    print_general_name(bio, sk_GENERAL_NAME_value(names, i));
  }
  if (names != NULL) put_bio(2, bio);
  GENERAL_NAMES_free(names);
  AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(certificate, NID_info_access, NULL, NULL);
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++) {
    ACCESS_DESCRIPTION *description = sk_ACCESS_DESCRIPTION_value(access, i);
    if (i > 0) BIO_puts(bio, "\n");
    i2a_ASN1_OBJECT(bio, description->method);
    BIO_puts(bio, " - ");
    print_general_name(bio, description->location);
  }
  if (access != NULL) put_bio(4, bio);
  AUTHORITY_INFO_ACCESS_free(access);
  EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++) {
    char oid[256];
    int length = OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usages, i), 1);
    if (length >= 0) put_text(22, oid);
  }
  EXTENDED_KEY_USAGE_free(usages);
}

/* Everything that it says of itself. */
void EXPORT(certificate_describe)(X509 *certificate) {
  BIO *bio = BIO_new(BIO_s_mem());
  X509_NAME *subject = X509_get_subject_name(certificate);
  X509_NAME *issuer = X509_get_issuer_name(certificate);
  clear();
  if (X509_NAME_print_ex(bio, subject, 0, NAME_FLAGS) > 0) put_bio(1, bio);
  if (X509_NAME_print_ex(bio, issuer, 0, NAME_FLAGS) > 0) put_bio(3, bio);
  (void)BIO_reset(bio);
  ASN1_TIME_print(bio, X509_get0_notBefore(certificate));
  put_bio(5, bio);
  ASN1_TIME_print(bio, X509_get0_notAfter(certificate));
  put_bio(6, bio);
  BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
  char *serial = number != NULL ? BN_bn2hex(number) : NULL;
  if (serial != NULL) put_text(7, serial);
  OPENSSL_free(serial);
  BN_free(number);
  put_certificate(8, certificate);
  if (X509_check_ca(certificate) == 1) put(9, NULL, 0);
  put_names(10, subject);
  put_names(11, issuer);
  put_public_key(certificate);
  put_digest(19, certificate, EVP_sha1());
  put_digest(20, certificate, EVP_sha256());
  put_digest(21, certificate, EVP_sha512());
  put_extensions(certificate, bio);
  PEM_write_bio_X509(bio, certificate);
  put_bio(23, bio);
  BIO_free(bio);
  ERR_clear_error();
}

/* 1 with the name that matched, 0, or less for a name that is none. */
int EXPORT(certificate_check_host)(X509 *certificate, const char *name, size_t length,
                                   unsigned flags) {
  char *matched = NULL;
  int result = X509_check_host(certificate, name, length, flags, &matched);
  clear();
  if (matched != NULL) put_text(1, matched);
  OPENSSL_free(matched);
  ERR_clear_error();
  return result;
}

int EXPORT(certificate_check_email)(X509 *certificate, const char *email, size_t length,
                                    unsigned flags) {
  return X509_check_email(certificate, email, length, flags);
}

int EXPORT(certificate_check_ip)(X509 *certificate, const char *ip) {
  int result = X509_check_ip_asc(certificate, ip, 0);
  ERR_clear_error();
  return result;
}

int EXPORT(certificate_is_issued_by)(X509 *certificate, X509 *issuer) {
  int result = X509_check_issued(issuer, certificate) == X509_V_OK;
  ERR_clear_error();
  return result;
}

/* `key`: PKCS #8. */
int EXPORT(certificate_has_key)(X509 *certificate, const unsigned char *key, int length) {
  EVP_PKEY *found = d2i_AutoPrivateKey(NULL, &key, length);
  int result = found != NULL && X509_check_private_key(certificate, found) == 1;
  EVP_PKEY_free(found);
  ERR_clear_error();
  return result;
}

/* `key`: SPKI. */
int EXPORT(certificate_verify)(X509 *certificate, const unsigned char *key, int length) {
  EVP_PKEY *found = d2i_PUBKEY(NULL, &key, length);
  int result = found != NULL && X509_verify(certificate, found) == 1;
  EVP_PKEY_free(found);
  ERR_clear_error();
  return result;
}
