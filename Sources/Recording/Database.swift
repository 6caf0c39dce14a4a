internal import CSQLite
internal import Glibc

/// Owns a connection to an SQLite database.
struct Database: ~Copyable {
  enum Mode {
    /// What is there already; nothing is written.
    case reading
    /// An empty file that is there already.
    case writing
  }

  private let handle: OpaquePointer
  let path: String

  private init(owning handle: OpaquePointer, _ path: String) {
    self.handle = handle
    self.path = path
  }

  static func open(_ path: String, _ mode: Mode) throws(RecordingError) -> Database {
    var opened: OpaquePointer?
    let flags = mode == .reading ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
    let result = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard let handle = opened else {
      throw RecordingError(.system, "\(path) cannot be opened: no memory", cure: "end other programs")
    }
    let database = Database(owning: handle, path)
    guard result == SQLITE_OK else { throw database.error() }
    // what comes from elsewhere may not do anything of its own, and nothing in it is long
    _ = csqlite_defend(handle)
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 1 << 20)
    sqlite3_busy_timeout(handle, 2000)
    return database
  }

  // a statement that is still there keeps it
  deinit { sqlite3_close_v2(handle) }

  /// Runs statements that yield nothing.
  func execute(_ sql: String) throws(RecordingError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw error() }
  }

  func prepare(_ sql: String) throws(RecordingError) -> Statement {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else { throw error() }
    return Statement(owning: statement, path: path)
  }

  /// The number that a statement yields first; nil: none.
  func integer(_ sql: String) throws(RecordingError) -> Int64? {
    let statement = try prepare(sql)
    guard try statement.step() else { return nil }
    return statement.integer(0)
  }

  /// The id of the row that was inserted last.
  var lastInserted: Int64 { sqlite3_last_insert_rowid(handle) }

  /// Takes back what was not committed. After some errors, of a full disk for one, SQLite has done so itself.
  func rollBack() {
    if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
  }

  private func error() -> RecordingError { .of(handle, path) }
}

/// Owns a prepared statement.
struct Statement: ~Copyable {
  private let handle: OpaquePointer
  private let path: String

  fileprivate init(owning handle: OpaquePointer, path: String) {
    self.handle = handle
    self.path = path
  }

  deinit { sqlite3_finalize(handle) }

  /// Parameters are numbered from 1.
  func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(handle, index, value) }

  func bind(_ index: Int32, _ text: String) { bind(index, Array(text.utf8)) }

  /// UTF-8; copied.
  func bind(_ index: Int32, _ text: [UInt8]) {
    text.withUnsafeBytes { bytes in
      let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      // an empty array may have no address, and would be NULL
      let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      if let start {
        sqlite3_bind_text(handle, index, start, Int32(clamping: bytes.count), copied)
      } else {
        sqlite3_bind_text(handle, index, "", 0, copied)
      }
    }
  }

  /// nil: NULL.
  func bind(_ index: Int32, _ value: StoredValue?) {
    switch value {
    case .integer(let value): sqlite3_bind_int64(handle, index, value)
    case .real(let value): sqlite3_bind_double(handle, index, value)
    case .text(let text): bind(index, text)
    case nil: sqlite3_bind_null(handle, index)
    }
  }

  /// Goes on to the next row; false: there is none.
  func step() throws(RecordingError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw .of(sqlite3_db_handle(handle), path)
    }
  }

  /// Runs it once, without asking for rows, and makes it ready for the next time.
  func run() throws(RecordingError) {
    defer { sqlite3_reset(handle) }
    _ = try step()
  }

  func reset() { sqlite3_reset(handle) }

  /// Columns are numbered from 0. A number, 0 where it is none.
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// nil where it is something else.
  func strictInteger(_ column: Int32) -> Int64? {
    sqlite3_column_type(handle, column) == SQLITE_INTEGER ? sqlite3_column_int64(handle, column) : nil
  }

  /// nil where it is no text.
  func text(_ column: Int32) -> [UInt8]? {
    guard sqlite3_column_type(handle, column) == SQLITE_TEXT, let start = sqlite3_column_text(handle, column) else {
      return nil
    }
    return Array(UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  /// nil for NULL, and for what no value is.
  func value(_ column: Int32) -> StoredValue? {
    switch sqlite3_column_type(handle, column) {
    case SQLITE_INTEGER: .integer(sqlite3_column_int64(handle, column))
    case SQLITE_FLOAT: .real(sqlite3_column_double(handle, column))
    case SQLITE_TEXT: text(column).map { .text($0) }
    default: nil
    }
  }
}

extension RecordingError {
  /// What the last call on a connection ran into.
  fileprivate static func of(_ handle: OpaquePointer?, _ path: String) -> RecordingError {
    let code = sqlite3_errcode(handle)
    let number = sqlite3_system_errno(handle)
    let text = String(cString: sqlite3_errmsg(handle))
    switch code {
    case SQLITE_FULL: return full(path)
    case SQLITE_BUSY, SQLITE_LOCKED:
      return RecordingError(
        .busy, "\(path) is held by another program", cure: "wait until that is done with it, or end it")
    case SQLITE_NOTADB:
      return RecordingError(.foreign, "\(path) is no recording", cure: "give a file that `wattprobe record` wrote")
    case SQLITE_CORRUPT, SQLITE_ERROR: return damaged(path, text)
    case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM:
      // also where a file beside it cannot grow
      if number == ENOSPC || number == EDQUOT || number == EFBIG { return full(path) }
      let cause = number == 0 ? text : String(cString: strerror(number))
      return RecordingError(.system, "\(path): \(cause)", cure: "see that the file and its folder can be used")
    default: return RecordingError(.system, "\(path): \(text)", cure: "see that the file and its folder can be used")
    }
  }

  private static func full(_ path: String) -> RecordingError {
    RecordingError(.full, "no room is left for \(path)", cure: "make room, or record to another file system")
  }
}
