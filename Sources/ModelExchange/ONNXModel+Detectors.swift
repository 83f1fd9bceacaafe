import AnomalyDetection
import Foundation
import Learning
import NeuralNetworks

extension ONNXModel {
  /// The score of an anomaly detector, higher being more anomalous: rotation, scaling and the rule that makes one number of a
  /// network's outputs are part of the model. The output is `score` [batch, 1].
  /// - Throws: ``ONNXError/unwritable(reason:)`` for another output, as a detector has one only, or parameters that do not fit
  ///   the architecture.
  public init(_ fitted: FittedDetector, output: Output = .predictions) throws {
    guard output == .predictions else {
      throw ONNXError.unwritable(reason: "a detector of anomalies has no logits; its score is all it gives")
    }
    var graph = GraphBuilder(name: fitted.method, inputs: fitted.featureNames.count)
    var metadata = ["features": try canonicalText(fitted.featureNames)]
    if let rotation = fitted.rotation { graph.rotate(by: rotation) }
    func record(_ network: TrainedNetwork) throws {
      metadata = try Self.record(
        network.featureNames, network.configuration, network.inputs, network.parameters, network.history)
    }
    switch fitted.detector {
    case let detector as IsolationForest: graph.score(by: detector)
    case let detector as HistogramScore: graph.score(by: detector)
    case let detector as NearestNeighbours: graph.score(by: detector)
    case let detector as AutoEncoder:
      try record(detector.network)
      try graph.reconstructionError(detector.network)
    case let detector as VariationalAutoEncoder:
      try record(detector.network)
      try graph.score(by: detector)
    case let detector as DeepSVDD:
      try record(detector.network)
      try graph.score(by: detector)
    default: throw ONNXError.unwritable(reason: "'\(fitted.method)' has no translation")
    }
    metadata["method"] = fitted.method
    metadata["description"] = fitted.summary
    self = graph.model(output: "score", metadata: metadata)
  }
}

extension GraphBuilder {
  /// Principal components, in double as `PrincipalComponents.rotated(_:)`.
  fileprivate mutating func rotate(by rotation: PrincipalComponents) {
    let columns = width
    node("Cast", "rotation_double", attributes: [.int("to", Int(ElementType.double.rawValue))])
    let means = constant("rotation.means", [1, columns], rotation.means)
    node("Sub", "rotation_sub", inputs: [current, means])
    let deviations = constant("rotation.deviations", [1, columns], rotation.deviations)
    node("Div", "rotation_div", inputs: [current, deviations])
    let weights = (0..<columns * columns).map { rotation.rotation[$0 % columns * columns + $0 / columns] }
    node("MatMul", "rotation_product", inputs: [current, constant("rotation.weights", [columns, columns], weights)])
    node("Cast", "components", attributes: [.int("to", Int(ElementType.float.rawValue))])
  }

  /// 2^(the sum of path lengths, times a constant).
  fileprivate mutating func score(by forest: IsolationForest) {
    var lists = TreeLists()
    for (index, tree) in forest.trees.enumerated() {
      for (place, node) in tree.nodes.enumerated() {
        if Int(node.left) == place {
          lists.addLeaf(tree.pathLengths[place], (index, place))
        } else {
          let left = Int(node.left)
          lists.addBranch(.atMost, node.threshold, (index, place), Int(node.column), left, left + 1)
        }
      }
    }
    sum(lists, "path_lengths")
    // In double: path lengths add up to some thousands.
    let exponent = Double(forest.exponent) * log(2)
    inDouble("exponent", [("Mul", "exponent.factor", [exponent])], width: 1)
    node("Exp", "power")
  }

  /// One tree a feature, whose leaves are its bins: a histogram is a function of steps.
  fileprivate mutating func score(by histograms: HistogramScore) {
    var lists = TreeLists()
    for (column, density) in histograms.densities.enumerated() {
      let steps = density.steps(tolerance: histograms.configuration.tolerance)
      // A parent before its children, the root first, as ONNX Runtime wants it; a tree of n edges has 2n + 1 nodes.
      func grow(_ edges: Range<Int>, at place: Int) {
        guard !edges.isEmpty else { return lists.addLeaf(Float(steps.values[edges.lowerBound]), (column, place)) }
        let middle = edges.lowerBound + edges.count / 2, left = place + 1
        let right = left + 2 * (middle - edges.lowerBound) + 1
        lists.addBranch(.atMost, steps.edges[middle], (column, place), column, left, right)
        grow(edges.lowerBound..<middle, at: left)
        grow(middle + 1..<edges.upperBound, at: right)
      }
      grow(steps.edges.indices, at: 0)
    }
    sum(lists, "surprises")
  }

  private mutating func sum(_ lists: TreeLists, _ name: String) {
    node("TreeEnsembleRegressor", name, attributes: lists.attributes(1, 0), width: 1, domain: "ai.onnx.ml")
  }

  /// The mean over features of the squared differences between scaled features and their reproduction.
  fileprivate mutating func reconstructionError(_ network: TrainedNetwork) throws {
    scale(by: network.scaler)
    let scaled = current
    try layers(of: network.architecture, network.parameters)
    meanSquare(from: scaled)
  }

  private mutating func meanSquare(from scaled: String) {
    let count = Double(width)
    node("Sub", "difference", inputs: [current, scaled])
    squareSum("error")
    inDouble("mean_error", [("Div", "error.count", [count])], width: 1)
  }

