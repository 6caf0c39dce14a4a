internal import Synchronization

/// Runs `other` in another thread and `own` in this one, and returns when both are done.
package typealias RunBeside = @Sendable (_ other: @escaping @Sendable () -> Void, _ own: () -> Void) -> Void

/// What came of making a collector.
typealias Made = Result<any Collector, CollectorFailure>

/// Makes collectors: the dependent ones in their order in this thread and, in the meantime, the independent ones in another.
/// Whoever is done first takes from the other end of what is left of those.
///
/// Making one is mostly the kernel's verifier, which checks programs of several threads at the same time.
///
/// - Returns: what came of each, in the order of `definitions`.
func make<Context>(
  _ definitions: [CollectorDefinition<Context>], from context: Context, beside run: RunBeside
) -> [Made] {
  let bench = Bench(definitions.indices.filter { definitions[$0].isIndependent })
  // each element is written by whoever took its index; both threads are done before any is read
  let made = UnsafeMutableBufferPointer<Made?>.allocate(capacity: definitions.count)
  made.initialize(repeating: nil)
  defer {
    made.deinitialize()
    made.deallocate()
  }
  // an independent collector uses only what is safe to use in another thread
  nonisolated(unsafe) let shared = (context: context, made: made)
  @Sendable func make(_ index: Int) {
    shared.made[index] = Made { () throws(CollectorFailure) in try definitions[index].make(shared.context) }
  }
  run(
    { while let index = bench.takeFirst() { make(index) } },
    {
      for index in definitions.indices where !definitions[index].isIndependent { make(index) }
      while let index = bench.takeLast() { make(index) }
    })
  return made.map { $0! }
}

/// What is left to be taken by either thread.
private final class Bench: Sendable {
  private let left: Mutex<ArraySlice<Int>>

  init(_ indexes: [Int]) { left = Mutex(indexes[...]) }

  func takeFirst() -> Int? { left.withLock { $0.popFirst() } }
  func takeLast() -> Int? { left.withLock { $0.popLast() } }
}
