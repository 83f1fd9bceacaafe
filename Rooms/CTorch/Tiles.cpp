#include "Tiles.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "Support.h"

#if defined(__x86_64__) && defined(__linux__)
#define CTORCH_TILES 1
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ctorch {

namespace {

constexpr int64_t kPieces = 3, kTileRows = 16, kTileDepth = 32, kTileElements = kTileRows * kTileDepth;
/// Rows that go through all layers together: their numbers stay in the second-level cache beside a layer's weights.
constexpr int64_t kBlockRows = 128;

int64_t rounded(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

#ifdef CTORCH_TILES

bool mayUseTiles() {
  const char *setting = std::getenv("SEARCHLIGHT_TILES");
  if (setting != nullptr && std::strcmp(setting, "off") == 0) { return false; }
  unsigned a, b, c, d;
  const unsigned hasTiles = 1u << 24, hasProducts = 1u << 22;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & hasTiles) == 0 || (d & hasProducts) == 0) { return false; }
  // Linux hands out the tiles' registers (state component 18) on request, to the whole process.
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

struct alignas(64) TileShapes {
  uint8_t palette = 1, startRow = 0, reserved[14] = {};
  uint16_t rowBytes[16] = {};
  uint8_t rows[16] = {};
};

// sums [rows, outputs] = Σ over pieces i + j < 3 of xᵢ wⱼᵀ. Rows and outputs are multiples of 32, depth of 32. Tiles 0 to 3
// hold 32 × 32 sums, 4 and 5 rows of x, 6 and 7 outputs of w; the smallest products come first.
#define CTORCH_LOAD_X(piece) \
  _tile_loadd(4, x0 + (piece) * xPlane, xBytes); \
  _tile_loadd(5, x1 + (piece) * xPlane, xBytes)
#define CTORCH_LOAD_W(piece) \
  _tile_loadd(6, w0 + (piece) * wPlane, 64); \
  _tile_loadd(7, w1 + (piece) * wPlane, 64)
#define CTORCH_MULTIPLY() \
  _tile_dpbf16ps(0, 4, 6); \
  _tile_dpbf16ps(1, 4, 7); \
  _tile_dpbf16ps(2, 5, 6); \
  _tile_dpbf16ps(3, 5, 7)
__attribute__((target("amx-tile,amx-bf16"))) void products(const uint16_t *x, int64_t rows, int64_t depth,
                                                           const uint16_t *w, int64_t outputs, float *sums) {
  TileShapes shapes;
  for (int tile = 0; tile < 8; ++tile) {
    shapes.rowBytes[tile] = 64;
    shapes.rows[tile] = kTileRows;
  }
  _tile_loadconfig(&shapes);
  const int64_t steps = depth / kTileDepth, wPlane = steps * kTileElements, xPlane = kBlockRows * depth;
  const int64_t xBytes = depth * 2, sumBytes = outputs * 4;
  for (int64_t n = 0; n < outputs; n += 2 * kTileRows) {
    for (int64_t r = 0; r < rows; r += 2 * kTileRows) {
      const uint16_t *x0 = x + r * depth, *x1 = x0 + kTileRows * depth;
      const uint16_t *w0 = w + n / kTileRows * kPieces * wPlane, *w1 = w0 + kPieces * wPlane;
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
        CTORCH_LOAD_X(0);
        CTORCH_MULTIPLY();
        CTORCH_LOAD_W(1);
        CTORCH_MULTIPLY();
        CTORCH_LOAD_X(1);
        CTORCH_MULTIPLY();
        CTORCH_LOAD_X(0);
        CTORCH_LOAD_W(2);
        CTORCH_MULTIPLY();
        x0 += kTileDepth;
        x1 += kTileDepth;
        w0 += kTileElements;
        w1 += kTileElements;
      }
      float *upper = sums + r * outputs + n, *lower = upper + kTileRows * outputs;
      _tile_stored(0, upper, sumBytes);
      _tile_stored(1, upper + kTileRows, sumBytes);
      _tile_stored(2, lower, sumBytes);
      _tile_stored(3, lower + kTileRows, sumBytes);
    }
  }
  _tile_release();
}

#else

bool mayUseTiles() { return false; }
void products(const uint16_t *, int64_t, int64_t, const uint16_t *, int64_t, float *) {}

#endif

}  // namespace

bool TiledNetwork::isSupported() {
  static const bool supported = mayUseTiles();
  return supported;
}

void TiledNetwork::append(const float *weight, const float *bias, int64_t out, int64_t in, const ActivationPass &pass) {
  Layer layer{in, out, rounded(in, kTileDepth), rounded(out, 2 * kTileRows), pass, {}, {}};
  layer.bias.assign(static_cast<size_t>(layer.paddedOut), 0.0f);
  std::copy_n(bias, out, layer.bias.begin());
  layer.weight.assign(static_cast<size_t>(kPieces * layer.paddedIn * layer.paddedOut), 0);
  const int64_t steps = layer.paddedIn / kTileDepth;
  std::vector<uint16_t> pieces(static_cast<size_t>(kPieces * layer.paddedIn));
  for (int64_t n = 0; n < out; ++n) {
    kernels().split(1, in, in, layer.paddedIn, layer.paddedIn, weight + n * in, pieces.data());
    for (int64_t p = 0; p < kPieces; ++p) {
      for (int64_t k = 0; k < layer.paddedIn; ++k) {
        const int64_t tile = (n / kTileRows * kPieces + p) * steps + k / kTileDepth;
        const int64_t place = k % kTileDepth / 2 * kTileDepth + n % kTileRows * 2 + k % 2;
        layer.weight[tile * kTileElements + place] = pieces[p * layer.paddedIn + k];
      }
    }
  }
  layers.push_back(std::move(layer));
}

void TiledNetwork::block(const float *features, int64_t count, Scratch &scratch, float *outputs) const {
  const int64_t rows = rounded(count, 2 * kTileRows);
  const float *values = features;
  int64_t stride = layers[0].in;
  for (const Layer &layer : layers) {
    uint16_t *pieces = scratch.pieces.data();
    kernels().split(count, layer.in, stride, layer.paddedIn, kBlockRows * layer.paddedIn, values, pieces);
    float *sums = scratch.sums.data();
    products(pieces, rows, layer.paddedIn, layer.weight.data(), layer.paddedOut, sums);
    kernels().infer(layer.pass, 0, count, layer.paddedOut, layer.bias.data(), sums);
    values = sums;
    stride = layer.paddedOut;
  }
  const int64_t width = layers.back().out;
  for (int64_t r = 0; r < count; ++r) { std::copy_n(values + r * stride, width, outputs + r * width); }
}

void TiledNetwork::outputs(const float *features, int64_t events, float *outputs) const {
  int64_t widestIn = 0, widestOut = 0;
  for (const Layer &layer : layers) {
    widestIn = std::max(widestIn, layer.paddedIn);
    widestOut = std::max(widestOut, layer.paddedOut);
  }
  const int64_t in = layers[0].in, out = layers.back().out, count = blocks(events, kBlockRows);
  std::atomic<int64_t> next{0};
  parallel(std::min<int64_t>(count, at::get_num_threads()), [&](int64_t) {
    Scratch scratch{std::vector<uint16_t>(static_cast<size_t>(kPieces * kBlockRows * widestIn)),
                    std::vector<float>(static_cast<size_t>(kBlockRows * widestOut))};
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      const int64_t at = i * kBlockRows;
      block(features + at * in, std::min(kBlockRows, events - at), scratch, outputs + at * out);
    }
  });
}

}  // namespace ctorch
