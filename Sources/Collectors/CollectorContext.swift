package import Logging

/// What all collectors are made from; it lives as long as they do.
package final class CollectorContext {
  package let options: CollectorOptions
  package let logger: Logger
  /// The programs in the kernel, loaded when the first collector asks for them.
  package let kernel: KernelPrograms
  /// System calls so far, over all CPUs: set by the collector that counts them.
  package var systemCalls: (() -> UInt64)?
  /// The energy collector, once it runs.
  var energy: EnergyCollector?

  package init(options: CollectorOptions, logger: Logger) {
    self.options = options
    self.logger = logger
    self.kernel = KernelPrograms(options: options, logger: logger)
  }
}
