import ArgumentParser
import Collectors

/// How much the kmem collector keeps and shows.
struct KmemArguments: ParsableArguments {
  @Option(
    name: .customLong("kmem.allocations"),
    help: ArgumentHelp("Outstanding kernel allocations there is room for.", valueName: "count"))
  var allocations = KmemOptions().allocations

  @Option(
    name: .customLong("kmem.sites"),
    help: ArgumentHelp("Call sites with series of their own; the rest is in call_site=\"other\".", valueName: "count"))
  var sites = KmemOptions().sites

  var options: KmemOptions {
    var options = KmemOptions()
    options.allocations = allocations
    options.sites = sites
    return options
  }

  func validate() throws {
    guard (1024...16_777_216).contains(allocations) else {
      throw ValidationError("--kmem.allocations \(allocations): give a number from 1024 to 16777216")
    }
    guard (1...1000).contains(sites) else {
      throw ValidationError("--kmem.sites \(sites): give a number from 1 to 1000")
    }
  }
}
