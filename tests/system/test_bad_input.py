# SPDX-License-Identifier: BSD-3-Clause
"""A profile, a peer or a packet that is wrong: an error that says what and how to cure it, or a
counter with a name; and the call beside it loses nothing."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from rig import DataPlane, Driver, Generator, Process, Sheet
from rig.driver import check_identity, drops
from rig.machine import program
from rig.namespace import mac
from rig.packets import Srtp, received, rtp, udp_socket
from rig.site import A, B, RELAY, Site, call


def set_port(key, value):
    return lambda groups: groups["ports"][0].update({key: value})


def set_group(group, key, value):
    return lambda groups: groups[group].update({key: value})


FAULTS = [
    ("unknown_key", set_group("media", "bogus", 1), "bogus"),
    ("bad_range", set_group("media", "endpoints", 2000000), "endpoints"),
    ("no_such_core", lambda g: g["workers"][0].update(core=99), "core 99"),
    ("no_ports", lambda g: g["ports"].clear(), "ports"),
    ("bad_address", set_port("addresses", ["300.1.2.3/24"]), "300.1.2.3"),
    ("same_address", set_port("addresses", ["192.0.2.1/24", "192.0.2.1/24"]), "there already"),
    ("bad_steering", set_port("steering", "magic"), "magic"),
    ("flow_on_vhost", set_port("steering", "flow"), "flow rules"),
    ("bad_descriptors", set_port("rx_descriptors", 1000), "power of 2"),
    ("wrong_type", set_group("media", "endpoints", "many"), "endpoints"),
    ("queue_twice", lambda g: g["workers"][0].update(
        queues=[{"port": "loop", "queue": 0}, {"port": "loop", "queue": 0}]), "queue"),
    ("no_such_port", lambda g: g["workers"][0].update(queues=[{"port": "nix"}]), "nix"),
    ("min_over_max", lambda g: g["media"].update(port_min=40000, port_max=30000), "port_m"),
    ("no_neighbours", lambda g: g["ports"][0].pop("neighbours"), "neighbours"),
]


def run(profile_path, *options):
    return subprocess.run([program("sluice-dataplane"), *options, profile_path],
                          capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("fault, says", [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_profile_faulty(profile, fault, says):
    profile.loopback()
    fault(profile.groups)
    path = profile.write()
    for options in ([], ["--check"]):
        done = run(path, *options)
        assert done.returncode == 1, done
        first = done.stderr.splitlines()[0]
        assert first.startswith(f"{path}:") and says in done.stderr, done.stderr
        assert first.split(":")[1].strip().isdigit(), first


@pytest.mark.parametrize("text", ["", "ports = (", "\0\1\2", "@include \"/etc/passwd\"\n"],
                         ids=["empty", "cut", "binary", "include"])
def test_profile_no_profile(folder, text):
    path = folder / "x.conf"
    path.write_text(text)
    done = run(path)
    assert done.returncode == 1 and str(path) in done.stderr, done


def test_profile_missing(folder):
    done = run(folder / "none.conf")
    assert done.returncode == 1 and "No such file" in done.stderr, done


def test_wrong_usage():
    done = subprocess.run([program("sluice-dataplane"), "--nonsense"], capture_output=True,
                          text=True, timeout=20)
    assert done.returncode == 2 and "usage:" in done.stderr


@pytest.mark.parametrize("name, arguments, says", [
    ("sluice-dataplane", ["a.conf", "b.conf"], "unexpected argument 'b.conf'\n"),
    ("sluice-dataplane", ["--document", "a.conf"], "unexpected argument 'a.conf'\n"),
    ("sluice-controlplane", ["--check", "a.conf"],
     "unexpected argument 'a.conf' (a file is named by --config)\n"),
], ids=["dataplane", "dataplane_document", "controlplane"])
def test_surplus_argument_named(name, arguments, says):
    done = subprocess.run([program(name), *arguments], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and says in done.stderr, done.stderr


def test_tools_name_their_help():
    def said(*argv):
        done = subprocess.run([program(argv[0]), *argv[1:]], capture_output=True, text=True,
                              timeout=20)
        return done.returncode, done.stdout + done.stderr

    status, text = said("plane-driver", "--help")
    assert status == 0 and "\n  takeover\n" in text, text
    status, text = said("sluice-trafficgen", "signaling", "--nonsense")
    assert status == 2 and ": signaling --help lists the options" in text, text
    status, text = said("sluice-trafficgen", "--nonsense")
    assert status == 2 and ": --help lists the options" in text, text


def test_check_tells_port_without_rules(profile):
    done = run(profile.loopback().write(), "--check")
    assert done.returncode == 0 and "steering of port loop: none\n" in done.stdout, done


def test_not_root(profile):
    """Copied, as a build folder may be closed to others."""
    copy = shutil.copy(program("sluice-dataplane"), profile.folder)
    path = profile.loopback().write()
    os.chmod(path, 0o644)
    profile.folder.chmod(0o755)
    done = subprocess.run([copy, path], capture_output=True, text=True, timeout=20,
                          user="nobody", group="nogroup", extra_groups=[])
    assert done.returncode == 1 and "start it as root" in done.stderr, done


@pytest.mark.parametrize("fault, says", [
    (set_port("device", "net_af_packet0,iface=nix,qpairs=1"), "no driver took it"),
    (set_group("control", "user", "no-such-user"), "there is no such user"),
    (set_group("control", "run_as", "no-such-user"), "there is no such user"),
    (lambda g: g["ports"][0].update(device="net_null0", tx_checksum="offload"), "offload"),
    (set_group("eal", "memory_mb", 64), "memory_mb"),
], ids=["device", "user", "run_as", "offload", "memory"])
def test_start_fails(profile, fault, says):
    """What only the machine can tell."""
    profile.loopback()
    profile.groups["media"]["endpoints"] = 40000
    fault(profile.groups)
    done = run(profile.write())
    assert done.returncode == 1, done
    assert says in done.stderr + done.stdout, done.stderr
    assert not os.path.exists(profile.socket)


def test_second_data_plane_refused(profile):
    with DataPlane(profile.loopback()), Driver(profile) as driver:
        path = profile.folder / "test.conf"
        text = path.read_text().replace("vhost.sock", "vhost2.sock").replace("-dp", "-dp2")
        path.write_text(text)
        done = run(path)
        assert done.returncode == 1 and "another data plane runs" in done.stderr, done.stderr
        assert driver.say("alive") == {"alive": True}


def test_second_client_refused(profile):
    with DataPlane(profile.loopback()) as plane, Driver(profile) as driver:
        done = subprocess.run([program("plane-driver"), profile.socket], capture_output=True,
                              text=True, timeout=20, stdin=subprocess.DEVNULL)
        assert done.returncode == 1 and "refused" in done.stderr, done
        plane.wait_for("refused: ")
        assert driver.say("alive") == {"alive": True}


def knock(profile, *messages):
    """Says that at the data plane's door, and hangs up."""
    for kind in (socket.SOCK_SEQPACKET, socket.SOCK_STREAM):
        s = socket.socket(socket.AF_UNIX, kind)
        try:
            s.connect(profile.socket)
        except OSError:
            continue
        with s:
            s.settimeout(1)
            try:
                for message in messages:
                    s.send(message)
                while s.recv(4096):
                    pass
            except OSError:
                pass
        return
    raise AssertionError("nobody listens")


