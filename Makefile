SWIFT_RELEASE = swift build -c release --static-swift-stdlib

.PHONY: bench
# What it costs: needs root and about two minutes. PARTS="events slowdown scrape memory passes" chooses among them.
bench:
	$(SWIFT_RELEASE) --product wattprobe
	$(SWIFT_RELEASE) --product bench
	$$($(SWIFT_RELEASE) --show-bin-path)/bench $(PARTS)
