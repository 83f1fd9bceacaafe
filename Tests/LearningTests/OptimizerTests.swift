import NeuralNetworks
import Records
import Tensors
import Testing

@testable import Learning

@Suite(.enabled(if: TorchRuntime.isAvailable, "LibTorch's room is not installed"))
struct OptimizerTests {
  /// Five steps on f(x) = x²/2 from x = 1 at rate 2e-3, computed from the formula of torch.optim.NAdam in double (momentum
  /// decay 0.004, ε = 1e-8), and with exponent t (momentum decay 1, ε = 1e-7) as Keras 3 has it.
  @Test(arguments: [
    (0.004, 1e-8, [0.9978870964644183, 0.996321196799969, 0.9948589145392641, 0.9933996491145133, 0.99191124917993]),
    (1.0, 1e-7, [0.99787442460594, 0.996328672568456, 0.9949079995985635, 0.9935070544057942, 0.9920894626394838]),
  ])
  func nadamFollowsItsFormula(decay: Double, epsilon: Double, expected: [Double]) async throws {
    let found = try await TorchActor.run {
      let scope = ParameterScope(.initialized(SeedTree(root: 1)))
      let x = try scope.parameter("x", shape: [1], initializer: .ones)
      let optimizer = try Optimizer(
        .nadam(epsilon: epsilon, momentumDecay: decay), learningRate: 2e-3, parameters: scope.finish())
      return try (0..<5).map { _ in
        try (x * x * 0.5).sum().backward()
        try optimizer.step()
        return Double(try x.floats()[0])
      }
    }
    // float32 parameters: half a unit in the last place a step.
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 5e-7) }
  }
}
