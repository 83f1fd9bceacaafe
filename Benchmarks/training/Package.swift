// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "training-benchmark",
  dependencies: [.package(name: "Searchlight", path: "../..")],
  targets: [
    .executableTarget(
      name: "training-benchmark",
      dependencies: [.product(name: "SearchlightLearning", package: "Searchlight")])
  ])
