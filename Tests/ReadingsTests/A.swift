@testable import Readings
