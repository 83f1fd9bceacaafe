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

/* Streams of deflated bytes (zlib): raw, or gzip with its checksum, whose members follow each other. One thread at a time
   uses a stream. */
typedef struct ccodecs_stream ccodecs_stream;

typedef enum {
  CCODECS_STREAM_MORE = 0, /* goes on: more input is needed, or more room */
  CCODECS_STREAM_END = 1,  /* a whole stream was read or written, and no other has begun */
  CCODECS_STREAM_DAMAGED = 2,
  CCODECS_STREAM_NO_MEMORY = 3
} ccodecs_stream_status;

ccodecs_stream *_Nullable ccodecs_inflate_create(int gzip);
ccodecs_stream *_Nullable ccodecs_deflate_create(int gzip, int level);
void ccodecs_stream_destroy(ccodecs_stream *stream);

/* Reads `used` of `count` bytes and writes `made` into at most `room`. */
ccodecs_stream_status ccodecs_inflate(
    ccodecs_stream *stream, const uint8_t *bytes, size_t count, size_t *used, uint8_t *out, size_t room, size_t *made);
/* The same for writing; with `finish` the stream is ended once all bytes are used: call until CCODECS_STREAM_END. */
ccodecs_stream_status ccodecs_deflate(
    ccodecs_stream *stream, const uint8_t *bytes, size_t count, size_t *used, uint8_t *out, size_t room, size_t *made,
    int finish);

/* The CRC-32 of gzip and zip, going on from that of the bytes before (0 at the start). */
uint32_t ccodecs_crc32(uint32_t before, const uint8_t *bytes, size_t count);
/* That of two texts one after another, from those of each and the length of the second. */
uint32_t ccodecs_crc32_combine(uint32_t first, uint32_t second, ptrdiff_t count);

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
