# SPDX-License-Identifier: BSD-3-Clause
"""STUN and DTLS on a media port go to the control plane, and its answers out; at a rate."""
import time

import pytest

from rig import DataPlane, Driver, Sheet
from rig.driver import check_identity, drops
from rig.packets import (client_hello, received, rtp, stun_mapped_address, stun_request,
                         udp_socket)
from rig.site import A, B, RELAY, Site, call


@pytest.fixture
def relay(profile):
    profile.groups["control"]["punt_pps"] = 100
    with Site(profile) as site, DataPlane(profile, site.relay), Driver(profile) as driver:
        driver.install(Sheet().call(*call(None, None, family=(4, 6))))
        time.sleep(0.5)  # next hops are asked for
        yield site, driver


@pytest.mark.parametrize("address, port, relay_port", [(A[4], 5000, 20032), (B[6], 6000, 20096)],
                         ids=["4", "6"])
def test_stun_answered(relay, address, port, relay_port):
    site, driver = relay
    target = RELAY[6 if ":" in address else 4]
    driver.do("answer-stun on")
    with udp_socket(site, address, port) as s:
        s.sendto(stun_request(), (target, relay_port))
        answer, source = s.recvfrom(2048)
    assert source[:2] == (target, relay_port)
    assert stun_mapped_address(answer) == (address, port)
    counters = driver.counters()
    check_identity(counters)
    assert (counters["punt_packets"] - counters["punt_kernel_packets"],
            counters["injected_packets"]) == (1, 1)


def test_stun_from_elsewhere_answered_there(relay):
    """A check comes from an address that was never told: its next hop is asked for first, so the
    client's retransmission is what gets the answer."""
    site, driver = relay
    driver.do("answer-stun on")
    site.peers.ip("addr", "add", "10.9.0.77/24", "dev", "eth0")
    with udp_socket(site, "10.9.0.77", 7000) as s:
        s.settimeout(0.3)
        answer = None
        for _ in range(7):  # RFC 5389 7.2.1
            s.sendto(stun_request(), (RELAY[4], 20032))
            try:
                answer, _ = s.recvfrom(2048)
                break
            except TimeoutError:
                pass
    assert answer, driver.counters()
    assert stun_mapped_address(answer) == ("10.9.0.77", 7000)


def test_dtls_punted_as_it_came(relay):
    site, driver = relay
    with udp_socket(site, A[4], 5000) as s:
        s.sendto(client_hello(), (RELAY[4], 20032))
        time.sleep(0.2)
    punts = driver.say("punts")["punts"]
    assert [(p["class"], p["remote"], p["remote_port"], p["data"]) for p in punts] == \
        [("dtls", A[4], 5000, client_hello().hex())]
    assert driver.say("info")["bad_punts"] == 0


def test_rate_is_kept_and_media_goes_on(relay):
    site, driver = relay
    n = 400
    with udp_socket(site, A[4], 5000) as s, udp_socket(site, B[6], 6000) as b:
        for seq in range(n):
            s.sendto(stun_request(), (RELAY[4], 20032))
            s.sendto(rtp(seq), (RELAY[4], 20032))
            time.sleep(0.001)
        assert len(received(b, expect=n)) == n
    counters = driver.counters()
    check_identity(counters)
    punted = counters["punt_packets"] - counters["punt_kernel_packets"]
    assert drops(counters) == {"punt_rate": n - punted}
    assert 10 <= punted < n, counters  # 100 a second, and a burst of a tenth of that


def test_without_control_plane_counted(profile):
    with Site(profile) as site, DataPlane(profile, site.relay):
        with Driver(profile) as driver:
            driver.install(Sheet().call(*call(None, None)))
        time.sleep(0.3)
        with udp_socket(site, A[4], 5000) as s:
            for _ in range(5):
                s.sendto(stun_request(), (RELAY[4], 20032))
            time.sleep(0.2)
        with Driver(profile) as driver:
            counters = driver.counters()
            check_identity(counters)
            assert drops(counters) == {"punt_rate": 5}
