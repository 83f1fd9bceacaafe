#include "Tiles.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "Support.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ctorch {

namespace {

/// Rows that go through all layers together: their pieces stay in the second-level cache beside a layer's weights.
constexpr int64_t kRows = 128;

bool mayUseTiles() {
  const char *setting = std::getenv("SEARCHLIGHT_TILES");
  if (!haveTileKernels() || (setting != nullptr && std::strcmp(setting, "off") == 0)) { return false; }
#if defined(__x86_64__) && defined(__linux__)
  __builtin_cpu_init();
  const bool hasVectors = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                          __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("fma");
  unsigned a, b, c, d;
  const unsigned hasTiles = 1u << 24, hasProducts = 1u << 22;
  if (!hasVectors || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & hasTiles) == 0 || (d & hasProducts) == 0) {
    return false;
  }
  // Linux hands out the tiles' registers (state component 18) on request, to the whole process.
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

/// Rows of 16 pairs of numbers become columns.
void transposePairs(Tile &tile) {
  uint32_t pairs[kTileRows][kTileRows];
  static_assert(sizeof pairs == sizeof tile);
  std::memcpy(pairs, &tile, sizeof tile);
  for (int64_t i = 0; i < kTileRows; ++i) {
    for (int64_t j = 0; j < i; ++j) { std::swap(pairs[i][j], pairs[j][i]); }
  }
  std::memcpy(&tile, pairs, sizeof tile);
}

}  // namespace

bool TiledNetwork::isSupported() {
  static const bool supported = mayUseTiles();
  return supported;
}

void TiledNetwork::append(const float *weight, const float *bias, int64_t out, int64_t in, const ActivationPass &pass) {
  const int64_t steps = blocks(in, kTileColumns), pairs = blocks(out, 2 * kTileRows);
  std::vector<Tile> tiles(static_cast<size_t>(2 * pairs * steps * kPieces));
  splitToTiles(weight, out, in, tiles.data());
  std::for_each(tiles.begin(), tiles.end(), transposePairs);
  weights.push_back(std::move(tiles));
  biases.emplace_back(static_cast<size_t>(pairs * kTileColumns));
  std::copy_n(bias, out, biases.back().begin());
  layers.push_back({in, out, steps, pairs, pass, weights.back().data(), biases.back().data()});
}

void TiledNetwork::outputs(const float *features, int64_t events, float *outputs) const {
  int64_t widest = 0;
  for (const TileLayer &layer : layers) { widest = std::max(widest, layer.steps); }
  const int64_t in = layers[0].in, out = layers.back().out, count = blocks(events, kRows);
  std::atomic<int64_t> next{0};
  parallel(std::min<int64_t>(count, at::get_num_threads()), [&](int64_t) {
    const int64_t tiles = kRows / kTileRows * widest * kPieces;
    std::vector<Tile> here(static_cast<size_t>(tiles)), there(here);
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      const int64_t at = i * kRows;
      tiledOutputs(layers.data(), static_cast<int64_t>(layers.size()), features + at * in,
                   std::min(kRows, events - at), here.data(), there.data(), outputs + at * out);
    }
  });
}

}  // namespace ctorch
