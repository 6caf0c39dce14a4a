internal import ByteText

/// A sensor of energy or power under `<sysfs>/class/hwmon` (Documentation/hwmon/sysfs-interface.rst).
package struct HwmonSensor: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// `energyN_input`: microjoules, counting up.
    case energy
    /// `powerN_input`: microwatts at the moment.
    case power
    /// `powerN_average`: microwatts, a mean that the chip keeps.
    case meanPower
  }

  /// The chip's `name`.
  package let chip: String
  /// The device it belongs to, as its bus names it: `0000:03:00.0`.
  package let device: String
  /// Which of the chips of that name it is, from 0, in the order of the devices they belong to.
  package let ordinal: Int
  /// `energy1`, `power3`.
  package let channel: String
  /// `energyN_label` or `powerN_label`, where the chip has one.
  package let label: String?
  package let kind: Kind
  /// The file to read.
  package let path: String
}

extension HwmonSensor {
  /// Finds the sensors, in the order of chip, device and channel. A channel that has both a mean and a power of the moment is
  /// shown by its mean, which misses nothing between two readings. No hwmon at all is no error.
  package static func discover(paths: HostPaths) -> (found: [HwmonSensor], problems: [HostError]) {
    let base = paths.sys("class/hwmon")
    let (entries, unlisted) = Directory.optionalNames(base)
    var problems = unlisted
    var chips: [Chip] = []
    for entry in entries where entry.begins(with: "hwmon") {
      do throws(HostError) {
        if let chip = try Chip(base + "/" + entry) { chips.append(chip) }
      } catch {
        if !error.isAbsence { problems.append(error) }
      }
    }
    chips.sort { ($0.name, $0.device) < ($1.name, $1.device) }
    var sensors: [HwmonSensor] = []
    var ordinals: [String: Int] = [:]
    for chip in chips {
      let ordinal = ordinals[chip.name, default: 0]
      ordinals[chip.name] = ordinal + 1
      sensors += chip.sensors(ordinal: ordinal)
    }
    return (sensors, problems)
  }

  private struct Chip {
    let name: String
    /// The device's place in sysfs: unlike the number of hwmon, the same after every start.
    let device: String
    private let folder: String
    private let files: Set<String>

    /// Nil where it measures neither energy nor power.
    init?(_ folder: String) throws(HostError) {
      // Drivers that register the old way, such as acpi_power_meter, have name and sensors at the device.
      var place = folder
      var files = try Self.files(place)
      if !files.contains("name") {
        place = folder + "/device"
        files = try Self.files(place)
      }
      guard files.contains("name"), files.contains(where: { Channel($0) != nil }) else { return nil }
      self.files = files
      self.folder = place
      do throws(SystemError) { name = try SmallFile.text(place + "/name") } catch { throw .system(error) }
      device = SymbolicLink.target(of: folder + "/device") ?? SymbolicLink.target(of: folder) ?? folder
    }

    private static func files(_ folder: String) throws(HostError) -> Set<String> {
      do throws(SystemError) { return Set(try Directory.names(folder)) } catch { throw .system(error) }
    }

    func sensors(ordinal: Int) -> [HwmonSensor] {
      let channels = files.compactMap(Channel.init).sorted { ($0.prefix, $0.number) < ($1.prefix, $1.number) }
      return channels.compactMap { channel in
        if channel.kind == .power && files.contains("\(channel.name)_average") { return nil }
        let label = "\(channel.name)_label"
        return HwmonSensor(
          chip: name, device: device.split(at: "/").last.map(String.init) ?? "", ordinal: ordinal,
          channel: channel.name,
          label: files.contains(label) ? try? SmallFile.text(folder + "/" + label) : nil,
          kind: channel.kind, path: folder + "/" + channel.file)
      }
    }
  }

  /// `energy12_input` taken apart.
  private struct Channel {
    let file: String
    let prefix: String
    let number: Int
    let kind: Kind

    var name: String { "\(prefix)\(number)" }

    init?(_ file: String) {
      let halves = file.split(at: "_", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2 else { return nil }
      guard let prefix = ["energy", "power"].first(where: { halves[0].begins(with: $0) }),
        let number = Int(halves[0].dropFirst(prefix.count)), number >= 0
      else { return nil }
      switch (prefix, halves[1]) {
      case ("energy", "input"): kind = .energy
      case ("power", "input"): kind = .power
      case ("power", "average"): kind = .meanPower
      default: return nil
      }
      self.file = file
      self.prefix = prefix
      self.number = number
    }
  }
}
