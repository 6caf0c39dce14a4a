import Fuzzing
import Glibc

/// What `FUZZ_TARGET` names; libFuzzer has the program's main function.
private let target: FuzzTarget = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) }
  if let target = FuzzTarget.all.first(where: { $0.name == name }) { return target }
  // libFuzzer takes exit(3) for a fault of what it tests
  let names = "FUZZ_TARGET is one of \(FuzzTarget.all.map(\.name).joined(separator: " "))\n"
  write(STDOUT_FILENO, names, names.utf8.count)
  _exit(2)
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}
