// swift-tools-version: 6.1
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

// The rooms, ground floor first; imports only ever point down (docs/architecture.md).
// `Holdfast` only re-exports these, so it looks unchanged when they change: whoever is built on it names them too, or an
// incremental build would leave it behind with the old layouts.
let rooms: [Target.Dependency] = [
  "HoldfastTensor", "HoldfastStorage", "HoldfastText", "HoldfastModel", "HoldfastTuning", "HoldfastKnowledge",
]

let package = Package(
  name: "holdfast",
  products: [
    .library(name: "Holdfast", targets: ["Holdfast"]),
    .library(name: "HoldfastC", type: .dynamic, targets: ["HoldfastC"]),
    .executable(name: "holdfast", targets: ["holdfast-cli"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CHoldfast", path: "include"),
    .systemLibrary(
      name: "CHDF5", path: "Sources/CHDF5", pkgConfig: "hdf5",
      providers: [.apt(["libhdf5-dev"])]),
    .target(
      name: "CHoldfastKernels",
      linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "HoldfastTensor", dependencies: ["CHoldfastKernels"], swiftSettings: swiftSettings),
    .target(
      name: "HoldfastStorage", dependencies: ["CHDF5", "CHoldfastKernels", "HoldfastTensor"],
      swiftSettings: swiftSettings),
    .target(
      name: "HoldfastText", dependencies: ["HoldfastStorage"], swiftSettings: swiftSettings),
    .target(
      name: "HoldfastModel", dependencies: ["HoldfastText"], swiftSettings: swiftSettings),
    .target(
      name: "HoldfastTuning", dependencies: ["HoldfastModel"], swiftSettings: swiftSettings),
    .target(
      name: "HoldfastKnowledge", dependencies: ["HoldfastTuning"], swiftSettings: swiftSettings),
    .target(
      name: "Holdfast", dependencies: ["HoldfastKnowledge"], swiftSettings: swiftSettings),
    .target(
      name: "HoldfastC", dependencies: rooms + ["Holdfast", "CHoldfast"], swiftSettings: swiftSettings),
    .executableTarget(
      name: "holdfast-cli",
      dependencies: rooms + [
        "Holdfast", "Yams",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: swiftSettings),
    .testTarget(
      name: "HoldfastTensorTests", dependencies: ["HoldfastTensor", "CHoldfastKernels"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "HoldfastStorageTests", dependencies: ["HoldfastStorage"], swiftSettings: swiftSettings),
    .testTarget(
      name: "HoldfastTextTests", dependencies: ["HoldfastText"], swiftSettings: swiftSettings),
    .testTarget(
      name: "HoldfastModelTests", dependencies: ["HoldfastModel", "CHoldfastKernels"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "HoldfastTuningTests", dependencies: ["HoldfastTuning"], swiftSettings: swiftSettings),
    .testTarget(
      name: "HoldfastKnowledgeTests", dependencies: ["HoldfastKnowledge"],
      swiftSettings: swiftSettings),
  ]
)
