import Foundation

/// A constant of a graph: shape and row-major elements, whatever its type in the file.
struct TensorValues: Hashable, Sendable {
  var shape: [Int]
  var values: [Double]

  /// Row-major [columns, rows] of [rows, columns].
  var transposed: TensorValues? {
    guard shape.count == 2 else { return shape.count < 2 ? self : nil }
    let (rows, columns) = (shape[0], shape[1])
    return TensorValues(
      shape: [columns, rows], values: (0..<rows * columns).map { values[$0 % rows * columns + $0 / rows] })
  }

  /// Whether no axis but the last is longer than 1: a number, or a number a column.
  var isRow: Bool { shape.dropLast().allSatisfy { $0 == 1 } && !values.isEmpty }

  /// What is wrong with a tensor.
  struct Problem: Error { var text: String }

  /// - Parameter folder: where files of external data lie.
  init(_ tensor: Onnx_TensorProto, folder: URL?) throws {
    var count = 1
    for length in tensor.dims {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: Int(length))
      guard length >= 0, !isTooLarge, product < 1 << 40 else { throw Problem(text: "its shape is \(tensor.dims)") }
      count = product
    }
    shape = tensor.dims.map(Int.init)
    let bytes = tensor.dataLocation == 1 ? try Self.external(tensor, folder) : tensor.rawData
    switch tensor.dataType {
    case 1:
      values = bytes.isEmpty ? tensor.floatData.map(Double.init) : try Self.numbers(bytes, Float.self, Double.init)
    case 11: values = bytes.isEmpty ? tensor.doubleData : try Self.numbers(bytes, Double.self) { $0 }
    case 7:
      values = bytes.isEmpty ? tensor.int64Data.map(Double.init) : try Self.numbers(bytes, Int64.self, Double.init)
    case 6:
      values = bytes.isEmpty ? tensor.int32Data.map(Double.init) : try Self.numbers(bytes, Int32.self, Double.init)
    case 9:
      values = bytes.isEmpty ? tensor.int32Data.map(Double.init) : try Self.numbers(bytes, UInt8.self, Double.init)
    default:
      throw Problem(
        text: "its elements are of type \(tensor.dataType); read are float32 (1), int32 (6), int64 (7), bool (9) and "
          + "float64 (11)")
    }
    guard values.count == count else {
      throw Problem(text: "it has \(values.count) values for the shape \(shape): the file is damaged")
    }
  }

  init(shape: [Int], values: [Double]) {
    self.shape = shape
    self.values = values
  }

  private static func numbers<Number>(
    _ bytes: Data, _ type: Number.Type, _ convert: (Number) -> Double
  ) throws -> [Double] {
    let size = MemoryLayout<Number>.size
    guard bytes.count % size == 0 else { throw Problem(text: "it has \(bytes.count) bytes, no multiple of \(size)") }
    return bytes.withUnsafeBytes { raw in
      (0..<bytes.count / size).map { convert(raw.loadUnaligned(fromByteOffset: $0 * size, as: Number.self)) }
    }
  }

  /// Values that stand in another file beside the model, as exporters write large ones.
  private static func external(_ tensor: Onnx_TensorProto, _ folder: URL?) throws -> Data {
    let entries = Dictionary(tensor.externalData.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    guard let name = entries["location"], !name.isEmpty, let folder else {
      throw Problem(text: "its values are in another file that is not named")
    }
    guard !name.contains("/"), name != ".." else {
      throw Problem(text: "its values are in '\(name)'; only files beside the model are read")
    }
    let url = folder.appendingPathComponent(name)
    guard let handle = try? FileHandle(forReadingFrom: url) else {
      throw Problem(text: "its values are in '\(name)', which is not beside the model")
    }
    defer { try? handle.close() }
    let offset = UInt64(entries["offset"] ?? "0"), length = entries["length"].map { Int($0) ?? -1 }
    guard let offset, (try? handle.seek(toOffset: offset)) != nil, length ?? 0 >= 0,
      let bytes = try? length.map({ try handle.read(upToCount: $0) ?? Data() }) ?? handle.readToEnd() ?? Data(),
      bytes.count == length ?? bytes.count
    else { throw Problem(text: "'\(name)' is shorter than the model says") }
    return bytes
  }
}
