# SPDX-License-Identifier: Apache-2.0
"""The simulated RAPL drivers, built against a kernel's own headers."""


def build(kernel):
    pass
