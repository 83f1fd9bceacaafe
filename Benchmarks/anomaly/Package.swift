// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "anomaly-benchmark",
  dependencies: [.package(name: "Searchlight", path: "../..")],
  targets: [
    .executableTarget(
      name: "anomaly-benchmark",
      dependencies: [.product(name: "SearchlightLearning", package: "Searchlight")])
  ])
