# wattprobe: `make run` and `make test` set up what a Debian machine lacks (as root or through sudo), then do their work.
#
# All that is needed beforehand is a Swift 6.3 toolchain on PATH.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
UNITDIR ?= /etc/systemd/system
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)

# Static but for glibc, libgcc and libstdc++; without symbols, none for others to link to either (nothing is loaded that would);
# functions of one body, which generic code makes many of, once.
# Relocations take a twentieth of it; packed, next to nothing, which glibc knows since 2.36.
PACKED := $(shell getconf GNU_LIBC_VERSION | awk '{ split($$2, v, "."); if (v[1] > 2 || v[2] >= 36) print "-Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs" }')
RELEASE := $(PACKED) -c release --static-swift-stdlib -Xlinker -s -Xlinker --no-export-dynamic -Xlinker --icf=safe
BINARY := .build/release/wattprobe

# What `--version` and wattprobe_build_info say: read by Package.swift.
export WATTPROBE_REVISION := $(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)

BUILD_PACKAGES := binutils git libbpf-dev libc6-dev libcrypt-dev libdeflate-dev libelf-dev libsqlite3-dev libstdc++-12-dev libyaml-dev linux-libc-dev zlib1g-dev
TEST_PACKAGES := chromium clang-format curl fonts-dejavu-core iproute2 linux-perf openssl prometheus python3 python3-prometheus-client systemd tmux util-linux
VM_PACKAGES := bc busybox-static cpio dmsetup gcc iproute2 kmod make python3 qemu-system-x86 util-linux xz-utils
FORMATTED_C = $(shell git ls-files '*.c' '*.h')

.PHONY: help run test fuzz sanitize test-vm vm-shell vm-table build docs bench install uninstall format check-format clean toolchain build-packages test-packages vm-packages

help: ## List these targets.
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: build ## Build and start the exporter on port 10418 (Ctrl-C stops it).
	@echo
	@echo 'wattprobe is about to listen on port 10418. Look first at'
	@echo '  curl -s http://localhost:10418/metrics     what Prometheus would scrape'
	@echo '  http://localhost:10418/                    the same as a page: live figures, and what collectors lack'
	@echo 'Prometheus: give it the target localhost:10418 (examples/prometheus/prometheus.yml); it is on port 9090 itself.'
	@echo
	@exec $(SUDO) $(BINARY)

# Those that measure the whole machine, and those that attack, run by themselves: what the others do would be in the figures of
# the ones, and the others have not enough of the machine beside them. Each part runs whatever becomes of the others.
TESTS = $(SUDO) env PATH="$$PATH" WATTPROBE_REVISION="$$WATTPROBE_REVISION" WATTPROBE_SCREENSHOTS="$(CURDIR)/.build/screenshots" NO_COLOR=1 $$(swift build --show-bin-path)/wattprobePackageTests.xctest --testing-library swift-testing

test: toolchain build-packages test-packages ## Run all tests (as root or through sudo, for eBPF).
	swift build --build-tests
	@status=0; \
	$(TESTS) --skip KernelTests --skip AttackTests 2>&1 | tee .build/tests.log || status=1; \
	$(TESTS) --filter AttackTests 2>&1 | tee -a .build/tests.log || status=1; \
	$(TESTS) --filter KernelTests 2>&1 | tee -a .build/tests.log || status=1; \
	echo; grep -ah 'Test run with' .build/tests.log; exit $$status

fuzz: toolchain build-packages ## Look for inputs that trap, led by coverage. SECONDS_EACH=600, FUZZ="request procfs": only these.
	WATTPROBE_FUZZ=1 swift build -c release -Xswiftc -enable-testing --sanitize fuzzer --product fuzz --scratch-path .build/fuzz
	@mkdir -p .build/fuzz/corpus .build/fuzz/found
	@for target in $(or $(FUZZ),$$(.build/fuzz/release/fuzz -runs=1 2>/dev/null | sed -n 's/^FUZZ_TARGET is one of //p')); do \
		echo "== $$target"; mkdir -p .build/fuzz/corpus/$$target; \
		FUZZ_TARGET=$$target .build/fuzz/release/fuzz -max_total_time=$(or $(SECONDS_EACH),60) -rss_limit_mb=2048 -timeout=10 \
			-verbosity=0 -print_final_stats=1 -artifact_prefix=.build/fuzz/found/$$target- .build/fuzz/corpus/$$target; \
	done

# What takes input from outside, and what several threads share. The helper's processes have not the memory that sanitizers
# set apart, and tests of whole programs start one that is not sanitized. Swift's runtime keeps what it allocates for types.
SANITIZED = ByteTextTests|JSONTextTests|ExpositionTests|ReadingsTests|TerminalViewTests|AccountsTests|CollectingTests|EnergyTests|HostTests|WebTests|RecordingTests|ReportTests
UNSANITIZED = KernelTests|EndToEnd|PrivilegedHelper

