// swift-tools-version: 6.2
import PackageDescription

/// Language mode 6 comes with the tools version; a warning in our own code fails the build.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny")]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "cairn",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "cairn", targets: ["cairn"]),
        .executable(name: "cairn-bench", targets: ["cairn-bench"]),
        .executable(name: "cairn-simulation", targets: ["cairn-simulation"]),
        // Internal to this repository: what the micro benchmarks in Benchmarks/ reach into. No promise to anybody.
        .library(
            name: "CairnParts",
            targets: ["FlowCore", "HuntCore", "OrderIndex", "PostgresClient", "ScanWire", "Storage"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // For tests alone: cairn reads Protobuf scans itself.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CRdkafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),

        library("HuntCore"),
        library("MetricsText"),
        library("ScanWire", ["HuntCore"]),
        library("FlowCore", ["HuntCore"]),
        library("OrderIndex", ["HuntCore"]),
        library("HuntFile", ["HuntCore", yams]),
        library("Settings", [yams]),
        library("Reactor", ["CLinux"]),
        library("KafkaClient", ["CRdkafka", "Reactor"]),
        library("PostgresClient", ["CLibpq", "Reactor"]),
        library("RedisClient", ["CHiredis", "Reactor"]),
        .target(
            name: "Migrations", path: "migrations",
            resources: [
                .embedInCode("0001_schema.sql"), .embedInCode("0002_functions.sql"), .embedInCode("0003_upkeep.sql"),
            ], swiftSettings: strict),
        .target(
            name: "LuaScripts", path: "lua",
            resources: [.embedInCode("flush.v1.lua"), .embedInCode("top.v1.lua")], swiftSettings: strict),
        library(
            "Storage",
            [
                "FlowCore", "HuntCore", "KafkaClient", "PostgresClient", "RedisClient", "Reactor", "Migrations",
                "LuaScripts", crypto,
            ]),
        library(
            "Worker",
            [
                "FlowCore", "HuntCore", "MetricsText", "ScanWire", "Reactor", logging, lifecycle,
                .product(name: "Hummingbird", package: "hummingbird"),
            ]),
        library(
            "ReadAPI",
            [
                "FlowCore", "HuntCore", "MetricsText", "OrderIndex", "Reactor", "ScanWire", logging, lifecycle,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            ],
            resources: ["index.html", "board.css", "board.js", "contours.svg", "icon.svg"].map {
                .embedInCode("LivePage/\($0)")
            }),
        library("DevStack"),
        library("Simulation", ["FlowCore", "HuntCore"]),
        .executableTarget(
            name: "cairn-simulation",
            dependencies: ["Simulation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: strict),
        .executableTarget(name: "devstack-probe", dependencies: ["DevStack"], swiftSettings: strict),
        .executableTarget(
            name: "cairn",
            dependencies: [
                "CLinux", "DevStack", "FlowCore", "HuntCore", "HuntFile", "KafkaClient", "PostgresClient", "ReadAPI",
                "Reactor", "RedisClient", "ScanWire", "Settings", "Storage", "Worker", logging, lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            resources: [.embedInCode("Resources/lisbon-2026.yaml")], swiftSettings: strict),
        .executableTarget(
            name: "cairn-bench",
            dependencies: [
                "CLinux", "DevStack", "FlowCore", "HuntCore", "HuntFile", "KafkaClient", "PostgresClient", "Reactor",
                "RedisClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            resources: [.embedInCode("Read/mix.lua")], swiftSettings: strict),

        // A TCP proxy that fails on demand, for tests alone.
        .target(
            name: "FaultProxy",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ], path: "Tests/FaultProxy", swiftSettings: strict),
        tests(
            "FaultProxyTests",
            [
                "FaultProxy", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),

        .target(name: "Randomness", dependencies: ["FlowCore"], path: "Tests/Randomness", swiftSettings: strict),
        .target(
            name: "FuzzChecks", dependencies: ["FlowCore", "HuntCore", "HuntFile", "ScanWire"],
            path: "Tests/Fuzz/Checks", swiftSettings: strict),
        tests("HuntCoreTests", ["HuntCore", "Randomness"]),
        tests("HuntFileTests", ["HuntFile", "HuntCore", "Randomness"]),
        tests("FuzzTests", ["FuzzChecks"]),
        tests(
            "ScanWireTests",
            [
                "FuzzChecks", "ScanWire", "HuntCore", "Randomness",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        tests("SettingsTests", ["Settings"]),
        tests("FlowCoreTests", ["FlowCore", "HuntCore", "Randomness", "Simulation"]),
        tests("OrderIndexTests", ["OrderIndex", "HuntCore", "Randomness"]),
        tests(
            "ReadAPITests",
            [
                "ReadAPI", "FlowCore", "HuntCore", "MetricsText", "OrderIndex", "Randomness", "Reactor", "ScanWire",
                logging, lifecycle, yams,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests("SimulationTests", ["FlowCore", "HuntCore", "Simulation"]),
        tests("PostgresClientTests", ["PostgresClient", "Reactor"]),
        tests("RedisClientTests", ["RedisClient", "Reactor"]),
        tests("KafkaClientTests", ["KafkaClient", "CRdkafka", "Reactor"]),
        tests("DevStackTests", ["DevStack", "devstack-probe"]),
        tests(
            "StorageTests",
            [
                "Storage", "DevStack", "FlowCore", "HuntCore", "HuntFile", "KafkaClient", "Migrations", "LuaScripts",
                "OrderIndex", "PostgresClient", "ReadAPI", "RedisClient", "Reactor", "Randomness",
            ]),
        tests(
            "PortTests",
            [
                "Storage", "DevStack", "FlowCore", "HuntCore", "Simulation", "KafkaClient", "CRdkafka", "LuaScripts",
                "PostgresClient", "RedisClient", "Reactor",
            ]),
        tests("DocsTests", ["DevStack", "HuntCore", "HuntFile", "Reactor", "ScanWire", "Settings", "cairn"]),
        tests("BenchTests", ["cairn-bench", "cairn", "HuntCore", "ScanWire"]),
        // What a scan costs: a program that drives its way without servers, for tools that count.
        .target(name: "Counting", path: "Tests/Instructions/Counting"),
        .executableTarget(
            name: "cairn-instructions",
            dependencies: [
                "Counting", "CRdkafka", "FlowCore", "HuntCore", "KafkaClient", "PostgresClient", "Reactor",
                "RedisClient",
                "ScanWire", "Storage", "Worker", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Tests/Instructions/Program", swiftSettings: strict),
        // It finds the program beside the tests. Linked into them, its malloc would be theirs too.
        tests("InstructionsTests", []),
        tests(
            "CairnTests",
            ["cairn", "HuntCore", "HuntFile", "PostgresClient", "ReadAPI", "ScanWire", "FlowCore", "Settings", logging]),
        tests(
            "ServiceTests",
            [
                "DevStack", "HuntCore", "HuntFile", "KafkaClient", "PostgresClient", "RedisClient", "Reactor",
                "ScanWire", "FlowCore", "Randomness", "CRdkafka", "FaultProxy", "cairn",
            ]),
    ]
)

// libFuzzer brings a `main` of its own, so this program is there for `make fuzz` alone.
if Context.environment["CAIRN_FUZZ"] != nil {
    package.products.append(.executable(name: "cairn-fuzz", targets: ["cairn-fuzz"]))
    package.targets.append(
        .executableTarget(
            name: "cairn-fuzz", dependencies: ["FuzzChecks"], path: "Tests/Fuzz/Entry", swiftSettings: strict))
}
