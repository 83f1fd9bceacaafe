internal import CLAPACK

/// Eigenvalues and eigenvectors of symmetric matrices, by LAPACK.
public enum SymmetricEigen {
  /// Decomposes a symmetric matrix (row-major, lower triangle read).
  /// - Returns: eigenvalues, falling, and orthonormal eigenvectors, one a row of a row-major matrix.
  public static func decompose(_ matrix: [Double], order n: Int) -> (values: [Double], vectors: [Double]) {
    precondition(matrix.count == n * n, "a matrix of order \(n) has \(n * n) elements, got \(matrix.count)")
    var work = matrix, values = [Double](repeating: 0, count: n)
    let status = clapack_symmetric_eigen(&work, Int32(n), &values)
    precondition(status == 0, "LAPACK did not decompose a matrix of order \(n) (\(status)): is it finite?")
    // LAPACK's columns of a column-major matrix are rows here, in rising order.
    let rising = (0..<n).map { Array(work[$0 * n..<($0 + 1) * n]) }
    return (values.reversed(), rising.reversed().flatMap { $0 })
  }
}
