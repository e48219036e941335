# SPDX-License-Identifier: BSD-3-Clause
"""What is not media goes to the kernel by the TAP: ARP, ND, ping, TCP; next hops are the kernel's."""
import contextlib
import json
import re
import socket
import threading
import time

import pytest

from rig import DataPlane, Driver, Generator, Sheet
from rig.driver import check_identity, drops
from rig.packets import received, rtp, udp_socket
from rig.site import A, B, RELAY, Site, call


@pytest.fixture
def relay(profile):
    """A call from A to B, plain."""
    with Site(profile) as site, DataPlane(profile, site.relay), Driver(profile) as driver:
        driver.install(Sheet().call(*call(None, None)))
        time.sleep(0.5)  # the next hops of both are asked for
        yield site, driver


def in_background(target):
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread


def media(sock, relay_port=20032):
    """A packet each 20 ms until stopped; how many."""
    stop, sent = threading.Event(), [0]

    def run():
        while not stop.is_set():
            sock.sendto(rtp(sent[0]), (RELAY[4], relay_port))
            sent[0] += 1
            time.sleep(0.02)

    thread = in_background(run)

    def end():
        stop.set()
        thread.join()
        return sent[0]

    return end


@pytest.mark.parametrize("family", [4, 6])
def test_ping_answered(relay, family):
    site, driver = relay
    out = site.peers.run("ping", f"-{family}", "-c", "5", "-i", "0.05", "-W", "10", RELAY[family])
    assert "5 received" in out and "DUP" not in out, (out, driver.counters(), driver.say("ports"))
    neighbours = json.loads(site.peers.ip("-j", f"-{family}", "neigh", "show", RELAY[family]))
    assert neighbours[0]["lladdr"] == site.relay_mac
    counters = driver.counters()
    assert counters["punt_kernel_packets"] >= 5 and counters["kernel_tx_packets"] >= 5
    check_identity(counters)


@pytest.mark.parametrize("family", [4, 6])
def test_relay_pings_out(relay, family):
    site, _ = relay
    out = site.relay.run("ping", f"-{family}", "-c", "3", "-i", "0.05", "-W", "10", A[family])
    assert "3 received" in out and "DUP" not in out, out


def serve_once(listener):
    with contextlib.suppress(OSError):
        peer, _ = listener.accept()
        with peer:
            while data := peer.recv(65536):
                peer.sendall(data)


@pytest.mark.parametrize("family", [4, 6])
def test_tcp_beside_media(relay, family):
    """An echo of 2 MB through the relay's address, while a call goes on without a loss."""
    site, driver = relay
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    with site.relay.entered():
        listener = socket.create_server((RELAY[family], 5061), family=kind)
    with site.peers.entered():
        client = socket.socket(kind, socket.SOCK_STREAM)
    with listener, client, udp_socket(site, A[4], 5000) as a, udp_socket(site, B[4], 6000) as b:
        in_background(lambda: serve_once(listener))
        end = media(a)
        client.settimeout(20)
        client.connect((RELAY[family], 5061))
        data = bytes(range(256)) * 8192
        in_background(lambda: client.sendall(data))
        back = b""
        while len(back) < len(data):
            more = client.recv(65536)
            assert more, "the connection ended early"
            back += more
        sent = end()
        assert back == data
        assert len(received(b, expect=sent)) == sent
    counters = driver.counters()
    check_identity(counters)
    assert drops(counters) == {}


def test_no_icmp_for_media(relay):
    """The kernel must not answer media that AF_PACKET shows it as well."""
    site, _ = relay
    before = icmp_out(site)
    with udp_socket(site, A[4], 5000) as a, udp_socket(site, B[4], 6000) as b:
        for seq in range(20):
            a.sendto(rtp(seq), (RELAY[4], 20032))
        assert len(received(b, expect=20)) == 20
    assert icmp_out(site) == before


