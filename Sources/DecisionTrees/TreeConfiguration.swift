import Learning

/// What trees are to tell.
public enum TreeTask: Hashable, Codable, Sendable {
  /// Signal (1) from background (0).
  case classification
  /// One of several classes, counted from 0.
  case multiclass(classes: Int)
  /// A number, by least squares.
  case regression

  /// Numbers that a model gives for each row.
  public var outputCount: Int {
    if case .multiclass(let classes) = self { classes } else { 1 }
  }
}

/// How trees are grown. Names in brackets are XGBoost's; defaults are ours.
public struct TreeConfiguration: Hashable, Codable, Sendable {
  public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
    /// Each round's trees correct the sum of those before (T. Chen, C. Guestrin, arXiv:1603.02754).
    case boosted
    /// Independent trees on random parts of rows and columns, averaged.
    case forest
  }

  public var kind: Kind
  /// Rounds of boosting, or trees of a forest; for several classes each round grows one a class. 1 … 100 000.
  public var trees: Int
  /// Levels of splits (`max_depth`), 1 … 64.
  public var maximumDepth: Int
  /// Share of each round's correction that is taken (`eta`), above 0 and at most 1; a forest has 1.
  public var learningRate: Double
  /// Least sum of second derivatives in a leaf (`min_child_weight`): for squared errors that of weights, whose mean is 1.
  public var minimumChildWeight: Double
  /// Least gain of a split (`gamma`).
  public var minimumGain: Double
  /// Penalties on leaf values (`lambda`, `alpha`).
  public var l2: Double
  public var l1: Double
  /// Fraction of rows that a round sees (`subsample`), and of columns that a tree and that a split may use
  /// (`colsample_bytree`, `colsample_bynode`).
  public var rowFraction: Double
  public var treeColumnFraction: Double
  public var splitColumnFraction: Double
  /// Bins of a feature (`max_bin`), 2 … 65 536.
  public var bins: Int
  /// Boosting ends after so many rounds without a better validation loss; the best round's model is kept. 0: never.
  public var patience: Int
  /// NaN stands for a missing value, and each split learns where to send it; otherwise NaN is an error.
  public var allowsMissing: Bool
  /// Threads that grow trees. Sums over rows are made in one part a thread, so that another number may give other trees.
  public var threads: Int
  /// Root of the random choice of rows and columns.
  public var seed: UInt64

  public init(
    kind: Kind = .boosted, trees: Int = 300, maximumDepth: Int = 6, learningRate: Double = 0.1,
    minimumChildWeight: Double = 1, minimumGain: Double = 0, l2: Double = 1, l1: Double = 0, rowFraction: Double = 1,
    treeColumnFraction: Double = 1, splitColumnFraction: Double = 1, bins: Int = 256, patience: Int = 0,
    allowsMissing: Bool = false, threads: Int = 2, seed: UInt64 = 0
  ) {
    self.kind = kind
    self.trees = trees
    self.maximumDepth = maximumDepth
    self.learningRate = learningRate
    self.minimumChildWeight = minimumChildWeight
    self.minimumGain = minimumGain
    self.l2 = l2
    self.l1 = l1
    self.rowFraction = rowFraction
    self.treeColumnFraction = treeColumnFraction
    self.splitColumnFraction = splitColumnFraction
    self.bins = bins
    self.patience = patience
    self.allowsMissing = allowsMissing
    self.threads = threads
    self.seed = seed
  }

  /// A random forest: 63 % of rows a tree, √columns a split, no penalty.
  public static func forest(trees: Int = 300, maximumDepth: Int = 20, columns: Int, seed: UInt64 = 0) -> Self {
    TreeConfiguration(
      kind: .forest, trees: trees, maximumDepth: maximumDepth, learningRate: 1, l2: 0, rowFraction: 0.632,
      splitColumnFraction: Double(columns).squareRoot() / Double(columns), seed: seed)
  }

  /// - Throws: `LearningError.invalidConfiguration` for the first value that is out of range.
  public func validate() throws {
    func need(_ isRight: Bool, _ key: String, _ value: Any, _ allowed: String) throws {
      guard isRight else { throw LearningError.invalidConfiguration(key: key, value: "\(value)", allowed: allowed) }
    }
    try need((1...100_000).contains(trees), "trees", trees, "1 … 100000")
    try need((1...64).contains(maximumDepth), "maximum_depth", maximumDepth, "1 … 64")
    try need(learningRate > 0 && learningRate <= 1, "learning_rate", learningRate, "above 0, at most 1")
    try need(minimumChildWeight >= 0, "minimum_child_weight", minimumChildWeight, "0 or more")
    try need(minimumGain >= 0, "minimum_gain", minimumGain, "0 or more")
    try need(l2 >= 0, "l2", l2, "0 or more")
    try need(l1 >= 0, "l1", l1, "0 or more")
    for (key, value) in [
      ("row_fraction", rowFraction), ("tree_column_fraction", treeColumnFraction),
      ("split_column_fraction", splitColumnFraction),
    ] { try need(value > 0 && value <= 1, key, value, "above 0, at most 1") }
    try need((2...65_536).contains(bins), "bins", bins, "2 … 65536")
    try need(patience >= 0, "patience", patience, "0 or more")
    try need((1...1024).contains(threads), "threads", threads, "1 … 1024")
    let hasRandomness = kind == .boosted || rowFraction < 1 || treeColumnFraction < 1 || splitColumnFraction < 1
    try need(hasRandomness, "row_fraction", rowFraction, "below 1, or a fraction of columns below 1, in a forest")
  }

  /// XGBoost's settings, in order.
  func parameters(for task: TreeTask) -> [(name: String, value: String)] {
    // A forest averages: with squared errors its leaves hold means of labels, which are probabilities.
    let objective: (name: String, metric: String) =
      switch task {
      case .classification: kind == .boosted ? ("binary:logistic", "logloss") : ("reg:squarederror", "rmse")
      case .multiclass: ("multi:softprob", "mlogloss")
      case .regression: ("reg:squarederror", "rmse")
      }
    var parameters: [(String, String)] = [
      ("objective", objective.name), ("eval_metric", objective.metric), ("tree_method", "hist"),
      ("nthread", "\(threads)"), ("seed", "\(seed & 0x7fff_ffff)"), ("seed_per_iteration", "1"),
      ("max_depth", "\(maximumDepth)"), ("eta", "\(kind == .forest ? 1 : learningRate)"),
      ("min_child_weight", "\(minimumChildWeight)"), ("gamma", "\(minimumGain)"), ("lambda", "\(l2)"),
      ("alpha", "\(l1)"), ("subsample", "\(rowFraction)"), ("colsample_bytree", "\(treeColumnFraction)"),
      ("colsample_bynode", "\(splitColumnFraction)"), ("max_bin", "\(bins)"), ("base_score", "0.5"),
    ]
    if kind == .forest { parameters.append(("num_parallel_tree", "\(trees)")) }
    if case .multiclass(let classes) = task { parameters.append(("num_class", "\(classes)")) }
    return parameters
  }
}
