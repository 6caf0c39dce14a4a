/// What the operator chose for the compat collector.
package struct CompatOptions: Sendable, Hashable {
  /// Whose names are written.
  package var exporters: Set<CompatibleExporter> = Set(CompatibleExporter.allCases)

  package init() {}
}