@pytest.mark.parametrize("family", [4, 6])
def test_fragments_reach_the_kernel(profile, family):
    """A datagram of 4,000 bytes to a port that is not media, as of IKE or DNS. By AF_XDP: under
    AF_PACKET the kernel puts fragments together first."""
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    with Site(profile, "af_xdp") as site, DataPlane(profile, site.relay), \
            Driver(profile) as driver:
        with site.relay.entered():
            ours = socket.socket(kind, socket.SOCK_DGRAM)
            ours.bind((RELAY[family], 4500))
        with site.peers.entered():
            theirs = socket.socket(kind, socket.SOCK_DGRAM)
            theirs.setsockopt(socket.IPPROTO_IP if family == 4 else socket.IPPROTO_IPV6,
                              10 if family == 4 else 23, 0)  # IP(V6)_MTU_DISCOVER: never
        data = bytes(range(250)) * 16
        with ours, theirs:
            ours.settimeout(10)
            theirs.sendto(data, (RELAY[family], 4500))
            assert ours.recv(65536) == data, driver.counters()
            theirs.sendto(data, (RELAY[family], 20032))  # media: the first is told, and dropped
            time.sleep(0.2)
        counters = driver.counters()
        check_identity(counters)
        assert drops(counters) == {"fragment": 1}


def icmp_out(site):
    text = site.relay.run("cat", "/proc/net/snmp")
    names, values = re.findall(r"^Icmp: (.*)$", text, re.M)
    return int(dict(zip(names.split(), values.split()))["OutDestUnreachs"])


def test_next_hop_moves(relay):
    """Another machine takes over the address of B: the kernel learns it, and media follows."""
    site, driver = relay
    with udp_socket(site, A[4], 5000) as a, udp_socket(site, B[4], 6000) as b:
        a.sendto(rtp(0), (RELAY[4], 20032))
        assert len(received(b, expect=1)) == 1
        site.peers.ip("link", "set", "eth0", "down")
        site.peers.ip("link", "set", "eth0", "address", "02:00:00:00:aa:01")
        site.peers.ip("link", "set", "eth0", "up")
        # as its new owner announces itself
        site.peers.run("ping", "-c", "1", "-W", "10", "-I", B[4], RELAY[4], check=False)
        site.relay.ip("neigh", "replace", B[4], "lladdr", "02:00:00:00:aa:01", "dev", "sluice0")
        until, got = time.monotonic() + 5, []
        seq = 1
        while not got and time.monotonic() < until:
            a.sendto(rtp(seq), (RELAY[4], 20032))
            seq += 1
            got = received(b, 0.1)
        assert got, driver.counters()


def test_unresolved_next_hop_is_counted(profile):
    """B is not there: packets towards it are dropped by name, and the call comes up when it is."""
    with Site(profile) as site, DataPlane(profile, site.relay), Driver(profile) as driver:
        site.peers.ip("addr", "del", f"{B[4]}/24", "dev", "eth0")
        driver.install(Sheet().call(*call(None, None)))
        with udp_socket(site, A[4], 5000) as a:
            for seq in range(5):
                a.sendto(rtp(seq), (RELAY[4], 20032))
                time.sleep(0.05)
            time.sleep(0.2)
            counters = driver.counters()
            assert counters["drop_no_neighbour"] == 5, drops(counters)
            site.peers.ip("addr", "add", f"{B[4]}/24", "dev", "eth0")
            with udp_socket(site, B[4], 6000) as b:
                until, got, seq = time.monotonic() + 10, [], 5
                while not got and time.monotonic() < until:
                    a.sendto(rtp(seq), (RELAY[4], 20032))
                    seq += 1
                    got = received(b, 0.2)
                assert got, drops(driver.counters())


def test_generator_resolves_and_is_resolved(profile):
    """sluice-trafficgen in the namespace answers ARP and ND itself."""
    with Site(profile) as site, DataPlane(profile, site.relay), Driver(profile) as driver:
        for family in (4, 6):
            site.peers.ip(f"-{family}", "addr", "flush", "dev", "eth0")
        sheet = Sheet().calls(10, b="AES_CM_128_HMAC_SHA1_80", a_gen=A[4], b_gen=B[4],
                              relay=RELAY[4])
        sheet.calls(10, a_gen=A[6], b_gen=B[6], relay=RELAY[6], seed=2, ssrc=0x2000)
        driver.install(sheet)
        time.sleep(0.5)
        with Generator.af_packet(profile.folder, sheet, site.peers, site.relay_mac, seconds=2,
                                 warmup=3) as generator:
            generator.passed()
        check_identity(driver.counters())
