import Collectors
import Exposition
import Web

/// Everything that a scrape can show.
enum Families {
  static let all = Registry.families + WebConfigurationState.families
}
