import NeuralNetworks

// A key that is absent has its default, and the keys that came later are written only where they differ from it: files
// and digests of trainings that do not use them stay as they were.
extension TrainingConfiguration: Codable {
  enum CodingKeys: String, CodingKey {
    case hiddenUnits = "hidden_units"
    case dropout, epochs
    case batchSize = "batch_size"
    case learningRate = "learning_rate"
    case optimizer, patience
    case minimumImprovement = "minimum_improvement"
    case classBalance = "class_balance"
    case fused
    case checkpointInterval = "checkpoint_interval"
    case activation, initializer
    case firstInitializer = "first_initializer"
    case outputInitializer = "output_initializer"
    case dropoutKind = "dropout_kind"
    case droppedLayers = "dropped_layers"
    case batchNormalization = "batch_normalization"
    case bias, loss, l1, l2
    case classWeights = "class_weights"
    case negativeWeights = "negative_weights"
    case resampling, schedule
    case momentumRamp = "momentum_ramp"
    case weightDecay = "weight_decay"
    case clipping
    case relativeImprovement = "relative_improvement"
  }

  public init(from decoder: any Decoder) throws {
    self.init()
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, _ path: WritableKeyPath<Self, Value>) throws {
      if let value = try keys.decodeIfPresent(Value.self, forKey: key) { self[keyPath: path] = value }
    }
    func readOptional<Value: Decodable>(_ key: CodingKeys, _ path: WritableKeyPath<Self, Value?>) throws {
      self[keyPath: path] = try keys.decodeIfPresent(Value.self, forKey: key)
    }
    try read(.hiddenUnits, \.hiddenUnits)
    try read(.dropout, \.dropout)
    try read(.epochs, \.epochs)
    try read(.batchSize, \.batchSize)
    try read(.learningRate, \.learningRate)
    try read(.optimizer, \.optimizer)
    try read(.patience, \.patience)
    try read(.minimumImprovement, \.minimumImprovement)
    try read(.classBalance, \.classBalance)
    try read(.fused, \.fused)
    try read(.checkpointInterval, \.checkpointInterval)
    if let word = try keys.decodeIfPresent(String.self, forKey: .activation) {
      guard let known = Activation(word: word) else {
        throw DecodingError.dataCorruptedError(
          forKey: .activation, in: keys,
          debugDescription: "no activation '\(word)'; there are \(Activation.words.joined(separator: ", "))")
      }
      activation = known
    }
    try read(.initializer, \.initializer)
    try readOptional(.firstInitializer, \.firstInitializer)
    try readOptional(.outputInitializer, \.outputInitializer)
    try read(.dropoutKind, \.dropoutKind)
    try readOptional(.droppedLayers, \.droppedLayers)
    try read(.batchNormalization, \.batchNormalization)
    try read(.bias, \.bias)
    try readOptional(.loss, \.loss)
    try read(.l1, \.l1)
    try read(.l2, \.l2)
    try readOptional(.classWeights, \.classWeights)
    try read(.negativeWeights, \.negativeWeights)
    try read(.resampling, \.resampling)
    try read(.schedule, \.schedule)
    try readOptional(.momentumRamp, \.momentumRamp)
    try read(.weightDecay, \.weightDecay)
    try read(.clipping, \.clipping)
    try read(.relativeImprovement, \.relativeImprovement)
  }

  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(hiddenUnits, forKey: .hiddenUnits)
    try keys.encode(dropout, forKey: .dropout)
    try keys.encode(epochs, forKey: .epochs)
    try keys.encode(batchSize, forKey: .batchSize)
    try keys.encode(learningRate, forKey: .learningRate)
    try keys.encode(optimizer, forKey: .optimizer)
    try keys.encode(patience, forKey: .patience)
    try keys.encode(minimumImprovement, forKey: .minimumImprovement)
    try keys.encode(classBalance, forKey: .classBalance)
    try keys.encode(fused, forKey: .fused)
    try keys.encode(checkpointInterval, forKey: .checkpointInterval)
    let plain = TrainingConfiguration()
    func write<Value: Encodable & Equatable>(_ key: CodingKeys, _ path: KeyPath<Self, Value>) throws {
      if self[keyPath: path] != plain[keyPath: path] { try keys.encode(self[keyPath: path], forKey: key) }
    }
    try write(.activation, \.activation.word)
    try write(.initializer, \.initializer)
    try write(.firstInitializer, \.firstInitializer)
    try write(.outputInitializer, \.outputInitializer)
    try write(.dropoutKind, \.dropoutKind)
    try write(.droppedLayers, \.droppedLayers)
    try write(.batchNormalization, \.batchNormalization)
    try write(.bias, \.bias)
    try write(.loss, \.loss)
    try write(.l1, \.l1)
    try write(.l2, \.l2)
    try write(.classWeights, \.classWeights)
    try write(.negativeWeights, \.negativeWeights)
    try write(.resampling, \.resampling)
    try write(.schedule, \.schedule)
    try write(.momentumRamp, \.momentumRamp)
    try write(.weightDecay, \.weightDecay)
    try write(.clipping, \.clipping)
    try write(.relativeImprovement, \.relativeImprovement)
  }
}
