import ArgumentParser
import Collectors

/// The options of one area of collectors.
protocol CollectorArguments: ParsableArguments {
  /// Copies what was given into `options`, whose paths and collectors are settled already.
  func apply(to options: inout CollectorOptions) throws
}
