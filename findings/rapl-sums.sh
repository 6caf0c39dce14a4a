#!/bin/bash
# One machine of 20 W: 39 W by one reader, 78 J a second by another, and a fifth of it where it is scraped
#
# Software: powerstat 0.04.06, alumet 0.9.5, Prometheus 3.5.3 (all Debian sid), over a made-up sysfs tree as Linux has
#   it.
# Expected: RAPL's domains lie within each other: core in package, package and dram in psys. powerstat -R prints the
#   "Watts" of the machine; a family of energies by domain can be summed.
# Seen: powerstat adds every domain to the others: package 10 + core 6 + dram 3 + psys 20 = 39 W for a machine of 20 W
#   (only a twin of intel-rapl-mmio is left out). alumet writes each domain and its "_total" in one family, so its sum
#   has everything twice: 78 J. And it serves as a gauge the joules of its last interval (1 s): scraped every 5 s,
#   four fifths of the energy are never seen.
# For exporters: energy needs a counter, and roles of domains that a query can tell apart.
#   wattprobe: counters of joules; energy_attributed_joules sums only what does not overlap. What a zone is to others
#   is in no label yet.
. "$(dirname "$0")/lib.sh"
need curl jq
debian sid sid powerstat=0.04.06-1 alumet=0.9.5+ds-4 libc6 libgcc-s1 libssl3t64 libzstd1 zlib1g
debian server sid prometheus=3.5.3+ds1-6
of_sid() { with_sysfs "$work/sys" "$work/sid/usr/lib64/ld-linux-x86-64.so.2" --library-path "$work/sid/usr/lib/x86_64-linux-gnu" "$@"; }

zones "$work/sys" intel-rapl:0=package-0=10 intel-rapl:0:0=core=6 intel-rapl:0:1=dram=3 intel-rapl:1=psys=20 intel-rapl-mmio:0=package-0=10
with_sysfs "$work/sys" true
background powerstat.log of_sid "$work/sid/usr/bin/powerstat" -R -d 0 1 60
powerstat=${pids[-1]}

port=$(free_port)
cat >"$work/alumet.toml" <<END
[plugins.rapl]
poll_interval = "1s"
flush_interval = "1s"
no_perf_events = true
[plugins.prometheus-exporter]
host = "127.0.0.1"
prefix = ""
suffix = "_alumet"
port = $port
add_attributes_to_labels = true
END
background alumet.log of_sid "$work/sid/usr/lib/alumet/bin/alumet-agent" --config "$work/alumet.toml" --plugins rapl,prometheus-exporter run
answers "http://127.0.0.1:$port/metrics"
sleep 3
curl -sS "http://127.0.0.1:$port/metrics" >"$work/alumet"
cat >"$work/scrape.yml" <<END
global: {scrape_interval: 5s}
scrape_configs: [{job_name: alumet, static_configs: [{targets: ["127.0.0.1:$port"]}]}]
END
prometheus server scrape
for ((i = 0; i < 70; i++)); do kill -0 "$powerstat" 2>/dev/null || break; sleep 1; done
scraped=$(value 'round(sum(sum_over_time(rapl_consumed_energy_alumet{domain="package"}[50s])), 10)')
{
    echo "the machine: package 10 W (of it core 6 W), dram 3 W, platform 20 W with all of them"
    awk '/^ *CPU: .* Watts on average/ {printf "powerstat: %.0f W\n", $2}' "$work/powerstat.log"
    awk '/^# TYPE rapl_consumed_energy/ {type = $4} /^rapl_consumed_energy/ {sum += $NF} /^rapl_consumed.*_total"/ {totals += $NF}
        END {printf "alumet: a %s, the sum of its family is %.1f times that of the domains\n", type, sum / (sum - totals)}' "$work/alumet"
    echo "alumet's package energy, scraped for 50 s and summed: about $scraped J of 500 J"
} >"$work/seen"

seen <<'END'
the machine: package 10 W (of it core 6 W), dram 3 W, platform 20 W with all of them
powerstat: 39 W
alumet: a gauge, the sum of its family is 2.0 times that of the domains
alumet's package energy, scraped for 50 s and summed: about 100 J of 500 J
END
