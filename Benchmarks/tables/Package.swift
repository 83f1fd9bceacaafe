// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "TablesBenchmark",
  dependencies: [.package(name: "Searchlight", path: "../..")],
  targets: [
    .executableTarget(
      name: "tables-benchmark", dependencies: [.product(name: "SearchlightFiles", package: "Searchlight")],
      swiftSettings: [.treatAllWarnings(as: .error), .swiftLanguageMode(.v6)])
  ]
)
