# SPDX-License-Identifier: BSD-3-Clause
"""A run of which every test was skipped ends with status 77 and the reason on the last line;
skips of single tests are printed as scripts/test.sh looks for them."""
import shutil
import tempfile
from pathlib import Path

import pytest

from rig import Machine, Profile

_skips = []
_ran = [0]


def pytest_runtest_logreport(report):
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skips.append((report.nodeid.split("::")[-1], reason.removeprefix("Skipped: ")))
    elif report.when == "call":
        _ran[0] += 1


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == 0 and _skips and not _ran[0]:
        session.exitstatus = 77


def pytest_unconfigure(config):
    for name, reason in _skips:
        print(f"[  SKIPPED ] {name}: {reason}")
    if _skips and not _ran[0]:
        print(f"skipped: {_skips[0][1]}")


@pytest.fixture(scope="session", autouse=True)
def machine():
    lacks = Machine.lacks()
    if lacks:
        pytest.skip(lacks)
    with Machine() as m:
        lacks = m.hugepages_lack()
        if lacks:
            pytest.skip(lacks)
        yield m


@pytest.fixture
def folder():
    """Short: paths of sockets have 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="slt-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def profile(folder):
    return Profile(folder, folder.name + "-dp")
