// swift-tools-version: 6.2
import PackageDescription

/// The layers of ARCHITECTURE.md: a module may depend on its own layer and on lower ones.
/// `Scripts/check-layers` compares this list with the table there.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .swiftLanguageMode(.v6)]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

/// A room: a plain C header over one library. `linking` names what the system linker needs;
/// the heavy rooms (CTorch, CPythia) have none, because the program loads them at first use.
func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], linking libraries: [String] = [], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, linkerSettings: libraries.map { .linkedLibrary($0) })
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
    resources: resources, swiftSettings: strict)
}

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "Searchlight",
  products: [
    .executable(name: "searchlight", targets: ["searchlight"]),
    .library(
      name: "SearchlightLearning",
      targets: [
        "Learning", "DecisionTrees", "AnomalyDetection", "HyperparameterSearch", "ModelExchange", "NeuralNetworks",
        "Tensors",
      ]),
    .library(name: "SearchlightStatistics", targets: ["StatisticalModels", "Inference"]),
    .library(
      name: "SearchlightFiles", targets: ["ROOTFiles", "EventFiles", "GeneratorFiles", "Columns", "Histograms"]),
    .library(name: "SearchlightEvents", targets: ["EventFiles", "EventSelection", "JetClustering", "PhysicsObjects"]),
    .library(name: "SearchlightSimulation", targets: ["EventGeneration", "DetectorSimulation", "EventFiles"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // 0: rooms
    room("CTorch"),
    room("CPythia"),
    room("CFastJet", linking: ["fastjet"]),
    .systemLibrary(name: "HDF5Library", pkgConfig: "hdf5-serial", providers: [.apt(["libhdf5-dev"])]),
    room("CHDF5", ["HDF5Library"]),
    .systemLibrary(name: "CairoLibrary", pkgConfig: "cairo-ft", providers: [.apt(["libcairo2-dev"])]),
    room("CCairo", ["CairoLibrary"], exclude: ["Fonts", "README.md"]),
    room("CLAPACK", linking: ["lapacke"]),
    room("CCrypto", linking: ["crypto"]),
    room("CXGBoost", exclude: ["README.md"]),
    room("CVectors", exclude: ["README.md"]),
    room("CCodecs", linking: ["deflate", "lzma", "lz4", "zstd", "xxhash", "z"], exclude: ["README.md"]),

    // 1: numbers, records, bytes, columns
    module("CoreNumerics", ["CLAPACK"]),
    module("Records", ["CCrypto"]),
    module("ByteIO", ["CCodecs", "Records"]),
    module("Columns", ["Records"]),
    module("Cards", ["ByteIO", "Records", yams]),
    module("Histograms", ["Records"]),
    module("ROOTFiles", ["ByteIO", "Columns", "Histograms", "Records"]),

    // 2: learning, which knows no physics
    module("Tensors", ["CTorch", "Records"]),
    module("NeuralNetworks", ["Tensors", "Records"]),
    module("Learning", ["NeuralNetworks", "Tensors", "Records", "ByteIO", "CoreNumerics"]),
    module("DecisionTrees", ["CXGBoost", "Learning", "ByteIO", "Records"]),
    module(
      "ModelExchange",
      ["AnomalyDetection", "DecisionTrees", "Learning", "NeuralNetworks", "ByteIO", "Records", protobuf],
      exclude: ["Messages/onnx.proto"]),
    module("HyperparameterSearch", ["Records", "CoreNumerics"]),
    module(
      "AnomalyDetection",
      [
        "CVectors", "HyperparameterSearch", "Learning", "NeuralNetworks", "Tensors", "CoreNumerics", "ByteIO",
        "Records",
      ]),
    module("TrialStores", ["HyperparameterSearch", "ByteIO", "Records", grdb]),

    // 3: physics, which knows no learning
    module("PhysicsObjects", ["Records"]),
    module("EventFiles", ["CHDF5", "Columns", "Histograms", "ByteIO", "ROOTFiles", "EventSelection", "Records"]),
    module("GeneratorFiles", ["ByteIO", "PhysicsObjects", "Records"]),
    module(
      "EventGeneration", ["CPythia", "GeneratorFiles", "PhysicsObjects", "CoreNumerics", "Cards", "Records", yams]),
    module("JetClustering", ["CFastJet", "PhysicsObjects", "Records"]),
    module("DetectorSimulation", ["JetClustering", "PhysicsObjects", "Columns", "Cards", "Records", yams]),
    module("EventSelection", ["Columns", "Histograms", "PhysicsObjects", "Records"]),
    module("EventSchemas", ["ROOTFiles", "EventSelection", "Columns", "Records"]),

    // 4: statistics, which knows no physics
    module("StatisticalModels", ["CoreNumerics", "Histograms", "ROOTFiles", "ByteIO", "Records"]),
    module("Inference", ["StatisticalModels", "CoreNumerics", "ByteIO", "Records"]),

    // 5: learning and physics together
    module("ColliderNetworks", ["Learning", "NeuralNetworks", "ByteIO", "Records"]),
    module("Interpretation", ["Learning", "Histograms", "CoreNumerics", "Records"]),

    // 6: pictures and pages
    module("Figures", ["CCairo", "Histograms", "CoreNumerics", "Records", "ByteIO"]),
    module(
      "Reports",
      [
        "Figures", "Inference", "StatisticalModels", "HyperparameterSearch", "TrialStores", "CoreNumerics", "Records",
        "ByteIO", "Interpretation", "Learning", "DecisionTrees",
      ]),

    // 7: searches
    module(
      "Searches",
      [
        "Columns", "Histograms", "ByteIO", "Records", "CoreNumerics", "Tensors", "NeuralNetworks", "Learning",
        "DecisionTrees", "HyperparameterSearch", "TrialStores", "PhysicsObjects", "EventFiles", "EventGeneration",
        "DetectorSimulation", "EventSelection", "EventSchemas", "ROOTFiles", "StatisticalModels", "Inference",
        "Figures", "Reports",
        "Cards", "JetClustering", "Interpretation", "ColliderNetworks", "ModelExchange", "AnomalyDetection",
      ]),

    // 8: the program
    .executableTarget(
      name: "searchlight",
      dependencies: [
        "Searches", "Records", "ByteIO", "Columns", "EventFiles", "EventSelection", "GeneratorFiles", "ROOTFiles",
        "EventGeneration", "StatisticalModels", "Inference", "DetectorSimulation", "Figures", "Reports", "Tensors",
        "Learning", "HyperparameterSearch", "TrialStores", argumentParser, "DecisionTrees", "ModelExchange",
      ],
      swiftSettings: strict),

    // T: tests
    module("TestSupport", ["Records"]),
    tests(of: "CoreNumerics"),
    tests(of: "Records"),
    tests(of: "ByteIO", ["Records"]),
    tests(of: "Columns"),
    tests(of: "Cards"),
    tests(of: "Histograms"),
    tests(of: "ROOTFiles", ["ByteIO", "Columns", "Histograms", "Records"]),
    tests(of: "Tensors"),
    tests(of: "NeuralNetworks", ["Tensors"]),
    tests(of: "Learning", ["NeuralNetworks", "Tensors"]),
    tests(of: "DecisionTrees", ["Learning", "Records"]),
    tests(
      of: "AnomalyDetection",
      ["HyperparameterSearch", "Learning", "NeuralNetworks", "Tensors", "CoreNumerics", "Records"]),
    tests(
      of: "ModelExchange", ["AnomalyDetection", "DecisionTrees", "Learning", "NeuralNetworks", "Records", "Tensors"]),
    tests(of: "HyperparameterSearch", ["Records"]),
    tests(of: "TrialStores", ["HyperparameterSearch", "ByteIO", "Records"]),
    tests(of: "PhysicsObjects"),
    tests(of: "EventFiles", ["Columns", "Histograms", "ByteIO", "EventSelection", "Records"]),
    tests(of: "GeneratorFiles", ["ByteIO", "PhysicsObjects", "Records"]),
    tests(of: "EventGeneration", ["GeneratorFiles", "PhysicsObjects"]),
    tests(of: "JetClustering", ["PhysicsObjects"]),
    tests(
      of: "DetectorSimulation",
      ["JetClustering", "PhysicsObjects", "Columns", "Cards", "Records", "EventGeneration"]),
    tests(of: "EventSelection", ["Columns", "Histograms"]),
    tests(of: "EventSchemas", ["Columns", "EventSelection", "ROOTFiles"]),
    tests(of: "StatisticalModels", ["Histograms", "Records"]),
    tests(of: "Inference", ["StatisticalModels", "CoreNumerics", "Histograms", "ByteIO"]),
    tests(of: "ColliderNetworks", ["Learning", "Records", "Tensors"]),
    tests(of: "Interpretation", ["Learning", "CoreNumerics", "Records", "Tensors"]),
    tests(of: "Figures"),
    tests(
      of: "Reports",
      [
        "Figures", "Inference", "StatisticalModels", "CoreNumerics", "HyperparameterSearch", "TrialStores", "Records",
        "Interpretation", "Learning", "DecisionTrees",
      ]),
    tests(
      of: "Searches",
      [
        "ByteIO", "Cards", "Columns", "Histograms", "EventFiles", "EventGeneration", "StatisticalModels", "Inference",
        "Records", "Tensors", "Learning", "HyperparameterSearch", "TrialStores",
      ]),
    tests(
      of: "searchlight",
      [
        "ByteIO", "Columns", "EventFiles", "EventGeneration", "Records", "Searches", "Tensors", "TrialStores",
        argumentParser,
      ]),
  ]
)
