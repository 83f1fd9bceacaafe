#ifndef SEARCHLIGHT_CCRYPTO_H
#define SEARCHLIGHT_CCRYPTO_H
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif

/* SHA-256 over OpenSSL's libcrypto. One context belongs to one owner; no global state. */
typedef struct ccrypto_sha256 ccrypto_sha256;

ccrypto_sha256 *_Nullable ccrypto_sha256_create(void);
/* Returns 0 on success. */
int ccrypto_sha256_update(ccrypto_sha256 *context, const void *_Nullable bytes, size_t count);
/* Writes 32 bytes; the context can then only be destroyed. Returns 0 on success. */
int ccrypto_sha256_finish(ccrypto_sha256 *context, uint8_t *digest);
void ccrypto_sha256_destroy(ccrypto_sha256 *context);

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