  /// The reconstruction error at z = μ, or the loss there.
  fileprivate mutating func score(by detector: VariationalAutoEncoder) throws {
    guard detector.configuration.score == .evidence else { return try reconstructionError(detector.network) }
    let network = detector.network, depth = detector.encoderDepth, columns = Double(width)
    scale(by: network.scaler)
    let scaled = current
    try layers(of: network.architecture, network.parameters, 0..<depth)
    let hidden = current, latent = width / 2
    divergence(latent: latent)
    let divergence = current
    resume(from: hidden, width: 2 * latent)
    try layers(of: network.architecture, network.parameters, depth..<network.architecture.layers.count)
    meanSquare(from: scaled)
    let half = constant("error.half", [1], [Float(0.5)])
    node("Mul", "half_error", inputs: [current, half])
    let error = current
    let beta = constant("divergence.beta", [1], [Float(0.5 * detector.configuration.beta / columns)])
    node("Mul", "weighted_divergence", inputs: [divergence, beta])
    node("Add", "evidence", inputs: [error, current])
  }

  /// Σ(μ² + σ² − ln σ² − 1) of the encoder's means and logarithms of variances.
  private mutating func divergence(latent: Int) {
    node("Split", "means", attributes: [.int("axis", 1)], width: latent, extraOutputs: ["log_variances"])
    squareSum("means_squared")
    let squares = current
    let range = GaussianSample.logVarianceRange
    let low = constant("log_variance.low", [], [Float(range.lowerBound)])
    let high = constant("log_variance.high", [], [Float(range.upperBound)])
    node("Clip", "bounded", inputs: ["log_variances", low, high], width: latent)
    let bounded = current
    node("Exp", "variances", inputs: [bounded])
    node("Sub", "variances_less", inputs: [current, bounded])
    let one = constant("divergence.one", [1], [Float(1)])
    node("Sub", "variances_less_one", inputs: [current, one])
    node("ReduceSum", "variances_sum", inputs: [current, constant("divergence.axes", [1], [1])], width: 1)
    node("Add", "divergence", inputs: [squares, current])
  }

  /// ‖φ(x) − c‖² − R².
  fileprivate mutating func score(by detector: DeepSVDD) throws {
    scale(by: detector.network.scaler)
    try layers(of: detector.network.architecture, detector.network.parameters)
    let geometry = detector.geometry
    let centre = constant("sphere.centre", [1, width], geometry.centre)
    node("Sub", "from_centre", inputs: [current, centre])
    squareSum("distance")
    inDouble("beyond", [("Sub", "sphere.square", [geometry.radius * geometry.radius])], width: 1)
  }

  /// Of each row.
  private mutating func squareSum(_ name: String) {
    node("ReduceSumSquare", name, attributes: [.ints("axes", [1]), .int("keepdims", 1)], width: 1)
  }

  /// The mean distance to the nearest points, the last one counting as far as it is needed. Squared distances are |x|² + |p|² −
  /// 2 x·p in double, so that no difference of each event and each point is kept, and what cancels is 1e-16 of the lengths.
  fileprivate mutating func score(by detector: NearestNeighbours) {
    let columns = width, count = detector.weights.count, points = detector.points.map(Double.init)
    let scales = constant("scales", [1, columns], detector.scales)
    node("Mul", "scaled_float", inputs: [current, scales])
    node("Cast", "scaled", attributes: [.int("to", Int(ElementType.double.rawValue))])
    let scaled = current
    node("ReduceSumSquare", "length", attributes: [.ints("axes", [1]), .int("keepdims", 1)])
    let length = current
    let minusTwice = (0..<columns * count).map { -2 * points[$0 % count * columns + $0 / count] }
    node("MatMul", "products", inputs: [scaled, constant("points", [columns, count], minusTwice)], width: count)
    let lengths = (0..<count).map { point in
      points[point * columns..<(point + 1) * columns].reduce(0) { $0 + $1 * $1 }
    }
    node("Add", "products_and_points", inputs: [current, constant("points.lengths", [1, count], lengths)])
    node("Add", "squares", inputs: [current, length])
    mean(ofNearest: detector)
  }

  private mutating func mean(ofNearest detector: NearestNeighbours) {
    // As many as reach a weight of k, were they the lightest.
    let needed = Double(detector.configuration.neighbours)
    var weight = 0.0, nearest = 0
    for lightest in detector.weights.sorted() where weight < needed {
      weight += Double(lightest)
      nearest += 1
    }
    node(
      "TopK", "nearest_squares", inputs: [current, constant("nearest", [1], [nearest])],
      attributes: [.int("axis", 1), .int("largest", 0), .int("sorted", 1)], width: nearest,
      extraOutputs: ["nearest_places"])
    let zero = constant("zero", [1], [0.0])
    node("Max", "squares_from_zero", inputs: [current, zero])
    node("Sqrt", "distances")
    let distances = current
    let weights = constant("weights", [detector.weights.count], detector.weights.map(Double.init))
    node("Gather", "nearest_weights", inputs: [weights, "nearest_places"])
    let gathered = current
    let axes = constant("axes", [1], [1])
    node(
      "CumSum", "weights_before", inputs: [gathered, constant("axis", [], [1])],
      attributes: [.int("exclusive", 1)])
    node("Sub", "left", inputs: [constant("neighbours", [1], [needed]), current])
    node("Max", "left_from_zero", inputs: [current, zero])
    node("Min", "parts", inputs: [current, gathered])
    let parts = current
    node("Mul", "weighted_distances", inputs: [distances, parts])
    node("ReduceSum", "sum_of_distances", inputs: [current, axes], width: 1)
    let sum = current
    node("ReduceSum", "sum_of_parts", inputs: [parts, axes], width: 1)
    node("Div", "mean_distance", inputs: [sum, current])
    node("Cast", "mean_distance_float", attributes: [.int("to", Int(ElementType.float.rawValue))])
  }
}
