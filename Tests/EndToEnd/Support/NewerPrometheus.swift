import Foundation

/// Prometheus of Debian's newer suites, unpacked into a cache: nothing of them is installed.
enum NewerPrometheus: String, CaseIterable {
  /// Prometheus 2.53.
  case trixie
  /// Prometheus 3.
  case sid

  /// Where it is unpacked; kept from one run to the next.
  private var folder: String {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
    return cache + "/wattprobe-prometheus" + (self == .sid ? "" : "-\(rawValue)")
  }

  /// apt with a list and a state of its own, from the archive that the machine's own lists name.
  private static let script = """
    set -eu
    mkdir -p "$0/state/lists/partial" "$0/cache/archives/partial"
    cd "$0"
    archive=$(apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian/?$' | head -n 1)
    [ -n "$archive" ] || { echo 'no Debian archive among the sources of apt: run apt-get update' >&2; exit 1; }
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keyring] $archive $1 main" >sources.list
    cat >apt.conf <<EOF
    Dir::Etc::sourcelist "$0/sources.list";
    Dir::Etc::sourceparts "-";
    Dir::State "$0/state";
    Dir::Cache "$0/cache";
    Acquire::Languages "none";
    EOF
    export APT_CONFIG="$0/apt.conf"
    apt-get -qq update
    apt-get -qq download prometheus
    dpkg-deb -x prometheus_*.deb new
    rm -rf prometheus_*.deb state cache
    rm -rf root
    mv new root
    """

  /// The path of its program, fetched where it is not there yet.
  func path() async throws -> String {
    let path = folder + "/root/usr/bin/prometheus"
    if FileManager.default.isExecutableFile(atPath: path) { return path }
    let fetch = try RunningProgram("/bin/sh", ["-c", Self.script, folder, rawValue])
    let outcome = try await fetch.outcome()
    guard outcome.status == 0, FileManager.default.isExecutableFile(atPath: path) else {
      throw Executable.Missing(description: "Prometheus of \(rawValue) cannot be fetched: \(outcome.errors)")
    }
    return path
  }
}
