import Records
import Tensors

/// The noisy middle of a variational auto-encoder (Kingma and Welling, arXiv:1312.6114, section 2.4): the input holds means μ
/// and then as many logarithms of variances, the output is `μ + σ ε` with standard normal ε while training, μ at inference.
///
/// The noise of a step is drawn from the stream of that number under the masks' child of the layer's name, row by row: it
/// depends on nothing else. Logarithms of variances are kept within ±20, beyond which σ would leave float32's usable range.
@TorchActor
public struct GaussianSample: Layer {
  public nonisolated static let logVarianceRange = -20.0...20.0
  let name: String

  public init(name: String) { self.name = name }

  /// - Input: [batch, 2·latent]; output: [batch, latent].
  public func callAsFunction(_ input: Tensor, mode: ForwardMode) throws -> Tensor {
    let (means, logVariances) = try GaussianSample.halves(input)
    guard case .training(let masks, let step) = mode else { return means }
    var random = masks.child(name).stream(step)
    let noise = try Tensor(
      (0..<means.count).map { _ in Float(random.normal()) }, shape: means.shape, device: means.device)
    return try means + (logVariances * 0.5).exp() * noise.converted(to: input.elementType)
  }

  /// Means and logarithms of variances, each [batch, latent].
  public static func halves(_ input: Tensor) throws -> (means: Tensor, logVariances: Tensor) {
    let latent = (input.shape.last ?? 0) / 2
    return (
      try input.slice(axis: 1, 0..<latent),
      try input.slice(axis: 1, latent..<2 * latent).clamped(to: logVarianceRange)
    )
  }
}
