/// In nanoseconds.
let second: UInt64 = 1_000_000_000
