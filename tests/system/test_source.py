# SPDX-License-Identifier: BSD-3-Clause
"""Where an endpoint's party may be, and when the relay believes that it moved."""
import contextlib
import os
import socket
import time

import pytest

from rig import DataPlane, Driver, Sheet
from rig.driver import check_identity, drops
from rig.packets import Srtp, received, rtp, udp_socket
from rig.site import A, B, RELAY, Site, call

PORT_A, PORT_B = (RELAY[4], 20032), (RELAY[4], 20096)


class Relay:
    """A call whose leg A is at 10.9.0.2:5000, or not known, and B at 10.9.0.3:6000."""

    def __init__(self, site, driver):
        self.site, self.driver = site, driver
        self.b = udp_socket(site, B[4], 6000)

    def install(self, options, a=None):
        self.driver.install(Sheet().call(*call(a, None)), *options.split())
        if "unknown" in options:  # neither is known: B says where it is
            assert self.driver.endpoints()[PORT_B[1]]["remote"] == ""
            self.b.sendto(rtp(1, ssrc=9), PORT_B)
            time.sleep(0.2)
            assert self.driver.endpoints()[PORT_B[1]]["remote"] == B[4]
        time.sleep(0.5)  # next hops are asked for

    def reaches_b(self, sock, packet):
        sock.sendto(packet, PORT_A)
        return [p for p, _ in received(self.b)] != []

    def remote(self):
        e = self.driver.endpoints()[PORT_A[1]]
        return (e["remote"], e["remote_port"]), e["locked"]

    def drops(self):
        counters = self.driver.counters()
        check_identity(counters)
        return drops(counters)


@pytest.fixture
def relay(profile):
    with Site(profile) as site, DataPlane(profile, site.relay), Driver(profile) as driver:
        r = Relay(site, driver)
        with r.b:
            yield r


def test_dscp_on_the_wire(relay):
    """As it was signalled, and as it was changed in the middle of the call."""
    sheet = Sheet().call(*call(None, None))
    relay.driver.install(sheet, "dscp=46")
    time.sleep(0.5)
    relay.b.setsockopt(socket.IPPROTO_IP, 13, 1)  # IP_RECVTOS
    with udp_socket(relay.site, A[4], 5000) as a:
        for seq, dscp in enumerate((46, 46, 10, 0, 63)):
            relay.driver.do(f"update {sheet.write(relay.driver.folder)} set=dscp dscp={dscp}")
            a.sendto(rtp(seq), PORT_A)
            relay.b.settimeout(10)
            _, more, _, _ = relay.b.recvmsg(2048, 100)
            assert [data[0] for _, _, data in more] == [dscp << 2]


def test_rekey_of_a_running_call(relay):
    """Nothing but the keys changes: sequence numbers go on, what is under the old key is refused
    from then on, and so is a replay of either."""
    keys = [os.urandom(30) for _ in range(2)]
    old, new = (Srtp(key) for key in keys)
    sheets = [Sheet().call(*call(("AES_CM_128_HMAC_SHA1_80", key, bytes(30)), None))
              for key in keys]
    relay.driver.install(sheets[0])
    time.sleep(0.5)
    with udp_socket(relay.site, A[4], 5000) as a:
        for seq in range(20):
            a.sendto(old.protect(rtp(seq)), PORT_A)
        assert [p for p, _ in received(relay.b, expect=20)] == [rtp(n) for n in range(20)]
        relay.driver.do(f"update {sheets[1].write(relay.driver.folder)} set=ingress")
        for seq in range(20, 40):
            a.sendto(new.protect(rtp(seq)), PORT_A)
        a.sendto(old.protect(rtp(40)), PORT_A)  # late, under the old key
        a.sendto(new.protect(rtp(25)), PORT_A)  # once more
        assert [p for p, _ in received(relay.b, expect=20)] == [rtp(n) for n in range(20, 40)]
        # the same keys once more: they go on where they are, and take no replay
        relay.driver.do(f"update {sheets[1].write(relay.driver.folder)} set=ingress")
        a.sendto(new.protect(rtp(39)), PORT_A)
        a.sendto(new.protect(rtp(41)), PORT_A)
        assert [p for p, _ in received(relay.b, expect=1)] == [rtp(41)]
    assert relay.drops() == {"srtp_tag_mismatch": 1, "srtp_replayed": 2}


def test_strays_do_not_silence_the_sender(relay):
    """Whoever sends while a plain endpoint still learns can take every place of the SRTP side:
    the sender is heard once they have been silent for as long as RTCP never is."""
    suite, sent = "AES_CM_128_HMAC_SHA1_80", os.urandom(30)
    sealed = Srtp(sent)
    relay.driver.install(Sheet().call(*call(None, (suite, bytes(30), sent))), "source=learn",
                         "learn-ds=50")
    time.sleep(0.5)
    with udp_socket(relay.site, A[4], 5000) as a, udp_socket(relay.site, A[4], 5002) as stray:
        for ssrc in range(4):
            stray.sendto(rtp(1, ssrc=100 + ssrc), PORT_A)
        assert len(received(relay.b, expect=4)) == 4
        a.sendto(rtp(0, ssrc=7), PORT_A)
        assert received(relay.b) == []
        assert relay.drops() == {"srtp_no_stream": 1}
        assert relay.remote()[0] == (A[4], 5000)
        time.sleep(10)
        for seq in range(1, 51):
            a.sendto(rtp(seq, ssrc=7), PORT_A)
        assert [p for p, _ in received(relay.b, expect=50)] == [
            sealed.protect(rtp(seq, ssrc=7)) for seq in range(1, 51)]
    assert relay.drops() == {"srtp_no_stream": 1}


