// What the resident step puts into a device's memory for its kernels (DeviceKernels.cu).
#pragma once
#include "Elementwise.h"

namespace ctorch {

/// Where a run over batches stands: batch `batch` of the run takes the rows from `batch · size` of the order.
struct RunPlace {
  uint64_t firstStep;
  int64_t batch, size;
};

/// One parameter with all that its update touches. The gradient of a bias is the sum of `chunks` partial sums.
struct Segment {
  float *parameter, *m, *v;
  const float *gradient;
  int64_t count, chunks;
  float l1, l2;
};

/// The elements that one block of threads updates.
struct Piece {
  int32_t segment;
  int64_t begin;
};

/// Targets and weights of all rows.
struct RowTargets {
  const float *targets, *weights;
  const int32_t *order;
};

constexpr int64_t kBlockThreads = 128;
constexpr int64_t kPieceElements = 512;
/// Threads that add up the squares of one segment, and the most that add up losses.
constexpr int64_t kSquareLanes = 1024;
constexpr int64_t kLossLanes = 2048;
/// Threads of one row of a mask's group, each with eight of its 128 numbers.
constexpr int64_t kGroupLanes = 16;
/// Rows of one thread of an answer.
constexpr int64_t kInferRows = 8;

}  // namespace ctorch
