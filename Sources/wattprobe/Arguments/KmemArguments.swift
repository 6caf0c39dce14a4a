import ArgumentParser
import Collectors

/// How much the kmem collector keeps and shows.
struct KmemArguments: CollectorArguments {
  @Option(
    name: .customLong("kmem.allocations"),
    help: ArgumentHelp("Outstanding kernel allocations that can be tracked at once.", valueName: "count"))
  var allocations = KmemOptions().allocations

  @Option(
    name: .customLong("kmem.sites"),
    help: ArgumentHelp(
      "How many calling functions have series of their own; all others are summed in call_site=\"other\".",
      valueName: "count"))
  var sites = KmemOptions().sites

  func validate() throws {
    try Bounds.check("kmem.allocations", allocations, in: 1024...16_777_216)
    try Bounds.check("kmem.sites", sites, in: 1...1000)
  }

  func apply(to options: inout CollectorOptions) {
    options.kmem.allocations = allocations
    options.kmem.sites = sites
  }
}