def test_garbage_at_the_door(profile):
    sheet = Sheet().calls(10, b="AES_CM_128_HMAC_SHA1_80")
    with DataPlane(profile.loopback()) as plane:
        with Driver(profile) as driver:
            driver.install(sheet)
        with Generator.loopback(profile, sheet, seconds=6) as generator:
            generator.wait_for(" 1 s ")
            for message in (b"x", os.urandom(64), os.urandom(4096), b"\0" * 64):
                knock(profile, message)
            knock(profile)
            with Driver(profile) as driver:  # and the next is welcome
                assert len(driver.endpoints()) == 20
                knock(profile, os.urandom(64))  # also beside one
                assert driver.say("alive") == {"alive": True}
                generator.passed()
                check_identity(driver.counters())
        assert plane.stop() == 0


# Frames, each for a counter. 'udp' makes good ones of a UDP payload.

def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_header(length, protocol=17, bits=0, version=0x45):
    head = struct.pack("!BBHHHBBH4s4s", version, 0, 20 + length, 0, bits, 64, protocol, 0,
                       socket.inet_aton(A[4]), socket.inet_aton(RELAY[4]))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:]


def udp(payload, port=20032, length=None, wrong=0, source=5000):
    length = 8 + len(payload) if length is None else length
    pseudo = socket.inet_aton(A[4]) + socket.inet_aton(RELAY[4]) + struct.pack("!HH", 17, length)
    head = struct.pack("!HHH", source, port, length)
    value = checksum(pseudo + head + b"\0\0" + payload)
    return head + struct.pack("!H", (value or 0xFFFF) ^ wrong) + payload


def ip_udp(payload, **more):
    datagram = udp(payload, **more)
    return ip_header(len(datagram)) + datagram


