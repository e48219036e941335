# SPDX-License-Identifier: BSD-3-Clause
"""What the data plane may still do once it is ready: nothing that needs a capability. And that it
leaves as it came."""
import pwd
import socket
import time
from pathlib import Path

import pytest

from rig import DataPlane, Driver, Generator, Sheet
from rig.process import Process
from rig.site import RELAY, Site

NOBODY = pwd.getpwnam("nobody")


def threads(plane):
    """The status of each, as a dict."""
    for task in Path(f"/proc/{plane.pid}/task").iterdir():
        rows = (line.split(":", 1) for line in (task / "status").read_text().splitlines())
        yield {key: value.strip() for key, value in rows}


def check_no_capabilities(plane):
    found = list(threads(plane))
    assert len(found) >= 2  # main and a worker
    for status in found:
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[name], 16) == 0, (status["Name"], name, status[name])
        assert status["NoNewPrivs"] == "1"
    return found


@pytest.mark.parametrize("kind", ["loopback", "af_packet", "af_xdp"])
@pytest.mark.parametrize("user", ["", "nobody"])
def test_capabilities_gone(profile, kind, user):
    if user:
        profile.groups["control"]["run_as"] = user
        profile.folder.chmod(0o755)
    if kind == "loopback":
        with DataPlane(profile.loopback()) as plane:
            check(plane, user)
            sheet = Sheet().calls(5, b="AEAD_AES_128_GCM")
            with Driver(profile) as driver:  # and it works
                driver.install(sheet)
                with Generator.loopback(profile, sheet, seconds=1) as generator:
                    generator.passed()
    else:
        with Site(profile, kind) as site, DataPlane(profile, site.relay) as plane:
            check(plane, user)
            out = site.peers.run("ping", "-c", "2", "-i", "0.05", "-W", "10", RELAY[4])
            assert "2 received" in out, out


def check(plane, user):
    for status in check_no_capabilities(plane):
        ids = {int(i) for i in status["Uid"].split()} | {int(i) for i in status["Gid"].split()}
        assert ids == ({NOBODY.pw_uid, NOBODY.pw_gid} if user else {0}), status["Name"]
        if user:
            assert status["Groups"] == ""


@pytest.mark.parametrize("user", ["", "nobody"])
def test_leaves_nothing_behind(profile, user):
    if user:
        profile.groups["control"]["run_as"] = user
    with Site(profile) as site:
        before = site.relay.links()
        profile.loopback(addresses=("198.18.0.1/24",))
        with DataPlane(profile, site.relay) as plane:
            assert site.relay.links() == before | {"sluice0"}
            assert Path(profile.socket).is_socket() and Path(profile.vhost).is_socket()
            assert plane.stop() == 0, plane.text()
        assert site.relay.links() == before
        left = [p.name for p in profile.folder.iterdir() if p.is_socket() and not user]
        assert left == [], plane.text()
        with DataPlane(profile, site.relay) as again:  # nor in its own way
            assert again.stop() == 0


def test_socket_of_the_dead_is_taken_over(profile):
    with DataPlane(profile.loopback()) as plane:
        plane.kill()
    with DataPlane(profile), Driver(profile) as driver:
        assert driver.endpoints() == {}


def test_second_with_the_profile_is_refused(profile):
    """It says what to do, and touches nothing of the first's: neither its calls nor its sockets."""
    with DataPlane(profile.loopback()), Driver(profile) as driver:
        sheet = Sheet().calls(5, b="AEAD_AES_128_GCM")
        driver.install(sheet)
        with Generator.loopback(profile, sheet, seconds=4) as generator:
            generator.wait_for(" s  sent ")
            second = DataPlane(profile, log="second.log")
            Process.start(second)
            assert second.wait(30) == 1
            assert "another data plane runs with this profile: stop that one" in second.text()
            assert "EAL" not in second.text(), second.text()
            generator.passed()
        assert Path(profile.socket).is_socket() and Path(profile.vhost).is_socket()
        other = Sheet().calls(5, seed=2, ssrc=0x2000, a_ports="31040-31999",
                              b_ports="51008-51967")
        driver.install(other)
        with Generator.loopback(profile, other, seconds=1) as generator:  # who comes next
            generator.passed()


def test_socket_is_for_its_user(profile):
    """control.user may attach; the socket's mode keeps others out."""
    profile.groups["control"]["user"] = "nobody"
    with DataPlane(profile.loopback()):
        time.sleep(0.1)
        status = Path(profile.socket).stat()
        assert status.st_mode & 0o007 == 0, oct(status.st_mode)
        assert status.st_gid == NOBODY.pw_gid
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET):
            pass
