/* A room over libdeflate, liblzma, lz4, zstd and xxHash: whole blocks are decompressed from memory to memory.
   Thread-safe: each thread keeps its own decompressors, which are freed when it ends. Nothing is printed. */
#ifndef SEARCHLIGHT_CCODECS_H
#define SEARCHLIGHT_CCODECS_H
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  CCODECS_ZLIB = 0,    /* RFC 1950, with its Adler-32 checked */
  CCODECS_DEFLATE = 1, /* RFC 1951, no checksum */
  CCODECS_XZ = 2,      /* an .xz stream, with its own check */
  CCODECS_LZ4 = 3,     /* one LZ4 block, no checksum */
  CCODECS_ZSTD = 4     /* zstd frames, with their checksum where they have one */
} ccodecs_codec;

typedef enum {
  CCODECS_DONE = 0,
  CCODECS_DAMAGED = 1,  /* the bytes cannot be decoded, or a checksum does not fit */
  CCODECS_LENGTH = 2,   /* they decode to another number of bytes */
  CCODECS_NO_MEMORY = 3
} ccodecs_status;

/* Decodes `count` bytes into exactly `room` bytes; never writes beyond them. */
ccodecs_status ccodecs_decompress(
    ccodecs_codec codec, const uint8_t *bytes, size_t count, uint8_t *destination, size_t room);

/* xxHash with seed 0: the 64-bit XXH64 and the 64-bit XXH3. */
uint64_t ccodecs_xxh64(const uint8_t *bytes, size_t count);
uint64_t ccodecs_xxh3(const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
