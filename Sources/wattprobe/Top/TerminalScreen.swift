import Glibc
import TerminalView

/// The terminal while the view is on it: its own screen, keys as they are typed. All of it is put back with `leave`.
final class TerminalScreen {
  /// It cannot be written to any more.
  struct Gone: Error {}

  private static let input = STDIN_FILENO
  private static let output = STDOUT_FILENO
  // xterm's control sequences: the other screen; the cursor; whether what is too long goes on in the next line
  private static let entering = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
  private static let leaving = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  private let before: termios
  private let hasColours: Bool
  private var isEntered = false

  /// Nil where input or output is no terminal.
  init?() {
    var attributes = termios()
    guard isatty(Self.output) == 1, tcgetattr(Self.input, &attributes) == 0 else { return nil }
    before = attributes
    hasColours = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
  }

  deinit { leave() }

  func enter() {
    var attributes = before
    // signals remain: Ctrl-C and Ctrl-Z do what they always do
    attributes.c_lflag &= ~tcflag_t(ICANON | ECHO)
    attributes.c_iflag &= ~tcflag_t(IXON)
    tcsetattr(Self.input, TCSAFLUSH, &attributes)
    isEntered = true
    Terminal.write(Self.entering, to: Self.output)
  }

  func leave() {
    guard isEntered else { return }
    isEntered = false
    Terminal.write(Self.leaving, to: Self.output)
    var attributes = before
    tcsetattr(Self.input, TCSAFLUSH, &attributes)
  }

  /// In columns and lines; what every terminal can show where it does not say.
  var size: (columns: Int, lines: Int) {
    var size = winsize()
    guard ioctl(Self.output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  func draw(_ lines: [StyledLine]) throws(Gone) {
    let columns = size.columns
    var text = ""
    for (index, line) in lines.enumerated() {
      text += "\u{1B}[\(index + 1);1H" + line.rendered(hasColours: hasColours)
      // behind a line that fills the screen the cursor stands on its last character
      if line.width < columns { text += "\u{1B}[K" }
    }
    if Terminal.write(text, to: Self.output) != 0 { throw Gone() }
  }

  /// What has been typed since; nil where nobody can type any more.
  func keys() -> [Key]? {
    var polled = pollfd(fd: Self.input, events: Int16(POLLIN), revents: 0)
    guard poll(&polled, 1, 0) > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(Self.input, &bytes, bytes.count)
    if count < 0 && (errno == EINTR || errno == EAGAIN) { return [] }
    return count > 0 ? Key.keys(Array(bytes.prefix(count))) : nil
  }
}
