/// What the operator chose for the pagecache collector.
package struct PagecacheOptions: Sendable, Hashable {
  /// Which hooks tell of look-ups in the page cache; nil: the best this kernel takes.
  package var form: PagecachePrograms.Form?

  package init() {}
}
