/// What tasks did on the CPUs of each package, by which its energy is divided: nanoseconds or cycles, a lane for each package.
/// Where packages are not told apart, all of it is in the first lane.
package typealias Weights = SIMD8<UInt64>

extension Weights {
  /// Run time, in nanoseconds, in all packages alike.
  package init(runTime: UInt64) {
    self = .zero
    self[0] = runTime
  }

  /// How much more this is than `other`, and 0 where it is less.
  package func growth(since other: Weights) -> Weights { (self &- other).replacing(with: 0, where: self .< other) }
}

/// What ended tasks did, and of that kernel threads.
package struct DeadWeights: Sendable, Hashable {
  package var all = Weights.zero
  package var kernel = Weights.zero

  package init() {}

  package init(all: Weights, kernel: Weights) {
    self.all = all
    self.kernel = kernel
  }

  /// Run time, in nanoseconds, in all packages alike.
  package init(runTime: UInt64, kernel: UInt64) {
    all = Weights(runTime: runTime)
    self.kernel = Weights(runTime: kernel)
  }

  /// What all did but kernel threads.
  package var processes: Weights { all.growth(since: kernel) }
}

/// Where each package's weights are, on machines that tell packages apart or weigh tasks by more than their run time.
package struct WeightLanes: Sendable, Hashable {
  /// The packages' numbers: the lane of each is its index.
  package let packages: [Int]
  /// How many CPUs each has.
  package let cpus: [Int]

  package init(packages: [Int], cpus: [Int]) {
    self.packages = packages
    self.cpus = cpus
  }

  /// The lane of a package; nil for one without CPUs.
  package func lane(ofPackage package: Int?) -> Int? { package.flatMap { packages.firstIndex(of: $0) } }
}
