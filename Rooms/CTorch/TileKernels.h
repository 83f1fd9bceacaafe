// The loops of TiledNetwork. They are compiled for processors with tiles (rules.mk) and called on no other: plain buffers
// and nothing of the standard library, whose functions a linker may take from any object for all.
#pragma once
#include <cstdint>

#include "Elementwise.h"

namespace ctorch {

constexpr int64_t kTileRows = 16, kTileColumns = 32, kPieces = 3;

/// What a tile register holds: 16 rows of 32 bfloat16. A matrix is tiles [of 16 rows][of 32 columns][piece].
struct alignas(64) Tile {
  uint16_t numbers[kTileRows * kTileColumns];
};

struct TileLayer {
  int64_t in, out;
  /// Tiles along the inputs, and pairs of tiles along the outputs. Both are 32 wide: what comes out of a pair is one
  /// tile of the next layer's inputs.
  int64_t steps, pairs;
  ActivationPass pass;
  /// [tile of 16 outputs][step][piece], in a tile [pair of inputs][output][2], zero beyond the inputs and outputs.
  const Tile *weight;
  /// [32 · pairs], zero beyond the outputs.
  const float *bias;
};

/// Whether tiled loops were compiled: on x86-64.
bool haveTileKernels();

/// Row-major values [rows, columns] as tiles of their three pieces, zero beyond the columns. Rows after the last stay.
void splitToTiles(const float *values, int64_t rows, int64_t columns, Tile *tiles);

/// Row-major features [rows, in] to row-major outputs [rows, out of the last layer]. `here` and `there` hold the pieces of
/// the rows, rounded up to 32, in the widest layer.
void tiledOutputs(const TileLayer *layers, int64_t count, const float *features, int64_t rows, Tile *here, Tile *there,
                  float *outputs);

}  // namespace ctorch
