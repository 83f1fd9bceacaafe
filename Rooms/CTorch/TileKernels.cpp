#include "TileKernels.h"

#ifdef __AMX_BF16__
#include <immintrin.h>

namespace ctorch {
namespace {

/// 32 × 32 sums on their way to the next layer's tiles or, in the last layer, to the outputs.
constexpr int64_t kBlockRows = 2 * kTileRows;
struct alignas(64) Block {
  float sums[kBlockRows][kTileColumns];
  int64_t finished = kBlockRows;
  const float *bias = nullptr;
  /// The tile of the first 16 rows, and how far on that of the others is; null in the last layer.
  Tile *next = nullptr;
  int64_t nextRows = 0;
  float *outputs = nullptr;
  int64_t rows = 0, columns = 0, stride = 0;
};

// Rounding to bfloat16 leaves a rest that is the next piece's number, exactly.
inline void split(__m512 low, __m512 high, Tile *pieces, int64_t row) {
  for (int64_t p = 0; p < kPieces; ++p) {
    const __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
    _mm512_store_si512(pieces[p].numbers + row * kTileColumns, both);
    const auto widened = [](__m256i half) {
      return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
    };
    low -= widened(_mm512_castsi512_si256(both));
    high -= widened(_mm512_extracti64x4_epi64(both, 1));
  }
}

template <Activation kind>
inline __m512 activated(__m512 z, float parameter) {
  float lanes[16];
  memcpy(lanes, &z, sizeof lanes);
  for (float &lane : lanes) { lane = activate<kind>(lane, parameter).value; }
  memcpy(&z, lanes, sizeof lanes);
  return z;
}

inline __mmask16 laneMask(int64_t count) { return count >= 16 ? 0xFFFF : count > 0 ? (1u << count) - 1 : 0; }

/// The next rows, at most `share` of them.
template <Activation kind>
inline void finish(Block &block, float parameter, int64_t share) {
  const int64_t begin = block.finished, end = begin + share < kBlockRows ? begin + share : kBlockRows;
  block.finished = end;
  for (int64_t row = begin; row < end; ++row) {
    const __m512 low = _mm512_load_ps(block.sums[row]) + _mm512_loadu_ps(block.bias);
    const __m512 high = _mm512_load_ps(block.sums[row] + 16) + _mm512_loadu_ps(block.bias + 16);
    const __m512 left = activated<kind>(low, parameter), right = activated<kind>(high, parameter);
    if (block.next != nullptr) {
      split(left, right, block.next + row / kTileRows * block.nextRows, row % kTileRows);
    } else if (row < block.rows) {
      float *to = block.outputs + row * block.stride;
      _mm512_mask_storeu_ps(to, laneMask(block.columns), left);
      _mm512_mask_storeu_ps(to + 16, laneMask(block.columns - 16), right);
    }
  }
}

// Tiles 0 to 3 hold 32 × 32 sums, 4 and 5 rows of x, 6 and 7 outputs of w. Of the nine products of pieces the six largest
// are added up, the largest last; in this order each piece that was loaded meets its partners while it is there.
//
// Meanwhile the vectors finish the block before, a few rows at a time: the queue of what waits for the ports has room for
// about a hundred instructions, and behind a long row of products no vector instruction gets in.
#define CTORCH_LOAD_X(piece) \
  _tile_loadd(4, upper + (piece), 64); \
  _tile_loadd(5, lower + (piece), 64)
#define CTORCH_LOAD_W(piece) \
  _tile_loadd(6, left + (piece), 64); \
  _tile_loadd(7, right + (piece), 64)
#define CTORCH_MULTIPLY() \
  _tile_dpbf16ps(0, 4, 6); \
  _tile_dpbf16ps(1, 4, 7); \
  _tile_dpbf16ps(2, 5, 6); \
  _tile_dpbf16ps(3, 5, 7)
template <Activation kind>
void passLayer(const TileLayer &layer, const Tile *x, int64_t rows, Tile *next, float *outputs) {
  const int64_t steps = layer.steps, plane = steps * kPieces, share = (kBlockRows + 3 * steps - 1) / (3 * steps);
  const float parameter = layer.pass.parameter;
  Block blocks[2];
  Block *block = blocks, *before = blocks + 1;
  for (int64_t n = 0; n < layer.pairs; ++n) {
    for (int64_t r = 0; r < rows; r += kBlockRows) {
      const Tile *upper = x + r / kTileRows * plane, *lower = upper + plane;
      const Tile *left = layer.weight + 2 * n * plane, *right = left + plane;
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      for (int64_t step = 0; step < steps; ++step) {
        CTORCH_LOAD_X(2);
        CTORCH_LOAD_W(0);
        CTORCH_MULTIPLY();
        CTORCH_LOAD_X(1);
        CTORCH_MULTIPLY();
        finish<kind>(*before, parameter, share);
        CTORCH_LOAD_W(1);
        CTORCH_MULTIPLY();
        CTORCH_LOAD_X(0);
        CTORCH_MULTIPLY();
        finish<kind>(*before, parameter, share);
        CTORCH_LOAD_W(2);
        CTORCH_MULTIPLY();
        CTORCH_LOAD_W(0);
        CTORCH_MULTIPLY();
        finish<kind>(*before, parameter, share);
        upper += kPieces;
        lower += kPieces;
        left += kPieces;
        right += kPieces;
      }
      _tile_stored(0, block->sums[0], sizeof block->sums[0]);
      _tile_stored(1, block->sums[0] + 16, sizeof block->sums[0]);
      _tile_stored(2, block->sums[kTileRows], sizeof block->sums[0]);
      _tile_stored(3, block->sums[kTileRows] + 16, sizeof block->sums[0]);
      block->finished = 0;
      block->bias = layer.bias + n * kTileColumns;
      block->nextRows = layer.pairs * kPieces;
      block->next = next == nullptr ? nullptr : next + r / kTileRows * block->nextRows + n * kPieces;
      block->outputs = outputs + r * layer.out + n * kTileColumns;
      block->rows = rows - r;
      block->columns = layer.out - n * kTileColumns;
      block->stride = layer.out;
      Block *const done = block;
      block = before;
      before = done;
    }
  }
  finish<kind>(*before, parameter, kBlockRows);
}

void passLayer(const TileLayer &layer, const Tile *x, int64_t rows, Tile *next, float *outputs) {
  switch (layer.pass.activation) {
    case selu: return passLayer<selu>(layer, x, rows, next, outputs);
    case relu: return passLayer<relu>(layer, x, rows, next, outputs);
    case leakyRelu: return passLayer<leakyRelu>(layer, x, rows, next, outputs);
    case elu: return passLayer<elu>(layer, x, rows, next, outputs);
    case sigmoid: return passLayer<sigmoid>(layer, x, rows, next, outputs);
    case tangent: return passLayer<tangent>(layer, x, rows, next, outputs);
    case silu: return passLayer<silu>(layer, x, rows, next, outputs);
    default: return passLayer<identity>(layer, x, rows, next, outputs);
  }
}

struct alignas(64) TileShapes {
  uint8_t palette = 1, startRow = 0, reserved[14] = {};
  uint16_t rowBytes[16] = {};
  uint8_t rows[16] = {};
};

}  // namespace

bool haveTileKernels() { return true; }

void splitToTiles(const float *values, int64_t rows, int64_t columns, Tile *tiles) {
  const int64_t steps = (columns + kTileColumns - 1) / kTileColumns;
  for (int64_t row = 0; row < rows; ++row) {
    Tile *line = tiles + row / kTileRows * steps * kPieces;
    for (int64_t start = 0; start < columns; start += kTileColumns, line += kPieces) {
      const float *from = values + row * columns + start;
      const __m512 low = _mm512_maskz_loadu_ps(laneMask(columns - start), from);
      const __m512 high = _mm512_maskz_loadu_ps(laneMask(columns - start - 16), from + 16);
      split(low, high, line, row % kTileRows);
    }
  }
}

void tiledOutputs(const TileLayer *layers, int64_t count, const float *features, int64_t rows, Tile *here, Tile *there,
                  float *outputs) {
  TileShapes shapes;
  for (int tile = 0; tile < 8; ++tile) {
    shapes.rowBytes[tile] = sizeof(Tile) / kTileRows;
    shapes.rows[tile] = kTileRows;
  }
  _tile_loadconfig(&shapes);
  splitToTiles(features, rows, layers[0].in, here);
  for (int64_t i = 0; i < count; ++i) {
    passLayer(layers[i], here, rows, i + 1 < count ? there : nullptr, outputs);
    Tile *const done = here;
    here = there;
    there = done;
  }
  _tile_release();
}

}  // namespace ctorch

#else

namespace ctorch {
bool haveTileKernels() { return false; }
void splitToTiles(const float *, int64_t, int64_t, Tile *) {}
void tiledOutputs(const TileLayer *, int64_t, const float *, int64_t, Tile *, Tile *, float *) {}
}  // namespace ctorch

#endif
