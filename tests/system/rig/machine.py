# SPDX-License-Identifier: BSD-3-Clause
"""What this machine has for us, and why a test can't run on it."""
import os
import shutil
from pathlib import Path

HUGEPAGES = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
FREE_HUGEPAGES = HUGEPAGES.with_name("free_hugepages")
NEEDED_HUGEPAGES = 640  # two data planes and a generator at a time, for one file of tests

# The worker's processor, and that of all others: exchanged where something else keeps 1 busy.
WORKER_CORE = int(os.environ.get("SLUICE_TEST_CORE", "1"))
OTHER_CORE = 0 if WORKER_CORE != 0 else 1


def build_folder():
    default = Path(__file__).resolve().parents[3] / "build/release"
    return Path(os.environ.get("SLUICE_BUILD", default))


def program(name):
    return str(build_folder() / name)


class Machine:
    """Takes hugepages where too few are free, and gives them back."""

    def __init__(self, needed=NEEDED_HUGEPAGES):
        self.needed = needed
        self._before = None

    @staticmethod
    def lacks():
        """Why nothing here can run, or None."""
        if os.geteuid() != 0:
            return "needs root, for namespaces and hugepages"
        if len(os.sched_getaffinity(0)) < 2:
            return "needs two processors: one for the data plane, one for its peers"
        for name in ("sluice-dataplane", "sluice-trafficgen", "plane-driver"):
            if not os.access(program(name), os.X_OK):
                return f"{program(name)} is not there: build it first"
        return None

    def __enter__(self):
        free = int(FREE_HUGEPAGES.read_text()) if HUGEPAGES.exists() else 0
        if free < self.needed and HUGEPAGES.exists():
            before = int(HUGEPAGES.read_text())
            try:
                HUGEPAGES.write_text(str(before + self.needed - free))
                self._before = before
            except OSError:
                pass
        return self

    def __exit__(self, *_):
        if self._before is not None:
            HUGEPAGES.write_text(str(self._before))

    def hugepages_lack(self):
        free = int(FREE_HUGEPAGES.read_text()) if HUGEPAGES.exists() else 0
        if free < self.needed:
            return f"{free} hugepages of 2 MB are free, {self.needed} are needed"
        return None


def has(tool):
    return shutil.which(tool) is not None