GOOD = ip_udp(rtp(1))
FRAMES = {
    "malformed": [
        GOOD[:19], ip_header(200) + udp(rtp(1)), b"\x41" + GOOD[1:], ip_header(4) + b"abcd",
        ip_udp(rtp(1), length=4), ip_udp(rtp(1), length=2000), ip_udp(rtp(1), source=0),
        b"\x65" + GOOD[1:],
    ],
    # those behind the first are the kernel's
    "fragment": [ip_header(180, bits=0x2000) + udp(rtp(1)), ip_header(180, bits=0x6000) + udp(rtp(2))],
    "bad_checksum": [ip_udp(rtp(1), wrong=1), GOOD[:10] + b"\xff\xff" + GOOD[12:]],
    "no_endpoint": [ip_udp(rtp(1), port=20034)],
    "not_media": [ip_udp(b""), ip_udp(b"\x80"), ip_udp(b"hello"), ip_udp(b"\x40" * 100),
                  ip_udp(b"\0" * 40)],
    "source": [ip_udp(rtp(1), source=5008)],
    "srtp_bad_length": [ip_udp(b"\x80\x08" + bytes(9)), ip_udp(b"\x8f\x08" + bytes(30)),
                        ip_udp(b"\x90\x08" + bytes(10) + b"\xff" * 8),
                        ip_udp(b"\x80\xc8\xff\xff" + bytes(8))],
    "srtp_tag_mismatch": [ip_udp(Srtp(bytes(30)).protect(rtp(seq))) for seq in range(1000, 1003)],
}


class Caller(threading.Thread):
    """A steady call from A, which must lose nothing."""

    def __init__(self, sock, sender):
        super().__init__(daemon=True)
        self.sock, self.sender, self.sent, self.stopped = sock, sender, 0, threading.Event()

    def run(self):
        while not self.stopped.is_set():
            self.sock.sendto(self.sender.protect(rtp(self.sent)), (RELAY[4], 20032))
            self.sent += 1
            time.sleep(0.01)


def test_malformed_packets_are_counted(profile):
    """By AF_XDP: under AF_PACKET the kernel puts fragments together first."""
    key = os.urandom(30)
    with Site(profile, "af_xdp") as site, DataPlane(profile, site.relay) as plane, \
            Driver(profile) as driver:
        driver.install(Sheet().call(*call(("AES_CM_128_HMAC_SHA1_80", key, bytes(30)), None)),
                       "source=strict")
        time.sleep(0.5)
        with site.peers.entered():
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            raw.bind(("eth0", 0))
        ethernet = bytes.fromhex((site.relay_mac + mac(site.peers)).replace(":", ""))
        with raw, udp_socket(site, A[4], 5000) as a, udp_socket(site, B[4], 6000) as b:
            caller = Caller(a, Srtp(key))
            caller.start()
            time.sleep(0.1)
            for frames in FRAMES.values():
                for packet in frames:
                    raw.send(ethernet + b"\x08\x00" + packet)
            raw.send(ethernet + b"\x81\x00\x00")  # a tag cut short
            raw.send(bytes.fromhex("02aabbccddee") + ethernet[6:] + b"\x08\x00" + GOOD)
            for _ in range(500):
                raw.send(ethernet + b"\x08\x00" + os.urandom(60))
            time.sleep(0.5)
            caller.stopped.set()
            caller.join()
            assert len(received(b, expect=caller.sent)) == caller.sent > 20
        counters = driver.counters()
        check_identity(counters)
        found = drops(counters)
        for name, frames in FRAMES.items():
            # random bytes are malformed, or the kernel's, which adds to these alone
            if name != "malformed":
                assert found.get(name) == len(frames), (name, found)
        assert found["malformed"] >= len(FRAMES["malformed"]) + 1, found
        assert found.pop("other_host") == 1, found
        assert set(found) == set(FRAMES), found
        assert plane.stop() == 0


def test_mtu_exceeded(profile):
    """From IPv4 to IPv6 a packet grows by 20 bytes, with SRTP by its tag: then it may not fit."""
    with Site(profile) as site, DataPlane(profile, site.relay), Driver(profile) as driver:
        crypto = ("AEAD_AES_128_GCM", os.urandom(28), os.urandom(28))
        driver.install(Sheet().call(*call(None, crypto, family=(4, 6))))
        time.sleep(0.5)
        with udp_socket(site, A[4], 5000) as a, udp_socket(site, B[6], 6000) as b:
            for seq, size in enumerate((1424, 1425, 1460)):  # 12 and 16 more, and 48
                a.sendto(rtp(seq, payload=bytes(size)), (RELAY[4], 20032))
            assert [len(p) for p, _ in received(b, expect=1)] == [1424 + 12 + 16]
        counters = driver.counters()
        check_identity(counters)
        assert drops(counters) == {"mtu_exceeded": 2}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_under_load(profile, number):
    sheet = Sheet().calls(20, b="AES_CM_128_HMAC_SHA1_80")
    with DataPlane(profile.loopback()) as plane, Driver(profile) as driver:
        driver.install(sheet)
        with Generator.loopback(profile, sheet, seconds=3, allow_loss=1000000) as generator:
            generator.wait_for(" 1 s ")
            assert plane.stop(number=number) == 0, plane.text()
            assert driver.say("alive") == {"alive": False}
            generator.wait(30)
    assert isinstance(plane, Process)
