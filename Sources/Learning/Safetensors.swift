import ByteIO
import Foundation
import NeuralNetworks

/// The safetensors format: a little-endian length, a JSON header of that length, then the raw values.
///
/// Only float32 is written and read; names and row-major layouts are PyTorch's, so that Python's `safetensors` opens the
/// files and ours opens Python's.
public enum Safetensors {
  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }

  /// The file's bytes; tensors in the order of their names.
  public static func encode(_ tensors: [String: StoredParameter]) throws -> Data {
    var header: [String: Entry] = [:]
    var body = Data()
    for name in tensors.keys.sorted() {
      guard let tensor = tensors[name] else { continue }
      let start = body.count
      tensor.values.withUnsafeBytes { body.append(contentsOf: $0) }
      header[name] = Entry(dtype: "F32", shape: tensor.shape, data_offsets: [start, body.count])
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var text = try encoder.encode(header)
    // The values begin at a multiple of eight bytes.
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    var data = Data()
    withUnsafeBytes(of: UInt64(text.count).littleEndian) { data.append(contentsOf: $0) }
    return data + text + body
  }

  /// `nil` for shapes that no file can hold.
  private static func valueCount(of shape: [Int]) -> Int? {
    guard shape.allSatisfy({ $0 >= 0 }) else { return nil }
    if shape.contains(0) { return 0 }
    var count = 1
    for length in shape {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: length)
      guard !isTooLarge, product <= Int.max / 4 else { return nil }
      count = product
    }
    return count
  }

  /// - Throws: ``LearningError/unreadableCheckpoint(path:reason:)`` for anything truncated, foreign or not float32.
  public static func decode(_ data: Data, path: String) throws -> [String: StoredParameter] {
    func fail(_ reason: String) -> LearningError { .unreadableCheckpoint(path: path, reason: reason) }
    guard data.count >= 8 else { throw fail("it has \(data.count) bytes, a safetensors file has at least 8") }
    let length = data.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
    guard length <= UInt64(data.count - 8) else {
      throw fail(
        "its header should have \(length) bytes, \(data.count - 8) are there: it is truncated or no safetensors file")
    }
    let start = data.startIndex + 8
    let text = data[start..<start + Int(length)]
    guard var object = try? JSONSerialization.jsonObject(with: text) as? [String: Any] else {
      throw fail("its header is no JSON")
    }
    object["__metadata__"] = nil
    guard let plain = try? JSONSerialization.data(withJSONObject: object),
      let header = try? JSONDecoder().decode([String: Entry].self, from: plain)
    else { throw fail("its header does not describe tensors") }
    let body = data[(start + Int(length))...]
    return try header.reduce(into: [:]) { tensors, item in
      let (name, entry) = item
      // A state dict of PyTorch's counts a batch normalisation's batches, in int64; nothing here asks for it.
      if name.hasSuffix("num_batches_tracked") { return }
      guard entry.dtype == "F32" else { throw fail("tensor '\(name)' is \(entry.dtype); float32 (F32) is read") }
      guard entry.data_offsets.count == 2, entry.data_offsets[0] >= 0, entry.data_offsets[1] >= entry.data_offsets[0],
        let count = valueCount(of: entry.shape), entry.data_offsets[1] - entry.data_offsets[0] == 4 * count
      else { throw fail("tensor '\(name)' has offsets \(entry.data_offsets) for shape \(entry.shape)") }
      guard entry.data_offsets[1] <= body.count else {
        throw fail("tensor '\(name)' ends at byte \(entry.data_offsets[1]) of \(body.count): the file is truncated")
      }
      var values = [Float](repeating: 0, count: count)
      let first = body.startIndex + entry.data_offsets[0]
      values.withUnsafeMutableBytes { target in
        _ = body[first..<first + 4 * count].copyBytes(to: target)
      }
      tensors[name] = StoredParameter(shape: entry.shape, values: values)
    }
  }
}
