extension String {
  /// Bytes from outside as text that can be shown, different bytes as different text: it may be the identity of a series.
  ///
  /// Valid UTF-8 stays as it is. A byte that is no part of any becomes U+FFFD and its two hexadecimal digits (`�f8`), and
  /// U+FFFD itself `�+`, so that nobody can write what another name is shown as. NUL, which no name of the kernel's has, is
  /// such a byte, too.
  package init(distinguishing bytes: some Collection<UInt8>) {
    // hardly any name has anything but ASCII in it
    if bytes.allSatisfy({ $0 < 0x80 && $0 != 0 }) {
      self.init(decoding: bytes, as: UTF8.self)
      return
    }
    var text: [UInt8] = []
    func escape(_ byte: UInt8) {
      let digits = Array("0123456789abcdef".utf8)
      text += "\u{FFFD}".utf8
      text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    let all = Array(bytes)
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = all.makeIterator()
    var position = 0
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar) where scalar.count == 1 && scalar.first == 0:
        escape(0)
        position += 1
      case .valid(let scalar):
        text += scalar
        if scalar.elementsEqual("\u{FFFD}".utf8) { text.append(UInt8(ascii: "+")) }
        position += scalar.count
      case .error(let length):
        for byte in all[position..<position + length] { escape(byte) }
        position += length
      case .emptyInput:
        self.init(decoding: text, as: UTF8.self)
        return
      }
    }
  }
}