@pytest.fixture
def sockets(relay):
    """Three sources: A where it was told to be, and two strangers."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(udp_socket(relay.site, A[4], p)) for p in (5000, 5002, 5004)]


def gets(sock, relay):
    """Whether what B sends gets there."""
    relay.b.sendto(rtp(int(time.monotonic() * 100), ssrc=9), PORT_B)
    return received(sock) != []


def test_strict_takes_one_source(relay, sockets):
    told, other, _ = sockets
    relay.install("source=strict")
    assert relay.reaches_b(told, rtp(1))
    assert not relay.reaches_b(other, rtp(2))
    assert relay.drops() == {"source": 1}
    assert gets(told, relay) and not gets(other, relay)


def test_any_takes_all_and_learns_none(relay, sockets):
    told, other, third = sockets
    relay.install("source=any")
    for seq, s in enumerate((other, third, told, other)):
        assert relay.reaches_b(s, rtp(seq))
    assert relay.drops() == {}
    assert relay.remote()[0] == (A[4], 5000)
    assert gets(told, relay)


def test_latch_takes_the_first(relay, sockets):
    _, first, second = sockets
    relay.install("source=latch remote=unknown")
    assert relay.reaches_b(first, rtp(1))
    assert relay.remote() == ((A[4], 5002), 1)
    before = relay.drops().get("source", 0)
    assert not relay.reaches_b(second, rtp(2))
    assert relay.drops()["source"] == before + 1
    assert gets(first, relay) and not gets(second, relay)
    events = relay.driver.say("events")["events"]
    assert any((e["event"], e["remote"], e["remote_port"]) == ("remote", A[4], 5002)
               for e in events)


def test_learn_takes_the_newest_then_locks(relay, sockets):
    _, first, second = sockets
    relay.install("source=learn learn-ds=20 remote=unknown")
    assert relay.reaches_b(first, rtp(1))
    assert relay.reaches_b(second, rtp(2))
    assert relay.remote()[0] == (A[4], 5004)
    time.sleep(2.2)
    assert not relay.reaches_b(first, rtp(3))
    assert relay.reaches_b(second, rtp(4))
    assert relay.remote() == ((A[4], 5004), 1)
    assert relay.drops()["source"] == 1
    assert gets(second, relay)


def test_handover_follows(relay, sockets):
    told, other, _ = sockets
    relay.install("source=handover")
    for seq, (s, port) in enumerate(((told, 5000), (other, 5002), (told, 5000))):
        assert relay.reaches_b(s, rtp(seq))
        assert relay.remote()[0] == (A[4], port)
        assert gets(s, relay)
    assert relay.drops() == {}


def test_update_learns_anew(relay, sockets):
    """A re-INVITE: the same endpoint, another party."""
    _, first, second = sockets
    relay.install("source=latch remote=unknown")
    assert relay.reaches_b(first, rtp(1))
    sheet = Sheet().call(*call(None, None, a_port=5004)).write(relay.driver.folder)
    relay.driver.do(f"update {sheet} set=remote source=strict")
    time.sleep(0.3)
    assert not relay.reaches_b(first, rtp(2))
    assert relay.reaches_b(second, rtp(3))


SUITE = "AES_CM_128_HMAC_SHA1_80"


@pytest.mark.parametrize("rule", ["latch", "learn learn-ds=50", "handover"])
def test_srtp_learns_from_authenticated_alone(relay, sockets, rule):
    _, real, forger = sockets
    key = os.urandom(30)
    sender = Srtp(key)
    relay.install(f"source={rule} remote=unknown", (SUITE, key, os.urandom(30)))
    for seq in range(3):  # the forger is there first, but has not the key
        assert not relay.reaches_b(forger, Srtp(bytes(30)).protect(rtp(seq)))
    assert relay.remote() == (("", 0), 0)
    assert relay.drops()["srtp_tag_mismatch"] == 3
    captured = sender.protect(rtp(10))
    assert relay.reaches_b(real, captured)
    assert relay.remote()[0] == (A[4], 5002)
    # nor does it move for a forgery or a replay
    assert not relay.reaches_b(forger, captured)
    assert not relay.reaches_b(forger, Srtp(bytes(30)).protect(rtp(11)))
    assert relay.remote()[0] == (A[4], 5002)
    assert relay.reaches_b(real, sender.protect(rtp(12)))
    for seq in range(100, 116):  # said when it is more than a few
        real.sendto(Srtp(bytes(30)).protect(rtp(seq)), PORT_A)
    time.sleep(0.2)
    events = relay.driver.say("events")["events"]
    assert "auth_failing" in {e["event"] for e in events}
