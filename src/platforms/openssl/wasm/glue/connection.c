/* Connections: both ends of TLS over memory, and what they know of each other. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "glue.h"

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
  } else if (id == EVP_PKEY_X25519 || id == EVP_PKEY_X448) {
    curve = OBJ_nid2sn(id);
  }
  /* Of other kinds Node says nothing. */
  if (curve != NULL || id == EVP_PKEY_DH) put(1, &bits, sizeof bits);
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
