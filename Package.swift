// swift-tools-version:6.3;(experimentalCGen)
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil, more: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings + more)
}

/// For what runs seldom: smaller code rather than faster.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
  .product(name: "NIOTLS", package: "swift-nio"),
]
let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")

/// What the build is made from, as the Makefile finds it: SwiftPM itself would remember an old one.
let revision = Context.environment["WATTPROBE_REVISION"] ?? "unknown"

let package = Package(
  name: "wattprobe",
  products: [
    .executable(name: "wattprobe", targets: ["wattprobe"]),
    // What the tests load in place of NVIDIA's library.
    .library(name: "nvmlstandin", type: .dynamic, targets: ["nvmlstandin"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // The eBPF programs: compiled and embedded by the plugin, which alone reads the `.bpf.c` files.
    .plugin(name: "BPFCompiler", capability: .buildTool(), path: "Sources/BPFCompiler"),
    .target(name: "BPFPrograms", path: "bpf", sources: ["include/BPFPrograms.h"], plugins: ["BPFCompiler"]),
    // Static, so that a release needs glibc only; a linker that reads archives once wants what is needed last.
    .target(
      name: "CLibbpf",
      linkerSettings: [
        .linkedLibrary(":libbpf.a"), .linkedLibrary(":libelf.a"), .linkedLibrary(":libz.a"),
        // libbpf's calls lead to kernel_btf.c
        .unsafeFlags(["-Xlinker", "--wrap=btf__load_vmlinux_btf", "-Xlinker", "--wrap=btf__free"]),
      ]),
    .target(name: "CHost"),
    // Static as well, each needed by one module.
    .target(name: "CDeflate", linkerSettings: [.linkedLibrary(":libdeflate.a")]),
    .target(name: "CYAML", linkerSettings: [.linkedLibrary(":libyaml.a")]),
    .target(name: "CSQLite", linkerSettings: [.linkedLibrary(":libsqlite3.a"), .linkedLibrary("m")]),
    .target(name: "CCrypt", linkerSettings: [.linkedLibrary(":libcrypt.a")]),
    // The page at `/`, embedded.
    .target(name: "CPage", sources: ["page.c"]),
    .target(name: "CBuild", cSettings: [.define("WATTPROBE_REVISION", to: "\"\(revision)\"")]),

    module("BPF", ["ByteText", "CLibbpf", "BPFPrograms"]),
    module("ByteText"),
    module("Exposition"),
    module("Readings", ["Exposition"], more: small),
    module("TerminalView", ["ByteText", "FixedPoint", "Readings"], more: small),
    module("Host", ["ByteText", "CHost"]),
    module("Energy", ["ByteText"]),
    module("Collecting", ["Exposition"]),
    module("JSONText", more: small),
    module("FixedPoint", more: small),
    module("Accounts", ["ByteText", "FixedPoint", "JSONText"], more: small),
    module(
      "Collectors",
      ["Accounts", "BPF", "BPFPrograms", "ByteText", "Exposition", "Host", "Energy", "Collecting", logging]),
    module(
      "Web", ["ByteText", "CCrypt", "CDeflate", "CPage", "CYAML", "Exposition", "Collecting", logging, tls] + nio),
    module("Recording", ["CSQLite", "Exposition"], more: small),
    module("Report", ["Exposition", "FixedPoint", "JSONText", "Recording"], more: small),
    .executableTarget(
      name: "wattprobe",
      dependencies: [
        "BPF", "Exposition", "Host", "Energy", "Collecting", "Collectors", "Web", "Accounts", "JSONText", "Readings",
        "TerminalView", "Recording", "Report", "CBuild",
        argumentParser, logging, lifecycle,
      ],
      swiftSettings: settings + small),

    // Loads of known size for the tests of the kernel side.
    .executableTarget(name: "loads", path: "Tests/Support/Loads", linkerSettings: [.linkedLibrary("m")]),
    .target(name: "nvmlstandin", path: "Tests/Support/StandInNVML"),
    // Reads what the product compresses, by another library; links the zlib that CLibbpf names.
    .target(name: "CZlib", path: "Tests/Support/CZlib"),
    // Folders and random cases of the tests' own.
    .target(
      name: "Fixtures", dependencies: ["Exposition", "Host"], path: "Tests/Support/Fixtures", swiftSettings: settings),
    // What tests ask the kernel themselves, and sensors of which the truth is known.
    .target(
      name: "Machine", dependencies: ["CLibbpf", "Fixtures", "Host"], path: "Tests/Support/Machine",
      swiftSettings: settings),
    // What takes bytes from outside, and examples of those.
    module(
      "Fuzzing",
      [
        "Collectors", "Collecting", "Energy", "Exposition", "Fixtures", "Host", "Readings", "TerminalView", "Web",
        logging,
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ] + nio, path: "Tests/Support/Fuzzing"),
    // Clients that are up to no good, and one that is not.
    module(
      "Attacks",
      [tls, .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio")],
      path: "Tests/Support/Attacks"),
    tests("FuzzTests", ["Fuzzing"]),
    tests("RepositoryTests", []),
    tests("ByteTextTests", ["ByteText"]),
    tests("JSONTextTests", ["JSONText"]),
    tests("FixedPointTests", ["FixedPoint"]),
    tests("AccountsTests", ["Accounts", "JSONText"]),
    tests("ExpositionTests", ["Exposition", "Fixtures"]),
    tests("ReadingsTests", ["Readings", "Exposition", "Fixtures"]),
    tests("TerminalViewTests", ["TerminalView", "Readings", "Exposition", "Fixtures"]),
    tests("CollectingTests", ["Collecting", "Exposition", "Fixtures"]),
    tests("RecordingTests", ["Recording", "Exposition", "Fixtures"]),
    tests("ReportTests", ["Report", "Recording", "Exposition", "Fixtures"]),
    tests("HostTests", ["Host", "Fixtures"]),
    tests("EnergyTests", ["Energy", "Fixtures"]),
    tests("BPFTests", ["BPF", "BPFPrograms", "Fixtures"]),
    tests(
      "CollectorsTests",
      [
        "Accounts", "Collectors", "Collecting", "Energy", "Exposition", "BPF", "BPFPrograms", "Host", "Fixtures",
        "Machine",
        "loads",
        logging,
      ]),
    tests(
      "WebTests",
      [
        "Web", "CCrypt", "CZlib", "Collecting", "Exposition", "Fixtures", logging,
        tls, .product(name: "NIOEmbedded", package: "swift-nio"),
      ] + nio),
    tests(
      "EndToEnd",
      [
        "wattprobe", "Attacks", "Collectors", "Collecting", "Exposition", "Fixtures", "Host", "Machine", "Readings",
        "Web",
        "loads",
      ],
      exclude: ["Golden"]),

    // `make bench`: what the programs, a scrape and a pass cost.
    .target(
      name: "CBench", dependencies: ["BPFPrograms"], path: "Benchmarks/C",
      sources: ["allocations.c", "loads.c", "locks.c", "processes.c"],
      plugins: ["BPFCompiler"]),
    .executableTarget(
      name: "bench",
      dependencies: [
        "Attacks", "CBench", "BPF", "BPFPrograms", "Collecting", "Collectors", "Exposition", "Host", logging,
      ],
      path: "Benchmarks", exclude: ["C"], swiftSettings: settings),
  ],
  cLanguageStandard: .gnu2x
)

// `make fuzz`: libFuzzer brings the main function, so it links with `--sanitize fuzzer` only.
if Context.environment["WATTPROBE_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["Fuzzing"], path: "Tests/Support/Fuzz",
      swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
}
