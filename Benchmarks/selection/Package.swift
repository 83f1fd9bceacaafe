// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "SelectionBenchmark",
  dependencies: [.package(name: "Searchlight", path: "../..")],
  targets: [
    .executableTarget(
      name: "selection-benchmark", dependencies: [.product(name: "SearchlightEvents", package: "Searchlight")],
      swiftSettings: [.treatAllWarnings(as: .error), .swiftLanguageMode(.v6)])
  ]
)
