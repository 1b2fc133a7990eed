// swift-tools-version: 6.2
import PackageDescription

let testing: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]
let strict =
    testing + [
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
// The tests play tens of thousands of searches, train networks and serve a thousand processes, and are built for debugging.
let optimised = [SwiftSetting.unsafeFlags(["-O"], .when(configuration: .debug))]
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let sqlite: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "fulcrum",
    products: [
        .executable(name: "fulcrumd", targets: ["fulcrumd"]),
        .executable(name: "fulcrumctl", targets: ["fulcrumctl"]),
        .library(name: "cuda", type: .dynamic, targets: ["StandInCUDA"]),
        .library(name: "Policy", targets: ["Policy"]),
        .library(name: "Telemetry", targets: ["Telemetry"]),
        .library(name: "VirtualFiles", targets: ["VirtualFiles"]),
        .library(name: "SystemCalls", targets: ["SystemCalls"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .target(name: "SystemCalls", dependencies: ["CLinux", system], swiftSettings: strict),
        .testTarget(name: "SystemCallsTests", dependencies: ["SystemCalls", system], swiftSettings: testing),

        .target(name: "CMatrix", cSettings: [.unsafeFlags(["-O3"], .when(configuration: .debug))]),
        .target(name: "Policy", dependencies: ["CMatrix"], swiftSettings: strict + optimised),
        // Finds and reads measurements that are not part of the project; tests alone use it.
        .target(
            name: "MeasuredData", dependencies: ["Policy", "SystemCalls"], path: "Tests/MeasuredData",
            swiftSettings: testing + [.enableUpcomingFeature("InternalImportsByDefault")]),
        .testTarget(name: "PolicyTests", dependencies: ["Policy", "CMatrix", "MeasuredData"], swiftSettings: testing),
        .target(
            name: "Evaluation", dependencies: ["Policy", "SystemCalls", system], swiftSettings: strict + optimised),
        .testTarget(
            name: "EvaluationTests", dependencies: ["Evaluation", "MeasuredData", "Policy", "SystemCalls"],
            swiftSettings: testing),

        .target(name: "Board", dependencies: ["Policy", "SystemCalls", system], swiftSettings: strict),
        .testTarget(
            name: "BoardTests", dependencies: ["Board", "Policy", "SystemCalls", system], swiftSettings: testing),

        .systemLibrary(name: "CBPF", pkgConfig: "libbpf", providers: [.apt(["libbpf-dev"])]),
        .executableTarget(name: "bpfc", swiftSettings: strict),
        .plugin(name: "BPFPlugin", capability: .buildTool(), dependencies: ["bpfc"]),
        .target(name: "BPFObjects", swiftSettings: strict, plugins: ["BPFPlugin"]),
        .testTarget(name: "BPFObjectsTests", dependencies: ["BPFObjects"], swiftSettings: testing),
        .target(
            name: "Telemetry", dependencies: ["CBPF", "BPFObjects", "CLinux", "SystemCalls", system],
            swiftSettings: strict),
        // Feeds damaged input to the parsers; tests run it for some seconds, `make fuzz` for minutes.
        .executableTarget(
            name: "fuzz", dependencies: ["Telemetry", "CBPF"], path: "Tests/Fuzz", swiftSettings: testing),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", "CBPF", "BPFObjects", "SystemCalls", "fuzz", system],
            swiftSettings: testing),

        .systemLibrary(name: "CFuse", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
        .target(name: "VirtualFiles", dependencies: ["CFuse", "CLinux", "SystemCalls", system], swiftSettings: strict),
        .testTarget(
            name: "VirtualFilesTests", dependencies: ["VirtualFiles", "CLinux", "SystemCalls", system],
            swiftSettings: testing),

        // GRDB brings Foundation and SQLite; nothing else of ours sees them.
        .target(
            name: "ProfileStore", dependencies: ["Policy", "SystemCalls", sqlite, system], swiftSettings: strict),
        // Writes profiles until it is killed; tests alone use it.
        .executableTarget(
            name: "profile-writer", dependencies: ["ProfileStore", "Policy"], path: "Tests/ProfileWriter",
            swiftSettings: testing),
        .testTarget(
            name: "ProfileStoreTests",
            dependencies: ["ProfileStore", "Policy", "SystemCalls", "profile-writer", sqlite],
            swiftSettings: testing),

        // What fulcrumctl reads from the tree, as values, tables and traces.
        .target(name: "Inspection", dependencies: ["CLinux", "SystemCalls", system], swiftSettings: strict),
        .testTarget(
            name: "InspectionTests", dependencies: ["Inspection", "CLinux", "SystemCalls"], swiftSettings: testing),

        .target(
            name: "Governor",
            dependencies: [
                "Board", "ProfileStore", "Telemetry", "VirtualFiles", "Policy", "SystemCalls", "CLinux", system,
                logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "GovernorTests",
            dependencies: [
                "Governor", "Policy", "ProfileStore", "SystemCalls", "Telemetry", "VirtualFiles", system,
            ],
            swiftSettings: testing),
        .executableTarget(name: "fulcrumd", dependencies: ["Governor", arguments, logging], swiftSettings: strict),
        .executableTarget(
            name: "fulcrumctl",
            dependencies: [
                "Evaluation", "Inspection", "Policy", "Governor", "Board", "Telemetry", "SystemCalls", arguments,
            ],
            swiftSettings: strict),

        .target(name: "CVirtualGPU"),
        // A C library: without these flags it would need the Swift runtime of the machine that it was built on.
        .target(
            name: "StandInCUDA", dependencies: ["CVirtualGPU"],
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-nostartfiles", "-Xlinker", "--as-needed", "-Xlinker", "-soname", "-Xlinker",
                    "libcuda.so.1",
                ])
            ]),
        .target(
            name: "VirtualJetson",
            dependencies: ["CVirtualGPU", "CLinux", "Policy", "SystemCalls", "VirtualFiles", system],
            swiftSettings: strict + optimised),
        .testTarget(
            name: "VirtualJetsonTests",
            dependencies: [
                "CBPF", "VirtualJetson", "CVirtualGPU", "MeasuredData", "Policy", "SystemCalls", "Telemetry",
                "VirtualFiles", "virtual-workload", "virtual-client", system,
            ], swiftSettings: testing),
        .executableTarget(name: "virtual-client"),
        .executableTarget(
            name: "virtual-jetson",
            dependencies: ["VirtualJetson", "Policy", "SystemCalls", "CLinux", arguments, system], swiftSettings: strict
        ),
        .executableTarget(
            name: "virtual-workload", dependencies: ["CVirtualGPU", "SystemCalls", arguments, system],
            swiftSettings: strict),
        .target(name: "Demonstration", dependencies: ["CLinux", "SystemCalls", system], swiftSettings: strict),
        .executableTarget(name: "fulcrum-demo", dependencies: ["Demonstration", "SystemCalls"], swiftSettings: strict),
        .testTarget(
            name: "EndToEnd", dependencies: ["Demonstration", "SystemCalls", system], swiftSettings: testing),
    ]
)
