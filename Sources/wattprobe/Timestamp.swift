import Glibc

/// The time of day as text.
enum Timestamp {
  /// Now in UTC, to the millisecond: `2026-02-03T04:05:06.789Z`.
  static var utc: String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    let date =
      "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    return "\(date)T\(clock(parts)).\(padded(now.tv_nsec / 1_000_000, 3))Z"
  }

  /// Now where the user is: `04:05:06`.
  static var local: String {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    return clock(parts)
  }

  private static func clock(_ parts: tm) -> String {
    "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
