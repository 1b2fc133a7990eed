// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "fulcrum-benchmarks",
    products: [
        .library(name: "calls", type: .dynamic, targets: ["ProbedLibrary"])
    ],
    dependencies: [
        .package(name: "fulcrum", path: "..")
    ],
    targets: [
        .target(name: "CAllocationCount"),
        .target(name: "CBaseline", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "ProbedLibrary"),
        .executableTarget(name: "calling-process", cSettings: [.define("_GNU_SOURCE")]),
        .executableTarget(
            name: "bench",
            dependencies: [
                "CAllocationCount", "CBaseline", .product(name: "Policy", package: "fulcrum"),
                .product(name: "Telemetry", package: "fulcrum"),
                .product(name: "VirtualFiles", package: "fulcrum"),
                .product(name: "SystemCalls", package: "fulcrum"),
            ],
            swiftSettings: strict),
    ]
)
