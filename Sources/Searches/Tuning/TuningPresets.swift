import Cards

/// Search spaces with a name.
enum TuningPresets {
  static let names = ["cyclical", "genetic", "small"]

  /// - Precondition: one of ``names``.
  static func card(_ name: String) throws -> CardValue {
    guard let text = texts[name] else { preconditionFailure("no preset '\(name)'") }
    return try CardValue.parse(text, file: "the preset '\(name)'")
  }

  private static let texts = [
    // The ranges that M. Crispim Romão, N. F. Castro and R. Pedro's group tuned auto-encoders and Deep SVDD in, with a cyclical rate. They
    // do not say how long a cycle is: with 50 batches up and 50 down a gamma of 0.95 ends within the first one, one of 0.999 after ten.
    "cyclical": """
    hidden_layers: {from: 1, to: 5}
    units: {from: 32, to: 256}
    learning_rate: {from: 1.0e-8, to: 1.0e-3, scale: log}
    schedule: exp_range
    maximum_learning_rate: {from: 1.0e-3, to: 1.0e-1, scale: log}
    gamma: {from: 0.95, to: 0.999, step: 0.001}
    half_cycle: 50
    weight_decay: [0, 1.0e-9, 1.0e-8, 1.0e-7, 1.0e-6, 1.0e-5, 1.0e-4, 1.0e-3]
    clip_norm: [none, 0.001, 0.01, 0.1, 1, 10, 100]
    """,
    // A list of values as in the genetic search of F. F. Freitas, J. Gonçalves, A. P. Morais and R. Pasechnik, JHEP 01 (2021) 076; there is
    // no Adamax here.
    "genetic": """
    hidden_layers: {from: 1, to: 5}
    units: [256, 512, 1024, 2048]
    activation: [relu, elu, tanh, sigmoid]
    initializer: [random_normal(0.05), he_normal, he_uniform]
    optimizer: [adam, sgd, nadam]
    l2: [1.0e-3, 1.0e-5, 1.0e-7]
    """,
    // For a first look on a small machine.
    "small": """
    hidden_layers: {from: 1, to: 4}
    units: {from: 16, to: 256, scale: log}
    activation: [selu, relu, swish, tanh]
    dropout: {from: 0, to: 0.4}
    optimizer: [nadam, adam, sgd]
    learning_rate: {from: 1.0e-4, to: 3.0e-2, scale: log}
    momentum: {from: 0, to: 0.98}
    batch: {from: 128, to: 4096, scale: log}
    """,
  ]
}
