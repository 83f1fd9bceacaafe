import Records

/// What LibTorch, or the room around it, refused.
public enum TensorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// An operation failed: which one, on tensors of which shapes, and LibTorch's reason.
  case failed(operation: String, shapes: [[Int]], reason: String)
  case outOfMemory(operation: String, shapes: [[Int]], reason: String)
  /// A buffer whose length is not the product of the shape.
  case countMismatch(shape: [Int], expected: Int, found: Int)
  /// A gradient that was never computed.
  case noGradient(shape: [Int])
  /// LibTorch's own version of something this code does not know.
  case unknownType(shape: [Int])
  /// A device that is not there, those that are, and why.
  case noDevice(device: Device, found: [Device], reason: String)
  case unknownDevice(word: String)

  public var description: String {
    switch self {
    case .failed(let operation, let shapes, let reason):
      "\(operation)\(TensorError.listed(shapes)) failed: \(reason)"
    case .outOfMemory(let operation, let shapes, let reason):
      "\(operation)\(TensorError.listed(shapes)) needs more memory than there is: \(reason)"
    case .countMismatch(let shape, let expected, let found):
      "a tensor of shape \(shape) needs \(expected) values, got \(found)"
    case .noGradient(let shape):
      "the tensor of shape \(shape) has no gradient: it needs requiresGradient and a backward pass through it"
    case .unknownType(let shape):
      "the tensor of shape \(shape) has an element type that is not float32, float64, int64 or bool"
    case .noDevice(let device, let found, let reason):
      "there is no device \(device), only \(found.map(\.description).joined(separator: ", "))"
        + (reason.isEmpty ? "" : ": \(reason)")
        + "; CUDA needs an NVIDIA driver and LIBTORCH=…/site-packages/torch of a Python with torch 2.11.0 for CUDA"
    case .unknownDevice(let word): "no device '\(word)': there are cpu, cuda and cuda:N"
    }
  }

  private static func listed(_ shapes: [[Int]]) -> String {
    shapes.isEmpty
      ? "" : " of shape" + (shapes.count > 1 ? "s " : " ") + shapes.map(\.description).joined(separator: " and ")
  }
}
