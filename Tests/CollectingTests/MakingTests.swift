import Glibc
import Synchronization
import Testing

@testable import Collecting

@Suite struct MakingTests {
  /// Two threads, as the program has them.
  private static func inTwoThreads(_ other: @escaping @Sendable () -> Void, _ own: () -> Void) {
    final class Body {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      {
        Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(Body(other)).toOpaque())
    #expect(code == 0)
    own()
    pthread_join(thread, nil)
  }

  private static func fakes() -> [Scene.Fake] {
    [
      Scene.Fake("first", isIndependent: true), Scene.Fake("second", start: .hook),
      Scene.Fake("third", start: .btf, isIndependent: true), Scene.Fake("fourth"),
      Scene.Fake("fifth", isIndependent: true),
    ]
  }

  /// Whoever is made first, and whatever fails.
  @Test(arguments: 0..<20) func reportsInTheOrderOfStarting(_: Int) {
    let scene = Scene(Self.fakes())
    let set = scene.start(enabled: ["first", "second", "third", "fourth", "fifth"], beside: Self.inTwoThreads)
    #expect(
      scene.events() == [
        "started first", "unavailable second hook", "unavailable third btf", "started fourth", "started fifth",
      ])
    #expect(set.runningCount == 3)
    #expect(set.states.map { $0.failure?.reason } == [nil, .hook, .btf, nil, nil])
  }

  @Test(arguments: [true, false]) func makesEachOnceWithWhicheverThreadComesFirst(otherFirst: Bool) {
    let made = Names()
    let fakes = Self.fakes()
    for fake in fakes { fake.making.withLock { $0 = { [name = fake.name] in made.add(name) } } }
    _ = Scene(fakes).start(enabled: ["first", "second", "third", "fifth"]) { other, own in
      if otherFirst { other() }
      own()
      if !otherFirst { other() }
    }
    // what is left is taken from the ends
    let expected = otherFirst ? ["first", "third", "fifth", "second"] : ["second", "fifth", "third", "first"]
    #expect(made.all == expected)
  }

  @Test func makesTheOthersInTheirOrderInTheThreadThatStarts() {
    let own = pthread_self()
    let scene = Scene([Scene.Fake("b", after: ["a"]), Scene.Fake("a"), Scene.Fake("c", isIndependent: true)])
    let strangers = Names()
    for name in ["a", "b"] {
      scene[name].making.withLock {
        $0 = { [name] in if pthread_equal(pthread_self(), own) == 0 { strangers.add(name) } }
      }
    }
    _ = scene.start(enabled: ["a", "b", "c"], beside: Self.inTwoThreads)
    #expect(strangers.all == [])
    #expect(scene.events() == ["started a", "started b", "started c"])
  }

  private final class Names: Sendable {
    private let names = Mutex<[String]>([])

    var all: [String] { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { $0.append(name) } }
  }
}
