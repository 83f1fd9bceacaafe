#include "CCrypto.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct ccrypto_sha256 {
  EVP_MD_CTX *context;
};

ccrypto_sha256 *ccrypto_sha256_create(void) {
  ccrypto_sha256 *self = malloc(sizeof *self);
  if (!self) return NULL;
  self->context = EVP_MD_CTX_new();
  if (!self->context || EVP_DigestInit_ex(self->context, EVP_sha256(), NULL) != 1) {
    ccrypto_sha256_destroy(self);
    return NULL;
  }
  return self;
}

int ccrypto_sha256_update(ccrypto_sha256 *self, const void *bytes, size_t count) {
  return EVP_DigestUpdate(self->context, bytes, count) == 1 ? 0 : 1;
}

int ccrypto_sha256_finish(ccrypto_sha256 *self, uint8_t *digest) {
  unsigned int length = 0;
  return EVP_DigestFinal_ex(self->context, digest, &length) == 1 && length == 32 ? 0 : 1;
}

void ccrypto_sha256_destroy(ccrypto_sha256 *self) {
  EVP_MD_CTX_free(self->context);
  free(self);
}
