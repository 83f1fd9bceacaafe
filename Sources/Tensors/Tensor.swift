internal import CTorch

/// The type of a tensor's elements.
public enum ElementType: Int32, Hashable, Sendable {
  case float32 = 0
  case float64 = 1
  case int64 = 2
  case bool = 3
}

/// An n-dimensional array of LibTorch, owned by one Swift object. Row-major; axes count from 0.
///
/// Every use is on LibTorch's thread (``TorchActor``); a tensor released elsewhere is freed there.
@TorchActor
public final class Tensor {
  let handle: OpaquePointer
  let api: UnsafePointer<CTorchTable>

  init(owning handle: OpaquePointer, _ api: UnsafePointer<CTorchTable>) {
    self.handle = handle
    self.api = api
  }

  isolated deinit { api.pointee.release(handle) }

  // MARK: Description

  /// Extents of the axes; empty for a scalar.
  public var shape: [Int] {
    (0..<api.pointee.rank(handle)).map { Int(api.pointee.extent(handle, $0)) }
  }

  public var count: Int { shape.reduce(1, *) }

  public var device: Device { Device(index: api.pointee.device(handle)) }

  /// - Throws: ``TensorError/unknownType(shape:)`` for types this module does not know.
  public var elementType: ElementType {
    get throws {
      guard let type = ElementType(rawValue: api.pointee.type(handle)) else {
        throw TensorError.unknownType(shape: shape)
      }
      return type
    }
  }

  // MARK: Making

  /// Copies `values` (row-major) into a tensor of `shape`.
  public convenience init(_ values: [Float], shape: [Int], device: Device = .cpu) throws {
    try self.init(copying: values, .float32, shape, device)
  }

  public convenience init(_ values: [Double], shape: [Int], device: Device = .cpu) throws {
    try self.init(copying: values, .float64, shape, device)
  }

  public convenience init(_ values: [Int64], shape: [Int], device: Device = .cpu) throws {
    try self.init(copying: values, .int64, shape, device)
  }

  private convenience init<Element: BitwiseCopyable>(
    copying values: [Element], _ type: ElementType, _ shape: [Int], _ device: Device
  ) throws {
    let expected = shape.reduce(1, *)
    guard expected == values.count, shape.allSatisfy({ $0 >= 0 }) else {
      throw TensorError.countMismatch(shape: shape, expected: expected, found: values.count)
    }
    let made = try Tensor.make("tensor from a buffer", [shape]) { api, out in
      values.withUnsafeBytes { bytes in
        // An empty array may have no base address; LibTorch then reads nothing.
        withUnsafePointer(to: 0 as Int64) { nowhere in
          api.from_buffer(
            bytes.baseAddress ?? UnsafeRawPointer(nowhere), type.rawValue, shape.map(Int64.init), Int32(shape.count),
            device.index, out)
        }
      }
    }
    self.init(owning: made.handle, made.api)
  }

  /// A tensor whose elements are all `value`.
  public static func full(
    _ value: Double, shape: [Int], type: ElementType = .float32, device: Device = .cpu
  ) throws -> Tensor {
    try new("full", [shape]) { api, out in
      api.full(value, type.rawValue, shape.map(Int64.init), Int32(shape.count), device.index, out)
    }
  }

  public static func zeros(shape: [Int], type: ElementType = .float32, device: Device = .cpu) throws -> Tensor {
    try full(0, shape: shape, type: type, device: device)
  }

  /// A mask of zeros (dropped) and ones (kept) from our own random bits, float32, shape [rows, columns].
  ///
  /// The bits are Philox4x32-10 words under `key` at counter (element block, `step`), sixteen for each element, which
  /// is dropped where they are below `threshold` (of 65536). They depend on nothing else: not on threads, not on the
  /// device, not on what was drawn before.
  public static func keepMask(
    rows: Int, columns: Int, threshold: UInt32, key: UInt64, step: UInt64, device: Device = .cpu
  ) throws -> Tensor {
    try new("keep mask", [[rows, columns]]) { api, out in
      api.keep_mask(key, step, threshold, Int64(rows), Int64(columns), device.index, out)
    }
  }

  /// The tensor on another device or of another type; itself where nothing changes.
  public func converted(to type: ElementType? = nil, device: Device? = nil) throws -> Tensor {
    let type = try type ?? elementType
    return try derive("conversion") { $0.convert(handle, type.rawValue, (device ?? self.device).index, $1) }
  }

  // MARK: Reading

  /// The elements, row-major, converted to `Float`.
  public func floats() throws -> [Float] { try elements(.float32, of: Float.self) }

  public func doubles() throws -> [Double] { try elements(.float64, of: Double.self) }

  public func integers() throws -> [Int64] { try elements(.int64, of: Int64.self) }

  /// The one element of a tensor of one element.
  public func item() throws -> Double {
    let values = try doubles()
    guard values.count == 1 else {
      throw TensorError.countMismatch(shape: shape, expected: 1, found: values.count)
    }
    return values[0]
  }

  private func elements<Element: BitwiseCopyable>(_ type: ElementType, of: Element.Type) throws -> [Element] {
    let source = try elementType == type ? self : detached().converted(to: type)
    let shape = source.shape, count = source.count
    var status = CTORCH_OK
    let values = [Element](unsafeUninitializedCapacity: count) { buffer, filled in
      if let base = buffer.baseAddress, count > 0 {
        status = api.pointee.to_buffer(source.handle, base, Int64(count * MemoryLayout<Element>.stride))
      }
      filled = status == CTORCH_OK ? count : 0
    }
    try TorchRuntime.check(status, api, "reading", [shape])
    return values
  }

  // MARK: Calling the room

  typealias Output = UnsafeMutablePointer<OpaquePointer?>
  typealias Call = @TorchActor (CTorchTable, Output) throws -> CTorchStatus

  private static func make(
    _ operation: String, _ shapes: @autoclosure () -> [[Int]], _ call: Call
  ) throws -> (handle: OpaquePointer, api: UnsafePointer<CTorchTable>) {
    let api = try TorchRuntime.table()
    var out: OpaquePointer?
    let status = try call(api.pointee, &out)
    if status != CTORCH_OK { try TorchRuntime.check(status, api, operation, shapes()) }
    guard let out else {
      throw TensorError.failed(operation: operation, shapes: shapes(), reason: "the room returned no tensor")
    }
    return (out, api)
  }

  static func new(_ operation: String, _ shapes: @autoclosure () -> [[Int]], _ call: Call) throws -> Tensor {
    let made = try make(operation, shapes(), call)
    return Tensor(owning: made.handle, made.api)
  }

  /// A new tensor from this one (and `others`, whose shapes an error names too).
  func derive(_ operation: String, _ others: Tensor..., call: Call) throws -> Tensor {
    try Tensor.new(operation, ([self] + others).map(\.shape), call)
  }
}
