import Foundation
import Fuzzing
import Testing

/// What comes from outside as somebody would change it who wants to break what reads it: nothing traps. `make fuzz` looks
/// further, led by what inputs reach.
@Suite struct FuzzTests {
  private static let inputs = 2_000

  @Test(arguments: FuzzTarget.all)
  func noInputTraps(target: FuzzTarget) {
    for seed in target.seeds { target.run(seed) }
    var mutator = Mutator(seed: 1)
    for _ in 0..<Self.inputs { target.run(mutator.next(target.seeds)) }
  }
}
