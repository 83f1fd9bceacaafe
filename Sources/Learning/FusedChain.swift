import NeuralNetworks
import Records
import Tensors

/// A chain of layers as the fused kernels take it: dense layers, each followed by at most one activation and one dropout.
@TorchActor
struct FusedChain {
  private(set) var layers: [FusedDenseNetwork.Layer] = []

  /// - Parameters:
  ///   - optimizer: whose moments and penalties training uses; nil for a network that only answers.
  ///   - masks: the node whose children key the dropout masks.
  /// - Returns: nil for chains with other layers (batch normalisation, softmax).
  init?(_ network: Sequential, optimizer: Optimizer? = nil, masks: SeedTree? = nil) {
    var parameters = network.parameters.indices[...]
    var hasActivation = false
    for (index, description) in network.architecture.layers.enumerated() {
      switch description {
      case .dense, .linear:
        let hasBias = if case .dense = description { true } else { false }
        guard let weight = parameters.popFirst() else { return nil }
        let bias = hasBias ? parameters.popFirst() : nil
        layers.append(Self.layer(network, weight, bias, optimizer))
        hasActivation = false
      case .activation(let activation):
        guard !layers.isEmpty, !hasActivation, layers[layers.count - 1].dropThreshold == 0,
          let fused = activation.fused
        else { return nil }
        layers[layers.count - 1].activation = fused
        hasActivation = true
      case .dropout(let rate): if !drop(.plain(rate: rate), index, optimizer, masks) { return nil }
      case .alphaDropout(let rate): if !drop(.alpha(rate: rate), index, optimizer, masks) { return nil }
      case .batchNorm, .gaussianSample: return nil
      }
    }
    if layers.isEmpty { return nil }
  }

  private static func layer(
    _ network: Sequential, _ weight: Int, _ bias: Int?, _ optimizer: Optimizer?
  ) -> FusedDenseNetwork.Layer {
    var layer = FusedDenseNetwork.Layer(
      weight: network.parameters[weight].tensor, bias: bias.map { network.parameters[$0].tensor },
      weightMoments: optimizer?.moments[weight], biasMoments: bias.flatMap { optimizer?.moments[$0] })
    layer.l1 = optimizer?.extras.l1 ?? 0
    layer.l2 = 2 * (optimizer?.extras.l2 ?? 0)
    return layer
  }

  /// False where the chain is not of the fused form. At inference dropout does nothing.
  private mutating func drop(_ rule: DropoutRule, _ index: Int, _ optimizer: Optimizer?, _ masks: SeedTree?) -> Bool {
    guard !layers.isEmpty, layers[layers.count - 1].dropThreshold == 0 else { return false }
    guard optimizer != nil, let masks else { return true }
    layers[layers.count - 1].dropThreshold = rule.threshold
    layers[layers.count - 1].dropped = rule.dropped
    layers[layers.count - 1].scale = rule.scale
    layers[layers.count - 1].shift = rule.shift
    layers[layers.count - 1].maskKey = masks.child(String(index)).derivedSeed
    return true
  }
}

extension Loss {
  /// The same loss in the fused kernels; nil where it is computed outside them, between the two halves of a step.
  var fused: FusedLoss? {
    switch self {
    case .binaryCrossEntropy: .binaryCrossEntropy
    case .categoricalCrossEntropy: .categoricalCrossEntropy
    case .meanSquaredError: .meanSquaredError
    case .asimov: nil
    }
  }
}
