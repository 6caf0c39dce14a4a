internal import BPFPrograms
internal import Energy

/// Weights as the programs hand them out.
extension Weights {
  init(_ weights: PackageWeights) {
    self = withUnsafeBytes(of: weights) { $0.loadUnaligned(as: Weights.self) }
  }
}

extension DeadWeights {
  init(all: PackageWeights, kernel: PackageWeights) {
    self.init(all: Weights(all), kernel: Weights(kernel))
  }
}
