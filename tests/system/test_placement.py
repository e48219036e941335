# SPDX-License-Identifier: BSD-3-Clause
"""sluice-trafficgen call with both planes: calls placed over mutual TLS, each packet of their media
compared, their statistics too; and what it makes of a relay that refuses or goes."""
import itertools
import json
import signal
import time

import pytest

from rig.machine import OTHER_CORE, program
from rig.planes import DESCRIPTORS, Planes
from rig.process import Process
from rig.sheet import SUITES

PLAIN, SEALED = ["198.18.0.1", "2001:2::1"], ["198.18.0.9", "2001:2::9"]
_serial = itertools.count()


class Calls(Process):
    def __init__(self, planes, *arguments, **options):
        self.json = planes.folder / f"calls{next(_serial)}.json"
        device = (f"net_virtio_user0,path={planes.profile.vhost},queues=1,mac=02:00:00:00:00:02,"
                  f"queue_size={DESCRIPTORS}")
        options = {"calls": 20, "seconds": 1, "port": device, "dst-mac": "02:00:00:00:00:01",
                   "core": OTHER_CORE, "file-prefix": planes.folder.name, "json": self.json,
                   "descriptors": DESCRIPTORS, "mbufs": 4 * DESCRIPTORS, "drain": 1000, **options}
        argv = [program("sluice-trafficgen"), "call", *planes.arguments, *arguments]
        for key, value in options.items():
            argv += [f"--{key}", value]
        super().__init__(argv, planes.folder / f"{self.json.stem}.log")

    def result(self, seconds=60):
        """Exit status and JSON."""
        status = self.wait(seconds)
        result = json.loads(self.json.read_text(encoding="utf-8")) if self.json.exists() else None
        return status, result


def passed(planes, *arguments, **options):
    """A busy machine may have sent late."""
    with Calls(planes, *arguments, **options) as calls:
        status, result = calls.result()
    assert status in (0, 1), calls.text()
    assert result["placed"] == result["calls"] == result["end"]["delete"]["count"], calls.text()
    assert result["setup"]["wrong"] == result["end"]["wrong"] == 0, calls.text()
    assert set(result["media"]["failed"]) <= {"rate"}, calls.text()
    assert result["media"]["trial"]["sent"] > 0
    return result


@pytest.fixture
def planes(folder):
    with Planes(folder, PLAIN, SEALED) as p:
        yield p
        assert p.dataplane.running() and p.control.running(), p.control.text()


def test_every_suite_on_each_side(planes):
    legs = ["rtp-rtp", *(f"rtp-srtp:{s}" for s in SUITES)]
    passed(planes, *(word for kind in legs for word in ("--legs", kind)), calls=27)
    legs = [f"srtp-rtp:{s}" for s in SUITES]
    passed(planes, *(word for kind in legs for word in ("--legs", kind)), calls=24)
    legs = [f"srtp-srtp:{a},{b}" for a, b in zip(SUITES, SUITES[3:] + SUITES[:3])]
    passed(planes, *(word for kind in legs for word in ("--legs", kind)), calls=24)


def test_same_suite_has_two_keys(planes):
    passed(planes, "--legs", "srtp-srtp:AEAD_AES_128_GCM")


@pytest.mark.parametrize("a, b", [("2001:2::2", "2001:2::3"), ("198.18.0.2", "2001:2::3"),
                                  ("2001:2::2", "198.18.0.3")], ids=["6to6", "4to6", "6to4"])
def test_address_families(planes, a, b):
    passed(planes, **{"party-a": a, "party-b": b})


@pytest.mark.parametrize("codec", ["opus", "video"])
def test_codecs(planes, codec):
    passed(planes, codec=codec)


def test_many_connections(planes):
    passed(planes, calls=200, connections=8, window=4)


def test_refused_calls_fail_and_the_others_are_deleted(folder):
    with Planes(folder, PLAIN, SEALED, session_limit=15) as planes:
        with Calls(planes) as calls:
            status, result = calls.result()
        assert status == 1 and result["placed"] == 15, calls.text()
        assert result["media"] is None and result["setup"]["wrong"] == 5, calls.text()
        assert result["end"]["delete"]["count"] == 15, calls.text()
        passed(planes, calls=15)  # none of them is left


def test_signal_ends_media_and_deletes_calls(planes):
    with Calls(planes, seconds=60) as calls:
        calls.wait_for(" s  sent ")
        calls.popen.send_signal(signal.SIGINT)
        _, result = calls.result()
    assert result["placed"] == result["end"]["delete"]["count"] == 20, calls.text()
    assert result["end"]["wrong"] == 0, calls.text()


def test_control_plane_that_goes_is_told(planes):
    with Calls(planes, seconds=3) as calls:
        calls.wait_for(" s  sent ")
        planes.control.kill()
        time.sleep(0.1)
        status, result = calls.result()
    assert status == 1 and result["end"]["wrong"] == 16, calls.text()  # those under way
    assert result["media"]["trial"]["lost"] == 0, calls.text()  # media goes on without it
    planes.control.start()
