// Outputs of a chain of dense layers by the matrix tiles of processors that have them (Intel's AMX, for bfloat16).
//
// Goals, in this order: (1) the accuracy of float32: each number is the sum of three of eight significant bits, x = x₁ +
// x₂ + x₃, and of the nine products of pieces the six largest are added up in float32; what is left out is below 2⁻²³ of a
// product; (2) results that depend neither on the number of threads nor on the rows beside a row; (3) speed: six products
// at sixteen times the rate of float32. Not attempted: infinities (they become NaN), training.
#pragma once
#include <cstdint>
#include <vector>

#include "TileKernels.h"

namespace ctorch {

class TiledNetwork {
 public:
  TiledNetwork() = default;
  TiledNetwork(const TiledNetwork &) = delete;

  /// Whether this processor has tiles and the system lets the process use them; SEARCHLIGHT_TILES=off says no.
  static bool isSupported();

  /// The next layer, with its own copy of weight [out, in] and bias [out].
  void append(const float *weight, const float *bias, int64_t out, int64_t in, const ActivationPass &pass);

  /// Row-major [events, in] to row-major [events, out of the last layer], on all threads.
  void outputs(const float *features, int64_t events, float *outputs) const;

 private:
  std::vector<TileLayer> layers;
  /// What the layers point to.
  std::vector<std::vector<Tile>> weights;
  std::vector<std::vector<float>> biases;
};

}  // namespace ctorch
