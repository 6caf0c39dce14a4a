# shellcheck shell=bash
# What the findings share. A script that sources this has a folder of its own, $work, and ends what it started when it ends.
# Exit status: 0 seen as written down, 1 something else was seen, 77 could not be tried here.
# FINDINGS_CACHE=FOLDER keeps package lists and packages from one script to the next.
set -euo pipefail
export LC_ALL=C TZ=UTC
work=$(mktemp -d)
cache=${FINDINGS_CACHE:-$work/cache}
pids=()

finish() {
    local pid
    for pid in "${pids[@]}"; do
        pkill -KILL -P "$pid" || true # where it was a function
        kill -KILL "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    done
    rm -rf "$work"
}
trap finish EXIT

skip() {
    echo "SKIP: $*"
    exit 77
}

need() {
    local program
    for program; do command -v "$program" >/dev/null || skip "$program is not installed"; done
}

# apt with lists, state and sources of its own: the machine's mirror, other suites, nothing installed.
apt_of_suite() { # SUITE COMMAND...
    local suite=$1 state mirror
    shift
    state=$cache/$suite
    if [ ! -e "$state/ready" ]; then
        # shellcheck disable=SC2016 # apt's own variable
        mirror=$(apt-get indextargets --format '$(REPO_URI)' | sed -n 's,/debian/\?$,,p' | head -n 1)
        [ -n "$mirror" ] || skip "apt has no Debian source (run apt-get update once)"
        mkdir -p "$state"/{lists/partial,archives/partial,parts}
        : >"$state/status"
        case $suite in
        *-security) echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror/debian-security $suite main" ;;
        *) echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror/debian $suite main" ;;
        esac >"$state/sources.list"
        cat >"$state/apt.conf" <<CONF
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "$state/parts";
Dir::Etc::preferencesparts "$state/parts";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
APT::Sandbox::User "root";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONF
        APT_CONFIG=$state/apt.conf timeout 300 apt-get -qq update || skip "no package lists of $suite"
        touch "$state/ready"
    fi
    APT_CONFIG=$state/apt.conf timeout 300 "$@"
}

