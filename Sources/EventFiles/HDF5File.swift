import ByteIO
internal import CHDF5
import Columns
import Foundation
import Synchronization

/// One lock around the library: HDF5 serialises its calls anyway where it is thread-safe, and not every build of it is.
private let library = Mutex<Void>(())

/// Runs calls of the room under the lock.
private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
  let box = UncheckedBox<Result>()
  try library.withLock { _ in box.value = try body() }
  guard let result = box.value else { preconditionFailure("the lock did not run its body") }
  return result
}

/// Carries a result out of the lock on the same thread.
private final class UncheckedBox<Value> { var value: Value? }

/// An open HDF5 file.
///
/// `@unchecked Sendable`: the handle is only ever used under the lock above, and closed once, in `close()` or `deinit`.
final class HDF5File: @unchecked Sendable {
  /// The path as it is named in errors: the final one, also while a temporary file is written.
  let path: String
  private var handle: OpaquePointer?

  private init(handle: OpaquePointer, path: String) {
    self.handle = handle
    self.path = path
  }

  deinit {
    if let handle { _ = locked { chdf5_file_close(handle) } }
  }

  /// Opens a finished file for reading. The seal is checked first; a file without one is read in a child process, because damaged
  /// metadata make the library write where it must not.
  static func open(_ path: String) throws -> HDF5File {
    guard FileManager.default.fileExists(atPath: path) else { throw EventFileError(.noSuchFile, path: path) }
    let isSealed = try FileSeal.check(path)
    return try locked {
      guard chdf5_is_hdf5(path) > 0 else {
        let number = chdf5_last_errno()
        throw EventFileError(number == 0 ? .notHDF5 : .cannotRead(String(cString: strerror(number))), path: path)
      }
      var object: UnsafeMutablePointer<CChar>?
      guard let handle = isSealed ? chdf5_file_open(path) : chdf5_file_open_apart(path, &object) else {
        if let object {
          defer { chdf5_free(object) }
          throw EventFileError(.damaged(dataset: String(cString: object), reason: lastReason()), path: path)
        }
        let reason = lastReason()
        throw EventFileError(reason.contains("truncated") ? .truncated(reason) : .cannotRead(reason), path: path)
      }
      return HDF5File(handle: handle, path: path)
    }
  }

  /// Whether HDF5 finds its mark in a file; it may stand behind a block of another kind.
  static func isHDF5(_ path: String) -> Bool { locked { chdf5_is_hdf5(path) > 0 } }

  /// Makes an empty file at `temporary` with room for a seal; errors call it `path`.
  static func create(_ temporary: String, namedInErrors path: String) throws -> HDF5File {
    try locked {
      guard let handle = chdf5_file_create(temporary, UInt64(FileSeal.blockSize)) else {
        throw EventFileError(.cannotWrite(lastReason()), path: path)
      }
      return HDF5File(handle: handle, path: path)
    }
  }

  /// Writes what is buffered and closes the file; datasets must be closed before.
  func close() throws {
    guard let handle else { return }
    self.handle = nil
    try locked {
      guard chdf5_file_close(handle) == 0 else { throw EventFileError(.cannotWrite(Self.lastReason()), path: path) }
    }
  }

  func flush() throws { try write { chdf5_file_flush($0) } }

  func createGroup(_ group: String) throws { try write { chdf5_group_create($0, group) } }

  func createDataset(_ name: String, type: ColumnType, chunk: Int, compression: Int) throws -> HDF5Dataset {
    try withHandle { handle in
      guard
        let dataset = chdf5_dataset_create(
          handle, name, type.room, UInt64(chunk), Int32(compression), compression > 0 ? 1 : 0)
      else { throw EventFileError(.cannotWrite(Self.lastReason()), path: path) }
      return HDF5Dataset(handle: dataset, file: self, name: name)
    }
  }

  func openDataset(_ name: String) throws -> HDF5Dataset {
    try withHandle { handle in
      guard let dataset = chdf5_dataset_open(handle, name) else {
        throw EventFileError(.damaged(dataset: name, reason: Self.lastReason()), path: path)
      }
      return HDF5Dataset(handle: dataset, file: self, name: name)
    }
  }

  enum Kind { case absent, group, dataset, other }

  func kind(of name: String) -> Kind {
    withHandle { handle in
      switch chdf5_kind_of(handle, name) {
      case CHDF5_ABSENT: .absent
      case CHDF5_GROUP: .group
      case CHDF5_DATASET: .dataset
      default: .other
      }
    }
  }

  /// The names in a group, in the order of their creation where the file kept it, else by name.
  func names(in group: String) throws -> [String] {
    try withHandle { handle in try takeNames(chdf5_list(handle, group), of: group) }
  }

  func attributeNames(of object: String) throws -> [String] {
    try withHandle { handle in try takeNames(chdf5_attribute_list(handle, object), of: object) }
  }

  func writeText(_ text: String, to dataset: String) throws { try write { chdf5_text_write($0, dataset, text) } }

