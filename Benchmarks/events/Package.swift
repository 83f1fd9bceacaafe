// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "EventsBenchmark",
  dependencies: [.package(name: "Searchlight", path: "../..")],
  targets: [
    .executableTarget(
      name: "events-benchmark", dependencies: [.product(name: "SearchlightSimulation", package: "Searchlight")],
      swiftSettings: [.treatAllWarnings(as: .error), .swiftLanguageMode(.v6)])
  ]
)
