// tables-benchmark read FILE RUNS [float64]: reads a table so many times, types inferred or all float64, and prints the
// seconds of each run and, of the last, for each column the number of its values and the sum of their words modulo 2⁶⁴.
// tables-benchmark write FILE OUT RUNS: reads a table and writes it as OUT so many times; the seconds are those of writing.
import Columns
import EventFiles
import Foundation

struct Answer: Encodable {
  var seconds: [Double] = []
  var checks: [String: [UInt64]] = [:]
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return Double((ContinuousClock.now - start) / .nanoseconds(1)) / 1e9
}

func check(_ values: ColumnValues) -> [UInt64] {
  let sum = values.asDoubles().reduce(UInt64(0)) { $0 &+ $1.bitPattern }
  return [UInt64(values.count), sum]
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 3, let runs = Int(arguments[arguments[0] == "read" ? 2 : 3]), runs > 0 else {
  FileHandle.standardError.write(Data("usage: tables-benchmark read FILE RUNS [float64] | write FILE OUT RUNS\n".utf8))
  exit(2)
}
var answer = Answer()
let url = URL(fileURLWithPath: arguments[1])
if arguments[0] == "read" {
  var options = TextTableOptions()
  if arguments.count > 3 { options.types = .all(.float64) }
  for run in 0..<runs {
    var table = Table()
    answer.seconds.append(try seconds { table = try openTable(url, text: options).read() })
    if run == runs - 1 { for name in table.names { answer.checks[name] = table[name].map { check($0.values) } } }
  }
} else {
  let table = try openTable(url).read()
  for _ in 0..<runs {
    answer.seconds.append(
      try seconds {
        let writer = try TextTableWriter(URL(fileURLWithPath: arguments[2]))
        try writer.append(table)
        try writer.finish()
      })
  }
}
print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
