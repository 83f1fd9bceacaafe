import Foundation

/// The cells of a calorimeter in (η, φ), numbered ring by ring.
struct TowerGrid {
  /// Rising edges in η over both sides.
  private let edges: [Double]
  /// For each ring, its cells in φ and the number of its first cell.
  private let phiCells: [Int]
  private let firstCell: [Int]
  let count: Int

  init(_ rings: [DetectorCard.Rings]) {
    var positive = [0.0]
    var cells = [Int]()
    for ring in rings {
      positive += ring.edges.dropFirst()
      cells += Array(repeating: ring.phi, count: ring.edges.count - 1)
    }
    edges = positive.dropFirst().reversed().map { -$0 } + positive
    phiCells = cells.reversed() + cells
    var first = [Int]()
    var total = 0
    for cell in phiCells {
      first.append(total)
      total += cell
    }
    firstCell = first
    count = total
  }

  /// The cell of a direction; `nil` outside the calorimeter.
  func cell(eta: Double, phi: Double) -> Int? {
    guard eta >= edges[0], eta < edges[edges.count - 1] else { return nil }
    var low = 0
    var high = edges.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if edges[middle] <= eta { low = middle } else { high = middle }
    }
    let position = (phi + .pi) / (2 * .pi) * Double(phiCells[low])
    // φ = π is −π: rounding may put it one past the last cell.
    return firstCell[low] + Int(position.rounded(.down)) % phiCells[low]
  }

  /// The limits of a cell.
  func bounds(of cell: Int) -> (eta: Range<Double>, phi: Range<Double>) {
    var low = 0
    var high = firstCell.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstCell[middle] <= cell { low = middle } else { high = middle }
    }
    let width = 2 * Double.pi / Double(phiCells[low])
    let phi = -Double.pi + Double(cell - firstCell[low]) * width
    return (edges[low]..<edges[low + 1], phi..<(phi + width))
  }
}
