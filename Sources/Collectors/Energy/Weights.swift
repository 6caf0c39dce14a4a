internal import BPFPrograms

/// What tasks did on the CPUs of each package, by which its energy is divided: nanoseconds or cycles, by the package's place.
/// Where packages are not told apart, all of it is in the first.
typealias Weights = SIMD8<UInt64>

extension Weights {
  static let places = Int(WEIGHT_PACKAGES)

  /// Run time, in nanoseconds, in all packages alike.
  init(runTime: UInt64) {
    self = .zero
    self[0] = runTime
  }

  init(_ weights: PackageWeights) {
    self = withUnsafeBytes(of: weights) { $0.loadUnaligned(as: Weights.self) }
  }

  /// How much more this is than `other`, and 0 where it is less.
  func growth(since other: Weights) -> Weights { (self &- other).replacing(with: 0, where: self .< other) }
}

/// What ended tasks did, and of that kernel threads.
struct DeadWeights: Hashable {
  var all = Weights.zero
  var kernel = Weights.zero

  init() {}

  /// Run time, in nanoseconds, in all packages alike.
  init(runTime: UInt64, kernel: UInt64) {
    all = Weights(runTime: runTime)
    self.kernel = Weights(runTime: kernel)
  }

  init(all: PackageWeights, kernel: PackageWeights) {
    self.all = Weights(all)
    self.kernel = Weights(kernel)
  }

  /// What all did but kernel threads.
  var processes: Weights { all.growth(since: kernel) }
}
