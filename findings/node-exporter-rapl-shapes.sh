#!/bin/bash
# Watts of the same package appear under three names or twice under one, by the shape of the machine
#
# Software: node_exporter 1.11.1 (Debian sid, prometheus-node-exporter), over made-up sysfs trees as Linux has them.
# Expected: node_rapl_package_joules_total{index} is the energy of a package, so that its rate summed over index is
#   that of the packages.
# Seen: on a processor of several dies each die is a metric of its own, node_rapl_package_0_die_1_joules_total, always
#   with index 0: the query for packages finds nothing. Where the same registers are there through memory too
#   (intel-rapl-mmio, laptops), the package is there twice with one index, told apart by the path only: the sum is
#   double. The index of dram counts zones, not packages.
# For exporters: no one query for watts works on all machines, and nothing says which it is.
#   wattprobe: one family, the zone as a label (package-0-die-1); a twin is in none of its own sums. With --compat
#   node as seen here.
. "$(dirname "$0")/lib.sh"
need curl
debian exporter sid prometheus-node-exporter=1.11.1-3

show() { # NAME ZONE...
    local name=$1 address
    shift
    zones "$work/$name" "$@"
    address=127.0.0.1:$(free_port)
    background exporter.log "$work/exporter/usr/bin/prometheus-node-exporter" --path.sysfs="$work/$name" --collector.disable-defaults \
        --collector.rapl --web.listen-address="$address"
    answers "http://$address/metrics"
    echo "$name:"
    curl -sS "http://$address/metrics" | sed -n "s,^\(node_rapl.*path=\"\)[^\"]*/class,\1…,p" | cut -d' ' -f1
}
{
    show plain intel-rapl:0=package-0=10 intel-rapl:0:0=dram=3
    show dies intel-rapl:0=package-0-die-0=10 intel-rapl:0:0=dram=3 intel-rapl:1=package-0-die-1=10 intel-rapl:1:0=dram=3
    show twin intel-rapl:0=package-0=10 intel-rapl-mmio:0=package-0=10
} >"$work/seen"

seen <<'END'
plain:
node_rapl_dram_joules_total{index="0",path="…/powercap/intel-rapl:0:0"}
node_rapl_package_joules_total{index="0",path="…/powercap/intel-rapl:0"}
dies:
node_rapl_dram_joules_total{index="0",path="…/powercap/intel-rapl:0:0"}
node_rapl_dram_joules_total{index="1",path="…/powercap/intel-rapl:1:0"}
node_rapl_package_0_die_0_joules_total{index="0",path="…/powercap/intel-rapl:0"}
node_rapl_package_0_die_1_joules_total{index="0",path="…/powercap/intel-rapl:1"}
twin:
node_rapl_package_joules_total{index="0",path="…/powercap/intel-rapl-mmio:0"}
node_rapl_package_joules_total{index="0",path="…/powercap/intel-rapl:0"}
END
