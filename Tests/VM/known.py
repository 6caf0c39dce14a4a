# SPDX-License-Identifier: Apache-2.0
"""Failures that are known, by the number of the fault. Who mends one takes its mark away: it then fails the run."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Known:
    test: str  # scene/guest/name; "*" for the guest is any
    fault: str  # the number in the list of faults
    reason: str  # what is wrong, and what the test sees of it
    since: tuple = (0,)  # the first series that has it

    def suits(self, title):
        mine, theirs = self.test.split("/"), title.split("/")
        return len(mine) == 3 and all(a in ("*", b) for a, b in zip(mine, theirs))


MARKS: list[Known] = []


def find(title, series):
    for mark in MARKS:
        if mark.suits(title) and series >= mark.since:
            return mark
    return None


def faults(titles):
    """What is wrong with the marks themselves."""
    found = []
    for mark in MARKS:
        if not mark.reason.strip() or not mark.fault.strip():
            found.append(f"the mark of {mark.test} has no reason or no number")
        scene = mark.test.split("/")[0]
        if any(title.startswith(scene + "/") for title in titles) and not any(map(mark.suits, titles)):
            found.append(f"the mark of {mark.test} names no test")
    return found
