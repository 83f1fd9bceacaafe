// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "inference-benchmark",
  dependencies: [.package(name: "Searchlight", path: "../..")],
  targets: [
    .executableTarget(
      name: "inference-benchmark",
      dependencies: [.product(name: "SearchlightLearning", package: "Searchlight")])
  ])
