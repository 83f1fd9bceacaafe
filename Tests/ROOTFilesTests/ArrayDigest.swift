import Foundation
import Records

@testable import ROOTFiles

/// The digest of an array that `Tests/Reference/root/make_data.py` describes.
func arrayDigest(_ array: ROOTArray) -> String {
  var data = Data()
  append(array, to: &data)
  return String(Digest.of(data).hex.prefix(16))
}

private func line(_ text: String, to data: inout Data) { data.append(contentsOf: Array((text + "\n").utf8)) }

private func append(_ offsets: [Int], to data: inout Data) {
  for offset in offsets { withUnsafeBytes(of: Int64(offset).littleEndian) { data.append(contentsOf: $0) } }
}

private func append(_ array: ROOTArray, to data: inout Data) {
  switch array {
  case .numbers(let numbers):
    line("numbers \(numbers.count == 0 ? "-" : numbers.type.rawValue) \(numbers.count)", to: &data)
    // All machines that this runs on are little-endian.
    numbers.withBytes { data.append(contentsOf: $0) }
  case .strings(let offsets, let bytes):
    line("strings \(offsets.count - 1)", to: &data)
    append(offsets, to: &data)
    data.append(contentsOf: bytes)
  case .fixed(let size, let content, let count):
    line("fixed \(size) \(count)", to: &data)
    if size * count > 0 { append(content, to: &data) }
  case .list(let offsets, let content):
    line("list \(offsets.count - 1)", to: &data)
    append(offsets, to: &data)
    if offsets[offsets.count - 1] > 0 { append(content, to: &data) }
  case .record(let fields, let count):
    line("record \(fields.map(\.name).joined(separator: ",")) \(count)", to: &data)
    for field in fields { append(field.values, to: &data) }
  case .variant(let tags, _, let alternatives):
    line("variant \(tags.count)", to: &data)
    tags.withUnsafeBytes { data.append(contentsOf: $0) }
    for alternative in alternatives { append(alternative, to: &data) }
  }
}
