#define _LARGEFILE64_SOURCE
#include "CCodecs.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <zlib.h>

struct ccodecs_stream {
  z_stream z;
  int inflates;
  int gzip;
  int between; /* a member has ended, and none has begun */
};

enum { RAW_WINDOW = -15, GZIP_WINDOW = 15 + 16 };

static ccodecs_stream *made(int inflates, int gzip, int level) {
  ccodecs_stream *stream = calloc(1, sizeof *stream);
  if (!stream) return NULL;
  stream->inflates = inflates;
  stream->gzip = gzip;
  int window = gzip ? GZIP_WINDOW : RAW_WINDOW;
  int status = inflates ? inflateInit2(&stream->z, window)
                        : deflateInit2(&stream->z, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  if (status == Z_OK) return stream;
  free(stream);
  return NULL;
}

ccodecs_stream *ccodecs_inflate_create(int gzip) { return made(1, gzip, 0); }
ccodecs_stream *ccodecs_deflate_create(int gzip, int level) { return made(0, gzip, level); }

void ccodecs_stream_destroy(ccodecs_stream *stream) {
  if (stream->inflates) inflateEnd(&stream->z);
  else deflateEnd(&stream->z);
  free(stream);
}

static uInt clamped(size_t count) { return count > (1u << 30) ? 1u << 30 : (uInt)count; }

ccodecs_stream_status ccodecs_inflate(
    ccodecs_stream *stream, const uint8_t *bytes, size_t count, size_t *used, uint8_t *out, size_t room, size_t *made) {
  *used = *made = 0;
  z_stream *z = &stream->z;
  while (*made < room) {
    if (stream->between) {
      /* Members of a gzip file follow each other; zeros after the last are padding. */
      while (stream->gzip && *used < count && bytes[*used] == 0) ++*used;
      if (*used == count || !stream->gzip) return CCODECS_STREAM_END;
      if (inflateReset(z) != Z_OK) return CCODECS_STREAM_DAMAGED;
      stream->between = 0;
    }
    z->next_in = (Bytef *)(bytes + *used);
    z->avail_in = clamped(count - *used);
    z->next_out = out + *made;
    z->avail_out = clamped(room - *made);
    uInt in = z->avail_in, free_before = z->avail_out;
    int status = inflate(z, Z_NO_FLUSH);
    *used += in - z->avail_in;
    *made += free_before - z->avail_out;
    if (status == Z_STREAM_END) stream->between = 1;
    else if (status == Z_BUF_ERROR || (status == Z_OK && *used == count)) return CCODECS_STREAM_MORE;
    else if (status == Z_MEM_ERROR) return CCODECS_STREAM_NO_MEMORY;
    else if (status != Z_OK) return CCODECS_STREAM_DAMAGED;
  }
  return stream->between && *used == count ? CCODECS_STREAM_END : CCODECS_STREAM_MORE;
}

ccodecs_stream_status ccodecs_deflate(
    ccodecs_stream *stream, const uint8_t *bytes, size_t count, size_t *used, uint8_t *out, size_t room, size_t *made,
    int finish) {
  z_stream *z = &stream->z;
  z->next_in = (Bytef *)bytes;
  z->avail_in = clamped(count);
  z->next_out = out;
  z->avail_out = clamped(room);
  uInt in = z->avail_in, free_before = z->avail_out;
  int status = deflate(z, finish && in == count ? Z_FINISH : Z_NO_FLUSH);
  *used = in - z->avail_in;
  *made = free_before - z->avail_out;
  if (status == Z_STREAM_END) return CCODECS_STREAM_END;
  return status == Z_OK || status == Z_BUF_ERROR ? CCODECS_STREAM_MORE : CCODECS_STREAM_DAMAGED;
}

uint32_t ccodecs_crc32(uint32_t before, const uint8_t *bytes, size_t count) {
  return libdeflate_crc32(before, bytes, count);
}

uint32_t ccodecs_crc32_combine(uint32_t first, uint32_t second, ptrdiff_t count) {
  return (uint32_t)crc32_combine64(first, second, count);
}