  func writeTexts(_ texts: [String], to dataset: String) throws {
    let copies = texts.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    let pointers = copies.compactMap { $0.map { UnsafePointer($0) } }
    precondition(pointers.count == texts.count, "no memory for \(texts.count) texts")
    try write { handle in
      pointers.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        return chdf5_texts_write(handle, dataset, base, UInt64(texts.count))
      }
    }
  }

  func readText(_ dataset: String) throws -> String {
    try withHandle { handle in
      guard let text = chdf5_text_read(handle, dataset) else {
        throw EventFileError(.damaged(dataset: dataset, reason: Self.lastReason()), path: path)
      }
      defer { chdf5_free(text) }
      return String(cString: text)
    }
  }

  /// The texts of a one-dimensional dataset of texts of fixed length.
  func readTexts(_ dataset: String) throws -> [String] {
    try withHandle { handle in try takeNames(chdf5_texts_read(handle, dataset), of: dataset) }
  }

  func setAttribute(_ name: String, of object: String, to text: String) throws {
    try write { chdf5_attribute_set_text($0, object, name, text) }
  }

  func setAttribute(_ name: String, of object: String, to value: Int) throws {
    try write { chdf5_attribute_set_integer($0, object, name, Int64(value)) }
  }

  func textAttribute(_ name: String, of object: String) -> String? {
    withHandle { handle in
      guard let text = chdf5_attribute_text(handle, object, name) else { return nil }
      defer { chdf5_free(text) }
      return String(cString: text)
    }
  }

  func integerAttribute(_ name: String, of object: String) -> Int? {
    withHandle { handle in
      var value: Int64 = 0
      return chdf5_attribute_integer(handle, object, name, &value) == 0 ? Int(value) : nil
    }
  }

  func realAttribute(_ name: String, of object: String) -> Double? {
    withHandle { handle in
      var value = 0.0
      return chdf5_attribute_real(handle, object, name, &value) == 0 ? value : nil
    }
  }

  private func withHandle<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
    guard let handle else { preconditionFailure("\(path) was closed") }
    return try locked { try body(handle) }
  }

  private func write(_ body: (OpaquePointer) -> Int32) throws {
    try withHandle { handle in
      guard body(handle) == 0 else { throw EventFileError(.cannotWrite(Self.lastReason()), path: path) }
    }
  }

  /// Takes over a list of the room: zero-terminated names with an empty one at the end.
  fileprivate func takeNames(_ list: UnsafeMutablePointer<CChar>?, of object: String) throws -> [String] {
    guard let list else { throw EventFileError(.damaged(dataset: object, reason: Self.lastReason()), path: path) }
    defer { chdf5_free(list) }
    var names = [String]()
    var next = list
    while next.pointee != 0 {
      names.append(String(cString: next))
      next += strlen(next) + 1
    }
    return names
  }

  /// Why the room's last call failed.
  static func lastReason() -> String {
    let number = chdf5_last_errno()
    return [ENOSPC, EDQUOT, EFBIG].contains(number) ? writeFailure(number) : String(cString: chdf5_last_error())
  }
}

/// An open dataset; it keeps its file open.
///
/// `@unchecked Sendable`: the handle is only ever used under the lock above, and closed once.
final class HDF5Dataset: @unchecked Sendable {
  let file: HDF5File
  let name: String
  private var handle: OpaquePointer?

  fileprivate init(handle: OpaquePointer, file: HDF5File, name: String) {
    self.handle = handle
    self.file = file
    self.name = name
  }

  deinit { close() }

  func close() {
    guard let handle else { return }
    self.handle = nil
    locked { chdf5_dataset_close(handle) }
  }

  struct Info {
    /// `nil` where no column can hold the values.
    var type: ColumnType?
    var isText: Bool
    var isCompound: Bool
    /// Whole numbers of which int64 holds the lower half.
    var isUnsigned64: Bool
    /// Truth values of PyTables.
    var isBits: Bool
    var shape: [Int]
    var storedBytes: Int
    var elementBytes: Int
    var chunk: Int

    /// All values before compression; the largest number where the product is beyond it.
    var bytes: Int {
      shape.reduce(elementBytes) { product, length in
        let (result, isTooLarge) = product.multipliedReportingOverflow(by: length)
        return isTooLarge ? .max : result
      }
    }

    fileprivate init(_ info: chdf5_info) {
      let shape = withUnsafeBytes(of: info.shape) {
        Array($0.bindMemory(to: UInt64.self).prefix(min(Int(info.rank), Int(CHDF5_MAX_RANK))))
      }
      type = ColumnType(room: info.type)
      isText = info.type == CHDF5_STRING
      isCompound = info.type == CHDF5_COMPOUND
      isUnsigned64 = info.type == CHDF5_UINT64
      isBits = info.type == CHDF5_BITS
      self.shape = shape.map { Int(clamping: $0) }
      storedBytes = Int(clamping: info.stored_bytes)
      elementBytes = Int(clamping: info.element_bytes)
      chunk = Int(clamping: info.chunk)
    }

