/// Something that takes bytes from outside, with examples of what it takes: no bytes may trap it.
package struct FuzzTarget: Sendable, CustomStringConvertible {
  package let name: String
  package let seeds: [[UInt8]]
  package let run: @Sendable ([UInt8]) -> Void

  init(_ name: String, _ seeds: [String], _ run: @escaping @Sendable ([UInt8]) -> Void) {
    self.name = name
    self.seeds = seeds.map { Array($0.utf8) }
    self.run = run
  }

  package var description: String { name }

  package static let all: [FuzzTarget] = [
    .request, .fields, .webConfiguration, .authorization, .powerModel, .procfs, .topology, .sensors, .exposition, .keys,
  ]
}
