// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "StatisticsBenchmark",
  dependencies: [.package(name: "Searchlight", path: "../..")],
  targets: [
    .executableTarget(
      name: "statistics-benchmark", dependencies: [.product(name: "SearchlightStatistics", package: "Searchlight")],
      swiftSettings: [.treatAllWarnings(as: .error), .swiftLanguageMode(.v6)])
  ]
)
