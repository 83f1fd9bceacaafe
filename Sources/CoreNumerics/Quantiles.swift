/// Quantiles of weighted values.
///
/// The cumulative weight is placed at the middle of each value's own weight and interpolated linearly, which for equal
/// weights is Hazen's rule (type 5 of Hyndman and Fan, 1996). Beyond the first and last value it is constant.
/// - Parameters:
///   - probabilities: in [0, 1], in any order.
///   - weights: as many as values, not negative; `nil` for equal weights.
/// - Returns: one quantile a probability, or `nil` if there is no positive weight.
public func weightedQuantiles(of values: [Double], weights: [Double]? = nil, at probabilities: [Double]) -> [Double]? {
  precondition(
    weights.map { $0.count == values.count } ?? true, "\(values.count) values, \(weights?.count ?? 0) weights")
  let weightAt = { (index: Int) in weights?[index] ?? 1 }
  let order = values.indices.filter { weightAt($0) > 0 }.sorted { values[$0] < values[$1] }
  guard !order.isEmpty else { return nil }
  var cumulative = [Double]()
  cumulative.reserveCapacity(order.count)
  var total = 0.0
  for index in order {
    cumulative.append(total + 0.5 * weightAt(index))
    total += weightAt(index)
  }
  return probabilities.map { probability in
    precondition((0...1).contains(probability), "a probability lies in [0, 1], got \(probability)")
    let target = probability * total
    var low = 0
    var high = cumulative.count
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] <= target { low = middle + 1 } else { high = middle }
    }
    if low == 0 { return values[order[0]] }
    if low == order.count { return values[order[low - 1]] }
    let fraction = (target - cumulative[low - 1]) / (cumulative[low] - cumulative[low - 1])
    return values[order[low - 1]] + fraction * (values[order[low]] - values[order[low - 1]])
  }
}
