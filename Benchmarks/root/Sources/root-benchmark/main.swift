// root-benchmark FILE TREE RUNS [BRANCH...]: reads the branches (all without names) so many times, each time opening the
// file anew, and prints the seconds of each run and, of the last, for each branch the number of its values and the sums
// of their words and of their offsets, modulo 2⁶⁴.
import Foundation
import ROOTFiles

func words(_ numbers: ROOTNumbers) -> (count: Int, sum: UInt64) {
  func sum<Word: FixedWidthInteger & UnsignedInteger>(_ values: some Sequence<Word>) -> UInt64 {
    values.reduce(0) { $0 &+ UInt64(truncatingIfNeeded: $1) }
  }
  let total: UInt64 =
    switch numbers {
    case .int8(let values): sum(values.lazy.map { UInt8(bitPattern: $0) })
    case .uint8(let values): sum(values)
    case .int16(let values): sum(values.lazy.map { UInt16(bitPattern: $0) })
    case .uint16(let values): sum(values)
    case .int32(let values): sum(values.lazy.map { UInt32(bitPattern: $0) })
    case .uint32(let values): sum(values)
    case .int64(let values): sum(values.lazy.map { UInt64(bitPattern: $0) })
    case .uint64(let values): sum(values)
    case .float32(let values): sum(values.lazy.map(\.bitPattern))
    case .float64(let values): sum(values.lazy.map(\.bitPattern))
    case .bool(let values): sum(values.lazy.map { $0 ? UInt8(1) : 0 })
    }
  return (numbers.count, total)
}

func check(_ array: ROOTArray) -> [UInt64] {
  switch array {
  case .numbers(let numbers):
    let (count, sum) = words(numbers)
    return [UInt64(count), sum, 0]
  case .list(let offsets, .numbers(let numbers)):
    let (count, sum) = words(numbers)
    return [UInt64(count), sum, offsets.reduce(0) { $0 &+ UInt64($1) }]
  default: return []
  }
}

let arguments = CommandLine.arguments
guard arguments.count >= 4, let runs = Int(arguments[3]), runs > 0 else {
  FileHandle.standardError.write(Data("usage: root-benchmark FILE TREE RUNS [BRANCH...]\n".utf8))
  exit(2)
}
var seconds = [Double]()
var checks = [String: [UInt64]]()
for run in 0..<runs {
  let start = ContinuousClock.now
  let tree = try ROOTFile(URL(fileURLWithPath: arguments[1])).tree(arguments[2])
  let names = arguments.count > 4 ? Array(arguments[4...]) : tree.branches.map(\.path)
  let arrays = try tree.arrays(names)
  seconds.append(Double((ContinuousClock.now - start) / .nanoseconds(1)) / 1e9)
  if run == runs - 1 { for (name, array) in zip(names, arrays) { checks[name] = check(array) } }
}
struct Answer: Encodable {
  var seconds: [Double]
  var checks: [String: [UInt64]]
}
print(String(decoding: try JSONEncoder().encode(Answer(seconds: seconds, checks: checks)), as: UTF8.self))
