import NeuralNetworks
import Tensors

extension TrainedClassifier {
  /// ∂(score)/∂(scaled feature) of each row, row-major [rows, columns]: the change of the score for a shift of the feature by one of
  /// its widths, by autograd.
  /// - Throws: ``LearningError`` for other columns or values that are not finite.
  public func scoreGradients(_ features: FeatureMatrix) async throws -> [Float] {
    let scaled = try scaler.transform(features)
    let columns = features.columnCount, rows = features.rowCount
    let (architecture, parameters) = (architecture, parameters)
    return try await TorchActor.run {
      let network = try Sequential(architecture, .stored(parameters))
      var gradients: [Float] = []
      gradients.reserveCapacity(scaled.count)
      let batch = 4096
      for start in stride(from: 0, to: rows, by: batch) {
        let end = min(rows, start + batch)
        let input = try Tensor(Array(scaled[start * columns..<end * columns]), shape: [end - start, columns])
        try input.setRequiresGradient(true)
        // Rows do not touch each other: the gradient of the sum of scores is each row's own.
        try network(input, mode: .inference).sigmoid().sum().backward()
        gradients += try input.gradient().floats()
      }
      return gradients
    }
  }

  /// The weighted mean of |∂(score)/∂x| times the width of x among training events, with its standard error: how far the score moves
  /// when a feature does, here and now, where ``Metrics/permutationImportance(of:on:repeats:seed:cancellation:)`` asks what would be lost
  /// without it. Rows where an object is missing have no such feature and are left out.
  public func gradientImportance(_ sample: LabelledSample) async throws -> [FeatureImportance] {
    let gradients = try await scoreGradients(sample.features)
    let columns = sample.features.columnCount
    return featureNames.enumerated().map { column, name in
      var total = WeightedSum(), mean = 0.0
      let rows = sample.weights.indices.filter { sample.features[$0, column] != scaler.placeholders[column] }
      func each(_ body: (Double, Double) -> Void) {
        for row in rows { body(Double(sample.weights[row]), Double(abs(gradients[row * columns + column]))) }
      }
      each { weight, value in
        total.add(weight)
        mean += weight * value
      }
      guard total.sum > 0 else { return FeatureImportance(feature: name, value: 0, uncertainty: 0) }
      mean /= total.sum
      var variance = 0.0
      each { weight, value in variance += weight * weight * (value - mean) * (value - mean) }
      return FeatureImportance(feature: name, value: mean, uncertainty: variance.squareRoot() / total.sum)
    }
  }
}
