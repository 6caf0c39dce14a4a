/// The latest so many keys.
struct Latest<Key: Hashable> {
  private let most: Int
  private var keys: Set<Key> = []
  private var order: [Key] = []
  private var oldest = 0

  init(most: Int) { self.most = most }

  func contains(_ key: Key) -> Bool { keys.contains(key) }

  mutating func insert(_ key: Key) {
    guard keys.insert(key).inserted else { return }
    guard order.count >= most else { return order.append(key) }
    keys.remove(order[oldest])
    order[oldest] = key
    oldest = (oldest + 1) % order.count
  }

  /// Its place is free once its turn comes.
  mutating func remove(_ key: Key) { keys.remove(key) }
}
