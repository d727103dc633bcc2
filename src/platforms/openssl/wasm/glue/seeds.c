/* Seeds for OpenSSL's random numbers: in the place of its own file for Unix. */
#include <openssl/rand.h>

#include "crypto/rand_pool.h"
#include "glue.h"
#include "prov/seeding.h"

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
