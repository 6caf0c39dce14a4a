#!/bin/bash
# The option that includes memory includes none
#
# Software: codecarbon 3.3.2 (PyPI), over a made-up sysfs tree as Linux has it on a server.
# Expected: its documentation of rapl_include_dram: memory's energy is added to that of the processor (False by
#   default).
# Seen: Linux always registers dram as a child of its package (intel-rapl:0:1); codecarbon counts only a dram that is
#   a zone of the first level and leaves out the others "to avoid double-counting", as if they lay within the package.
#   They do not: RAPL's package domain is without memory. So with the option and without it the answer is the package
#   alone, and that memory was left out is logged at debug only. Where the package can be read through memory too (intel-rapl-mmio), it
#   takes that twin, once, as it should.
# For exporters: figures of two tools differ by the memory's share, with the option set as well.
#   wattprobe: package and dram are summed, core and uncore are parts of a package, psys and twins are left out
#   (EnergyRole).
. "$(dirname "$0")/lib.sh"
python_packages codecarbon==3.3.2

zones "$work/sys" intel-rapl:0=package-0=10 intel-rapl:0:0=core=6 intel-rapl:0:1=dram=3 intel-rapl:1=psys=20 intel-rapl-mmio:0=package-0=10
cat >"$work/read.py" <<'PYTHON'
import sys
import time
from codecarbon.core.cpu import IntelRAPL
from codecarbon.core.units import Time

for options in ({}, {"rapl_include_dram": True}, {"rapl_prefer_psys": True}):
    reader = IntelRAPL(**options)
    reader.start()
    begin = time.monotonic()
    time.sleep(2)
    figures = reader.get_cpu_details(Time.from_seconds(time.monotonic() - begin))
    watts = sum(value for name, value in figures.items() if "Power" in name)
    print(f"{options or 'default'}: {len(reader._rapl_files)} zone, {watts:.0f} W")
PYTHON
{
    echo "the machine: package 10 W (of it core 6 W), dram 3 W, platform 20 W"
    with_sysfs "$work/sys" "$work/venv/bin/python" "$work/read.py" 2>"$work/log"
} >"$work/seen"

seen <<'END'
the machine: package 10 W (of it core 6 W), dram 3 W, platform 20 W
default: 1 zone, 10 W
{'rapl_include_dram': True}: 1 zone, 10 W
{'rapl_prefer_psys': True}: 1 zone, 20 W
END
