#include "CCodecs.h"

#include <libdeflate.h>
#include <lz4.h>
#include <lzma.h>
#include <pthread.h>
#include <stdlib.h>
#include <xxhash.h>
#include <zstd.h>

/* Making a decompressor costs as much as decoding a small block, so each thread keeps its own. */
typedef struct {
  struct libdeflate_decompressor *deflate;
  ZSTD_DCtx *zstd;
} decompressors;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_decompressors(void *pointer) {
  decompressors *mine = pointer;
  if (mine->deflate) libdeflate_free_decompressor(mine->deflate);
  if (mine->zstd) ZSTD_freeDCtx(mine->zstd);
  free(mine);
}

static void make_key(void) { pthread_key_create(&key, free_decompressors); }

static decompressors *of_this_thread(void) {
  pthread_once(&once, make_key);
  decompressors *mine = pthread_getspecific(key);
  if (mine) return mine;
  mine = calloc(1, sizeof *mine);
  if (mine && pthread_setspecific(key, mine) != 0) {
    free(mine);
    return NULL;
  }
  return mine;
}

static ccodecs_status inflate_block(int wrapped, const uint8_t *bytes, size_t count, uint8_t *destination, size_t room) {
  decompressors *mine = of_this_thread();
  if (!mine) return CCODECS_NO_MEMORY;
  if (!mine->deflate) mine->deflate = libdeflate_alloc_decompressor();
  if (!mine->deflate) return CCODECS_NO_MEMORY;
  enum libdeflate_result result =
      wrapped ? libdeflate_zlib_decompress(mine->deflate, bytes, count, destination, room, NULL)
              : libdeflate_deflate_decompress(mine->deflate, bytes, count, destination, room, NULL);
  switch (result) {
    case LIBDEFLATE_SUCCESS: return CCODECS_DONE;
    case LIBDEFLATE_SHORT_OUTPUT:
    case LIBDEFLATE_INSUFFICIENT_SPACE: return CCODECS_LENGTH;
    default: return CCODECS_DAMAGED;
  }
}

static ccodecs_status decode_xz(const uint8_t *bytes, size_t count, uint8_t *destination, size_t room) {
  /* ROOT's dictionaries are of at most 16 MiB; a damaged header may ask for gigabytes. */
  uint64_t limit = 256u << 20;
  size_t read = 0, written = 0;
  lzma_ret result = lzma_stream_buffer_decode(&limit, 0, NULL, bytes, &read, count, destination, &written, room);
  switch (result) {
    case LZMA_OK: return written == room ? CCODECS_DONE : CCODECS_LENGTH;
    case LZMA_BUF_ERROR: return written == room ? CCODECS_LENGTH : CCODECS_DAMAGED;
    case LZMA_MEM_ERROR: return CCODECS_NO_MEMORY;
    default: return CCODECS_DAMAGED;
  }
}

static ccodecs_status decode_lz4(const uint8_t *bytes, size_t count, uint8_t *destination, size_t room) {
  if (count > LZ4_MAX_INPUT_SIZE || room > LZ4_MAX_INPUT_SIZE) return CCODECS_DAMAGED;
  int written = LZ4_decompress_safe((const char *)bytes, (char *)destination, (int)count, (int)room);
  if (written < 0) return CCODECS_DAMAGED;
  return (size_t)written == room ? CCODECS_DONE : CCODECS_LENGTH;
}

static ccodecs_status decode_zstd(const uint8_t *bytes, size_t count, uint8_t *destination, size_t room) {
  decompressors *mine = of_this_thread();
  if (!mine) return CCODECS_NO_MEMORY;
  if (!mine->zstd) mine->zstd = ZSTD_createDCtx();
  if (!mine->zstd) return CCODECS_NO_MEMORY;
  size_t written = ZSTD_decompressDCtx(mine->zstd, destination, room, bytes, count);
  if (ZSTD_isError(written)) return CCODECS_DAMAGED;
  return written == room ? CCODECS_DONE : CCODECS_LENGTH;
}

ccodecs_status ccodecs_decompress(
    ccodecs_codec codec, const uint8_t *bytes, size_t count, uint8_t *destination, size_t room) {
  switch (codec) {
    case CCODECS_ZLIB: return inflate_block(1, bytes, count, destination, room);
    case CCODECS_DEFLATE: return inflate_block(0, bytes, count, destination, room);
    case CCODECS_XZ: return decode_xz(bytes, count, destination, room);
    case CCODECS_LZ4: return decode_lz4(bytes, count, destination, room);
    case CCODECS_ZSTD: return decode_zstd(bytes, count, destination, room);
  }
  return CCODECS_DAMAGED;
}

uint64_t ccodecs_xxh64(const uint8_t *bytes, size_t count) { return XXH64(bytes, count, 0); }

uint64_t ccodecs_xxh3(const uint8_t *bytes, size_t count) { return XXH3_64bits(bytes, count); }
