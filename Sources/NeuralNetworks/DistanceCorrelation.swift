import Tensors

extension Tensor {
  /// The squared distance correlation of two variables (Székely, Rizzo and Bakirov, Ann. Statist. 35 (2007) 2769) over weighted
  /// rows, as a penalty that keeps a score from following a mass (Kasieczka and Shih, arXiv:2001.05310):
  /// `dCov²(x, y) / √(dVar²(x) dVar²(y))` with `dCov² = Σ p_i p_j A_ij B_ij`, p being the weights over their sum, A and B the
  /// matrices of distances less their weighted row, column and overall means. 0 where a variable is constant.
  ///
  /// - Parameters: x (this tensor), y and weights: [rows]. O(rows²) in time and memory.
  @TorchActor
  public func squaredDistanceCorrelation(with other: Tensor, weights: Tensor) throws -> Tensor {
    let p = try weights / weights.sum()
    let rows = p.shape[0]
    let (row, column) = (try p.reshaped([1, rows]), try p.reshaped([rows, 1]))
    @TorchActor func centred(_ x: Tensor) throws -> Tensor {
      let distances = try (x.reshaped([rows, 1]) - x.reshaped([1, rows])).magnitude()
      let means = try (distances * row).sum(axes: [1], keepingAxes: true)
      let mean = try (means * column).sum()
      return try distances - means - means.transposed() + mean
    }
    let (a, b) = (try centred(self), try centred(other))
    let pairs = try row * column
    @TorchActor func product(_ a: Tensor, _ b: Tensor) throws -> Tensor { try (a * b * pairs).sum() }
    // The small number keeps a constant variable from dividing by zero.
    return try product(a, b) / (product(a, a) * product(b, b) + 1e-30).squareRoot()
  }
}