    /// Whether so many values can be in the bytes that are stored: deflate shortens by a factor of 1032 at most.
    var isPlausible: Bool { Double(bytes) <= 1100 * Double(storedBytes) + 4096 }
  }

  func info() throws -> Info {
    try withHandle { handle in
      var info = chdf5_info()
      guard chdf5_dataset_info(handle, &info) == 0 else { throw damaged() }
      return Info(info)
    }
  }

  func append(_ values: ColumnValues) throws {
    let type = values.type.room
    let status = withHandle { handle in
      switch values {
      case .float32(let values): chdf5_dataset_append(handle, type, values, UInt64(values.count))
      case .float64(let values): chdf5_dataset_append(handle, type, values, UInt64(values.count))
      case .int32(let values): chdf5_dataset_append(handle, type, values, UInt64(values.count))
      case .int64(let values): chdf5_dataset_append(handle, type, values, UInt64(values.count))
      case .uint8(let values): chdf5_dataset_append(handle, type, values, UInt64(values.count))
      case .bool(let values):
        chdf5_dataset_append(handle, type, values.map { $0 ? UInt8(1) : 0 }, UInt64(values.count))
      }
    }
    guard status == 0 else { throw EventFileError(.cannotWrite(HDF5File.lastReason()), path: file.path) }
  }

  /// The values at a range of positions.
  func read(_ type: ColumnType, _ range: Range<Int>) throws -> ColumnValues {
    switch type {
    case .float32: .float32(try read(range, as: type, zero: Float(0)))
    case .float64: .float64(try read(range, as: type, zero: 0.0))
    case .int32: .int32(try read(range, as: type, zero: Int32(0)))
    case .int64: .int64(try read(range, as: type, zero: Int64(0)))
    case .uint8: .uint8(try read(range, as: type, zero: UInt8(0)))
    case .bool: .bool(try read(range, as: type, zero: UInt8(0)).map { $0 != 0 })
    }
  }

  private func read<Value>(_ range: Range<Int>, as type: ColumnType, zero: Value) throws -> [Value] {
    var values = [Value](repeating: zero, count: range.count)
    try withHandle { handle in
      let status = values.withUnsafeMutableBytes {
        chdf5_dataset_read(handle, type.room, UInt64(range.lowerBound), UInt64(range.count), $0.baseAddress)
      }
      guard status == 0 else { throw damaged() }
    }
    return values
  }

  // MARK: Rows and members

  /// The members of compound elements, in their order.
  func memberNames() throws -> [String] {
    try withHandle { handle in try file.takeNames(chdf5_dataset_members(handle), of: name) }
  }

  /// The type and shape of a member's values.
  func info(ofMember member: String) throws -> Info {
    try withHandle { handle in
      var info = chdf5_info()
      guard chdf5_dataset_member_info(handle, member, &info) == 0 else { throw damaged() }
      return Info(info)
    }
  }

  /// The values of some rows of the first dimension, `width` a row; of compound elements those of one member.
  func read(
    _ type: ColumnType, rows: Range<Int>, width: Int, member: String?, isBits: Bool = false
  ) throws -> ColumnValues {
    func values<Value>(_ zero: Value) throws -> [Value] {
      var values = [Value](repeating: zero, count: rows.count * width)
      try withHandle { handle in
        let status = values.withUnsafeMutableBytes {
          chdf5_dataset_read_rows(
            handle, member, isBits ? CHDF5_BITS : type.room, UInt64(rows.lowerBound), UInt64(rows.count), UInt64(width),
            $0.baseAddress)
        }
        guard status == 0 else { throw damaged() }
      }
      return values
    }
    return switch type {
    case .float32: .float32(try values(Float(0)))
    case .float64: .float64(try values(0.0))
    case .int32: .int32(try values(Int32(0)))
    case .int64: .int64(try values(Int64(0)))
    case .uint8: .uint8(try values(UInt8(0)))
    case .bool: .bool(try values(UInt8(0)).map { $0 != 0 })
    }
  }

  private func damaged() -> EventFileError {
    EventFileError(.damaged(dataset: name, reason: HDF5File.lastReason()), path: file.path)
  }

  private func withHandle<Result>(_ body: (OpaquePointer) throws -> Result) rethrows -> Result {
    guard let handle else { preconditionFailure("'\(name)' of \(file.path) was closed") }
    return try locked { try body(handle) }
  }
}

extension ColumnType {
  fileprivate var room: chdf5_type {
    switch self {
    case .float32: CHDF5_FLOAT32
    case .float64: CHDF5_FLOAT64
    case .int32: CHDF5_INT32
    case .int64: CHDF5_INT64
    case .uint8: CHDF5_UINT8
    case .bool: CHDF5_BOOL
    }
  }

  fileprivate init?(room: chdf5_type) {
    guard let type = ColumnType.allCases.first(where: { $0.room == room }) else { return nil }
    self = type
  }
}
