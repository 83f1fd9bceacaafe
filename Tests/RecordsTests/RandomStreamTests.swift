import Testing

@testable import Records

@Suite struct RandomStreamTests {
  /// The known answers of the Random123 distribution (kat_vectors, philox4x32 10).
  @Test func philoxKnownAnswers() {
    #expect(
      Philox.block(counter: SIMD4(0, 0, 0, 0), key: SIMD2(0, 0))
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = UInt32.max
    #expect(
      Philox.block(counter: SIMD4(ones, ones, ones, ones), key: SIMD2(ones, ones))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox.block(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func streamsDependOnThePathOnly() {
    let tree = SeedTree(root: 7)
    var first = tree.child("ttbar").child(3).stream()
    var again = SeedTree(root: 7).child("ttbar").child(3).stream()
    #expect((0..<5).map { _ in first.next() } == (0..<5).map { _ in again.next() })
    #expect(tree.child(3).derivedSeed != tree.child("3").derivedSeed)
    #expect(tree.child("a").child("b").derivedSeed != tree.child("a/b").derivedSeed)
    #expect(SeedTree(root: 8).child(3).derivedSeed != tree.child(3).derivedSeed)
    #expect(tree.child("ttbar").child(3).path == "ttbar/3")
  }

  @Test func momentsOfUniformAndNormal() {
    var stream = SeedTree(root: 1).child("moments").stream()
    let n = 200_000
    let uniform = (0..<n).map { _ in stream.uniform() }
    #expect(uniform.allSatisfy { (0..<1).contains($0) })
    let mean = uniform.reduce(0, +) / Double(n)
    #expect(abs(mean - 0.5) < 5 * (1 / 12.0 / Double(n)).squareRoot())
    let normal = (0..<n).map { _ in stream.normal() }
    let square = normal.reduce(0) { $0 + $1 * $1 } / Double(n)
    #expect(abs(normal.reduce(0, +) / Double(n)) < 5 / Double(n).squareRoot())
    // The variance of z² is 2.
    #expect(abs(square - 1) < 5 * (2 / Double(n)).squareRoot())
  }

  @Test(arguments: [0, 1, 2, 1000]) func aPermutationIsAShuffleOfAllNumbers(count: Int) {
    var one = SeedTree(root: 9).stream(), other = SeedTree(root: 9).stream()
    var numbers = (0..<Int32(count)).map { $0 }
    one.shuffle(&numbers)
    #expect(other.permutation(of: count) == numbers)
    // Both are at the same place of the stream afterwards.
    #expect(one.next() == other.next())
  }

  @Test func integersAreUniformAndShufflesArePermutations() {
    var stream = SeedTree(root: 2).stream()
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<60_000 { counts[stream.integer(below: 6)] += 1 }
    // χ² with 5 degrees of freedom exceeds 30 with probability 1.5e-5.
    #expect(counts.reduce(0.0) { $0 + Double(($1 - 10_000) * ($1 - 10_000)) / 10_000 } < 30)
    var order = Array(0..<100)
    stream.shuffle(&order)
    #expect(order != Array(0..<100))
    #expect(order.sorted() == Array(0..<100))
  }
}