sanitize: toolchain build-packages test-packages ## Run what takes input from outside under the address and thread sanitizers. SANITIZERS=thread: only this.
	@for kind in $(or $(SANITIZERS),address thread); do \
		echo "== $$kind"; \
		swift build --build-tests --sanitize=$$kind --scratch-path .build/$$kind || exit 1; \
		$(SUDO) env NO_COLOR=1 ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/thread.supp \
			.build/$$kind/debug/wattprobePackageTests.xctest --testing-library swift-testing \
			--filter '$(SANITIZED)' --skip '$(UNSANITIZED)' || exit 1; \
	done

# The release executable, or the debug one where there is none: what is to be tested is built before. Loads are the tests'.
VM = Tests/VM/run.py $(if $(KERNELS),--kernels "$(KERNELS)") $(if $(SCENES),--scenes "$(SCENES)")

test-vm: toolchain build-packages vm-packages ## Run it in guests of other kernels. KERNELS="6.1 7.3" SCENES=energy: only these.
	swift build --product loads
	@test -x $(BINARY) || swift build --product wattprobe
	@$(VM)

vm-shell: vm-packages ## A shell in a guest as tests have it. KERNEL=6.1, and BOOT=topology for another machine.
	@Tests/VM/run.py --shell $(or $(KERNEL),6.1) --boot $(or $(BOOT),plain)

vm-table: toolchain build-packages vm-packages ## Write docs/kernels.md anew, from a run of all kernels.
	swift build --product loads
	@test -x $(BINARY) || swift build --product wattprobe
	@Tests/VM/run.py --table docs/kernels.md

build: toolchain build-packages ## Build the release executable .build/release/wattprobe.
	swift build $(RELEASE) --product wattprobe

docs: toolchain build-packages test-packages ## Write the generated parts of docs/ and the reviewed help texts anew.
	swift build --build-tests
	WATTPROBE_UPDATE_GOLDEN=1 NO_COLOR=1 $$(swift build --show-bin-path)/wattprobePackageTests.xctest \
		--testing-library swift-testing --filter GeneratedTextTests --filter HelpTests
	git diff --stat -- docs Tests/EndToEnd/Golden

bench: toolchain build-packages ## Measure what it costs, in two minutes, as root. PARTS="events scrape" runs only these; PEER=... is the node_exporter of PARTS=peer.
	swift build $(RELEASE) --product wattprobe
	swift build $(RELEASE) --product bench
	$(SUDO) env PEER="$(PEER)" $$(swift build $(RELEASE) --show-bin-path)/bench $(PARTS)

install: ## Install what `make build` built, and its systemd units, under PREFIX (/usr/local).
	@test -x $(BINARY) || { echo 'There is no $(BINARY): run make build first.' >&2; exit 1; }
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/wattprobe
	install -d $(DESTDIR)$(UNITDIR)
	for unit in service socket; do \
		sed 's|/usr/local/bin/|$(PREFIX)/bin/|' examples/systemd/wattprobe.$$unit >$(DESTDIR)$(UNITDIR)/wattprobe.$$unit; \
		chmod 644 $(DESTDIR)$(UNITDIR)/wattprobe.$$unit; \
	done
	@echo 'Next: systemctl daemon-reload && systemctl enable --now wattprobe.service'

uninstall: ## Remove what `make install` put there.
	rm -f $(DESTDIR)$(PREFIX)/bin/wattprobe $(DESTDIR)$(UNITDIR)/wattprobe.service $(DESTDIR)$(UNITDIR)/wattprobe.socket

format: toolchain test-packages ## Format all source files in place.
	swift format -i -r Sources Tests Benchmarks Package.swift
	clang-format -i $(FORMATTED_C)

check-format: toolchain test-packages ## Fail if a source file is not formatted.
	swift format lint -s -r Sources Tests Benchmarks Package.swift
	clang-format --dry-run -Werror $(FORMATTED_C)

clean: ## Remove all build products.
	rm -rf .build

toolchain:
	@command -v swift >/dev/null || { \
		echo 'swift is not on PATH: install Swift 6.3 (swift.org/install), then PATH=/path/to/swift/usr/bin:$$PATH' >&2; \
		exit 1; }
	@swift --version 2>&1 | grep -qE 'Swift version (6\.([3-9]|[1-9][0-9])|[7-9])' || { \
		echo 'wattprobe needs Swift 6.3 or later (swift.org/install); on PATH there is:' >&2; \
		swift --version >&2; \
		exit 1; }

build-packages:
	@.ci/install-packages $(BUILD_PACKAGES)

test-packages:
	@.ci/install-packages $(TEST_PACKAGES)

vm-packages:
	@.ci/install-packages $(VM_PACKAGES)
