import Foundation

extension RandomStream {
  /// A Poisson number, exactly distributed: by inversion below a mean of 10, above by transformed rejection with squeeze
  /// (Hörmann, "The transformed rejection method for generating Poisson random variables", 1993, algorithm PTRS).
  /// - Parameter mean: not negative and finite.
  public mutating func poisson(mean: Double) -> Double {
    precondition(mean >= 0 && mean.isFinite, "need a finite mean of at least 0, got \(mean)")
    return mean < 10 ? smallPoisson(mean) : largePoisson(mean)
  }

  private mutating func smallPoisson(_ mean: Double) -> Double {
    var remaining = uniform()
    var probability = exp(-mean)
    var count = 0.0
    while remaining >= probability {
      remaining -= probability
      count += 1
      probability *= mean / count
      // The sum of all probabilities may round to a little less than 1.
      if count > 200 { return smallPoisson(mean) }
    }
    return count
  }

  private mutating func largePoisson(_ mean: Double) -> Double {
    let b = 0.931 + 2.53 * mean.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let squeeze = 0.9277 - 3.6224 / (b - 2)
    let logMean = log(mean)
    while true {
      let u = uniform() - 0.5
      let v = 1 - uniform()
      let us = 0.5 - abs(u)
      let count = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
      if us >= 0.07, v <= squeeze { return count }
      if count < 0 || (us < 0.013 && v > us) { continue }
      if log(v) + log(inverseAlpha) - log(a / (us * us) + b) <= count * logMean - mean
        - RandomStream.logFactorial(count)
      {
        return count
      }
    }
  }

  /// ln n!; the C library's `lgamma` writes a global sign and is not safe in threads.
  private static func logFactorial(_ n: Double) -> Double {
    var sign: Int32 = 0
    return lgamma_r(n + 1, &sign)
  }
}
