@testable import TerminalView