# Libraries that a program only has to find go without a version.
debian() { # FOLDER SUITE PACKAGE[=VERSION]...: unpacks them into $work/FOLDER
    local folder=$work/$1 suite=$2 package file
    shift 2
    mkdir -p "$folder" "$cache/debs"
    for package; do
        file=$cache/debs/${package/=/_}.deb
        if [ ! -e "$file" ]; then
            mkdir -p "$work/download"
            (cd "$work/download" && apt_of_suite "$suite" apt-get -qq download "$package" >/dev/null 2>&1) ||
                skip "${package/=/ } is no longer offered by Debian $suite"
            mv "$work"/download/*.deb "$file"
        fi
        dpkg-deb -x "$file" "$folder"
    done
}

python_packages() { # NAME==VERSION...: a virtual environment in $work/venv
    need python3
    python3 -m venv "$work/venv"
    timeout 300 "$work/venv/bin/pip" --quiet --disable-pip-version-check install "$@" >/dev/null 2>&1 ||
        skip "$* cannot be installed from PyPI"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

background() { # LOG COMMAND...
    local log=$1
    shift
    "$@" >"$work/$log" 2>&1 &
    pids+=($!)
    disown
}

answers() { # URL: waits until it does, 30 s at most
    local i
    for ((i = 0; i < 150; i++)); do
        ! curl -fsS -o /dev/null "$1" 2>/dev/null || return 0
        sleep 0.2
    done
    echo "no answer from $1"
    tail -n 3 "$work"/*.log
    return 1
}

page() { # FILE TYPE: serves the file as it is at each request, whatever is asked for; the port is $page_port
    need python3
    page_port=$(free_port)
    cat >"$work/page.py" <<'PYTHON'
import http.server
import sys

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            body = open(sys.argv[2], "rb").read()
        except FileNotFoundError:
            return self.send_error(503)
        self.send_response(200)
        self.send_header("Content-Type", sys.argv[3])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
PYTHON
    background page.log python3 "$work/page.py" "$page_port" "$1" "$2"
    answers "http://127.0.0.1:$page_port/"
}

prometheus() { # FOLDER NAME [FLAG...]: a server with $work/NAME.yml and data in $work/NAME; its address is $server
    local folder=$1 name=$2
    shift 2
    server=http://127.0.0.1:$(free_port)
    background "$name.log" "$work/$folder/usr/bin/prometheus" --config.file="$work/$name.yml" --storage.tsdb.path="$work/$name" \
        --web.listen-address="${server#http://}" "$@"
    answers "$server/-/ready"
}

zones() { # FOLDER ZONE=NAME=WATTS...: a sysfs with these powercap zones, counting until the script ends
    need python3
    cat >"$work/zones.py" <<'PYTHON'
import os
import sys
import time

root, counters = sys.argv[1], []
for zone, name, watts in (argument.split("=") for argument in sys.argv[2:]):
    driver, *numbers = zone.split(":")
    parts = [driver] + [":".join([driver] + numbers[:i]) for i in range(1, len(numbers) + 1)]
    for depth in range(1, len(parts) + 1):
        path = os.path.join(root, "devices/virtual/powercap", *parts[:depth])
        link = os.path.join(root, "class/powercap", parts[depth - 1])
        os.makedirs(path, exist_ok=True)
        os.makedirs(os.path.dirname(link), exist_ok=True)
        if not os.path.lexists(link):
            os.symlink(os.path.relpath(path, os.path.dirname(link)), link)
            os.symlink(os.path.relpath(os.path.dirname(link), path), os.path.join(path, "subsystem"))
    for file, text in (("name", name), ("max_energy_range_uj", 262143328850), ("energy_uj", 0)):
        if driver != "dtpm" or file == "name":
            open(os.path.join(path, file), "w").write(f"{text}\n")
    if driver != "dtpm":
        counters.append((open(os.path.join(path, "energy_uj"), "r+"), float(watts)))
open(os.path.join(root, "ready"), "w").close()
begin = time.monotonic()
while True:
    for file, watts in counters:
        file.seek(0)
        file.write(f"{int((100 + time.monotonic() - begin) * watts * 1e6)}\n")
        file.flush()
    time.sleep(0.02)
PYTHON
    background zones.log python3 "$work/zones.py" "$@"
    for _ in {1..50}; do [ ! -e "$1/ready" ] || return 0; sleep 0.1; done
    cat "$work/zones.log"
    return 1
}

with_sysfs() { # FOLDER COMMAND...: runs it where the folder is /sys
    unshare --map-root-user --mount true 2>/dev/null || skip "no mount namespace of one's own here"
    # shellcheck disable=SC2016 # for the inner shell
    unshare --map-root-user --mount sh -c 'mount --rbind "$0" /sys && exec "$@"' "$@"
}

own_libraries() { # FOLDER PROGRAM...: a program of another suite with the libc and libraries unpacked beside it
    local folder=$work/$1 loader
    shift
    loader=$(find "$folder" -name 'ld-linux*.so.*' -path '*lib*' | head -n 1)
    "$loader" --library-path "$folder/lib/$(uname -m)-linux-gnu:$folder/usr/lib/$(uname -m)-linux-gnu" "$@"
}

victoria() { # FOLDER [FLAG...]: a VictoriaMetrics that scrapes nothing; its address is $server
    local folder=$1
    shift
    server=http://127.0.0.1:$(free_port)
    background victoria.log "$work/$folder/usr/bin/victoria-metrics" -storageDataPath="$work/victoria" \
        -httpListenAddr="${server#http://}" -retentionPeriod=1y "$@"
    answers "$server/health"
}

value() { # EXPRESSION [TIME]: the value alone, "nothing" where there is no series
    curl -sS "$server/api/v1/query" --data-urlencode "query=$1" ${2:+--data-urlencode "time=$2"} |
        jq -r '.error // (.data.result | if length == 0 then "nothing" else .[0].value[1] end)'
}

seen() { # compares $work/seen with what is on standard input
    cat >"$work/expected"
    if [ -s "$work/seen" ] && diff -u --label "seen when this was written" --label "seen now" "$work/expected" "$work/seen"; then
        cat "$work/seen"
        echo "PASS: as it was"
    else
        echo "FAIL: it changed"
        exit 1
    fi
}
