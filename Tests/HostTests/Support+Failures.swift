import Host

/// The error `body` throws, nil if it throws none.
func failure<Success: ~Copyable>(_ body: () throws(HostError) -> Success) -> HostError? {
  do throws(HostError) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

func systemFailure<Success: ~Copyable>(_ body: () throws(SystemError) -> Success) -> SystemError? {
  do throws(SystemError) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
