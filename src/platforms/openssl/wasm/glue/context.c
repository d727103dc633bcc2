/* Contexts: keys, certificates, and what connections in them may be. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "glue.h"

typedef struct {
  unsigned char name[16], hmac[16], aes[16];
  X509 *certificate, *issuer;
} Context;

static Context *context_of(SSL_CTX *ctx) { return SSL_CTX_get_app_data(ctx); }

/* No question for a password is ever answered. */
int no_password(char *buffer, int size, int rwflag, void *data) {
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
X509 *issuer_in(SSL_CTX *ctx, X509 *certificate) {
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
