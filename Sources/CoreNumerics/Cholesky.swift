internal import CLAPACK

/// Cholesky factors of symmetric positive definite matrices, row-major, of which only the lower triangle is read.
public enum Cholesky {
  /// Up to this order a plain loop is faster than the library's call.
  static let plainOrder = 48

  /// A = L Lᵀ in place of the lower triangle. Returns false, with the matrix spoilt, unless A is positive definite.
  public static func factor(_ matrix: UnsafeMutablePointer<Double>, order n: Int) -> Bool {
    if n > plainOrder { return clapack_cholesky(matrix, Int32(n)) == 0 }
    for i in 0..<n {
      let row = matrix + i * n
      for j in 0...i {
        let other = matrix + j * n
        var sum = row[j]
        for k in 0..<j { sum -= row[k] * other[k] }
        if i == j {
          guard sum > 0, sum.isFinite else { return false }
          row[i] = sum.squareRoot()
        } else {
          row[j] = sum / other[j]
        }
      }
    }
    return true
  }

  /// Solves L Lᵀ x = b in place of `right`.
  public static func solve(_ factor: UnsafePointer<Double>, order n: Int, _ right: UnsafeMutablePointer<Double>) {
    if n > plainOrder {
      let status = clapack_cholesky_solve(factor, Int32(n), right)
      precondition(status == 0, "LAPACK refused argument \(-status) of a solution of order \(n)")
      return
    }
    for i in 0..<n {
      var sum = right[i]
      for k in 0..<i { sum -= factor[i * n + k] * right[k] }
      right[i] = sum / factor[i * n + i]
    }
    for i in stride(from: n - 1, through: 0, by: -1) {
      var sum = right[i]
      for k in (i + 1)..<max(n, i + 1) { sum -= factor[k * n + i] * right[k] }
      right[i] = sum / factor[i * n + i]
    }
  }

  /// The inverse of a positive definite matrix (row-major, lower triangle read), or `nil` if it is not.
  public static func inverse(of matrix: [Double], order n: Int) -> [Double]? {
    precondition(matrix.count == n * n, "a matrix of order \(n) has \(n * n) elements, got \(matrix.count)")
    var work = matrix
    let definite = work.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { factor($0, order: n) } ?? true
    }
    return definite ? inverse(ofFactored: work, order: n) : nil
  }

  /// A⁻¹ from the factor L of A = L Lᵀ, row-major.
  public static func inverse(ofFactored factor: [Double], order n: Int) -> [Double] {
    var result = [Double](repeating: 0, count: n * n)
    for column in 0..<n {
      result[column * n + column] = 1
      factor.withUnsafeBufferPointer { lower in
        result.withUnsafeMutableBufferPointer { columns in
          if let l = lower.baseAddress, let c = columns.baseAddress { solve(l, order: n, c + column * n) }
        }
      }
    }
    return result
  }
}
