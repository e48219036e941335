# SPDX-License-Identifier: BSD-3-Clause
"""Calls through Kamailio between SIP phones: SIPp inside, where media is plain, and baresip
outside, where it is SRTP. Each says another tone, and the other must hear it; on the wire it must
be what the SDP says, under keys that the other side never sees; and the relay must forget the
call."""
import base64
import contextlib
import shutil
import struct
import tempfile
import time
from pathlib import Path

import pytest

from rig.baresip import Baresip
from rig.exchange import Exchange
from rig.kamailio import proxy
from rig.machine import has
from rig.sipp import Sipp
from rig.sound import Speaker, of_packets, of_wav, tone_share
from rig.unprotect import unprotect
from rig.wire import Wire

TALK = 3  # seconds; what is judged is the last of them
PURE = 0.95  # share of the tone in the power of a sound
MANY = 8

pytestmark = pytest.mark.skipif(
    not all(has(tool) for tool in ("kamailio", "sipp", "baresip", "stunnel")),
    reason="kamailio, sipp, baresip or stunnel is missing: scripts/deps.sh")


@contextlib.contextmanager
def exchange_of(way, **more):
    folder = Path(tempfile.mkdtemp(prefix="slt-"))
    folder.chmod(0o755)
    try:
        with Exchange(folder, way, **more) as exchange, proxy(exchange):
            yield exchange
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["udp", "wss", "stunnel"])
def exchange(request):
    """With Kamailio; the parameter says how that reaches the relay."""
    with exchange_of(request.param) as exchange:
        yield exchange


@pytest.fixture
def wire(exchange):
    assert exchange.calls() == []
    with Wire(exchange.network) as wire:
        yield wire
        print(wire.flow())  # shown where the test failed


def ends(exchange):
    """Nothing of any call is left with the relay, at once or soon."""
    until = time.monotonic() + 2
    while exchange.calls():
        assert time.monotonic() < until, exchange.calls()
        time.sleep(0.05)


def gaps(packets):
    """How many are missing between the first and the last of each stream."""
    streams = {}
    for packet in packets:
        seq, = struct.unpack("!H", packet[2:4])
        streams.setdefault(packet[8:12], []).append(seq)
    return sum((s[-1] - s[0]) % 65536 + 1 - len(set(s)) for s in streams.values())


class Leg:
    """One phone's side of its last call, as the wire saw it."""

    def __init__(self, wire, phone):
        self.wire, self.phone = wire, phone
        self.sent = wire.descriptions(phone.address, True)
        self.got = wire.descriptions(phone.address, False)
        assert self.sent and self.got, [m.first for m in wire.messages(phone.address)]
        self.address, self.relay = self.sent[-1].address, self.got[-1].address

    def keys(self):
        return set().union(*(d.keys() for d in self.sent + self.got))

    def _key(self, incoming):
        """(suite, key) of who sends it: the answer names one."""
        ours, theirs = self.sent[-1].crypto, self.got[-1].crypto
        (suite, _), = min(ours, theirs, key=len)
        key = dict(theirs if incoming else ours)[suite]
        return suite, base64.b64decode(key + "=" * (-len(key) % 4))

    def stood(self):
        """From when its last offer and answer were through, until someone hung up."""
        messages = self.wire.messages(self.phone.address)
        return (max(self.sent[-1].when, self.got[-1].when),
                min(m.when for m in messages if m.first.startswith("BYE ")))

    def packets(self, incoming, tone, since=0.0, until=float("inf")):
        """RTP that passed; where the leg is SRTP, it must be so on the wire, by keys of the SDP."""
        source, target = self.address, self.relay
        if incoming:
            source, target = target, source
        datagrams = self.wire.media(source, target)
        packets = [d.payload for d in datagrams]
        if self.phone.side == "outside":
            assert tone_share(of_packets(packets), tone) < 0.2, "in the clear"
            packets = unprotect(packets, *self._key(incoming))
        return [p for d, p in zip(datagrams, packets) if since <= d.when <= until]

    def check(self, other, recorded):
        """What is true of either leg of a call that stood until now."""
        secure = self.phone.side == "outside"
        for description in self.sent + self.got:
            assert description.profile == ("RTP/SAVP" if secure else "RTP/AVP"), description.text
            assert bool(description.crypto) == secure, description.text
        tone = other.phone.tone
        (since, until), (begun, ended) = self.stood(), other.stood()
        since, until = max(since, begun), min(until, ended)
        heard, said = (leg.packets(leg is self, tone, since, until) for leg in (self, other))
        assert tone_share(of_packets(heard), tone) > PURE
        assert tone_share(of_packets(said), tone) > PURE
        # ends may be cut where processors are short: the relay and its peers take turns
        assert gaps(heard) <= 2 and len(said) - len(heard) <= 50, (len(said), len(heard))
        if isinstance(self.phone, Baresip):
            assert "failed to decrypt" not in self.phone.text(), self.phone.text()
            if recorded:
                assert tone_share(of_wav(self.phone.heard()), tone) > PURE


def check_call(wire, a, b, recorded=True):
    """baresip's recorder does not live through a re-INVITE."""
    legs = Leg(wire, a), Leg(wire, b)
    for leg, other in zip(legs, legs[::-1]):
        leg.check(other, recorded)
        for message in wire.messages(leg.phone.address):
            for key in other.keys():
                assert key not in message.text, f"a key of the other leg:\n{message.text}"
    return legs


def test_calls(exchange, wire):
    """RTP to SRTP, SRTP to RTP, SRTP to SRTP at a time; hung up by caller, caller, callee."""
    alice, dora = Sipp(exchange, "alice", 440), Sipp(exchange, "dora", 520).register()
    with Baresip(exchange, "bob", 600) as bob, Baresip(exchange, "carol", 680) as carol, \
            Baresip(exchange, "eve", 760) as eve, Baresip(exchange, "frank", 840) as frank, \
            dora.answer() as answers:
        carol.dial(dora.user)
        eve.dial(frank.user)
        with alice.run("call", bob.user, seconds=TALK) as calls:
            for phone in (bob, carol, eve, frank):
                phone.wait_event("CALL_ESTABLISHED")
            assert len(exchange.calls()) == 3
            alice.passed(calls)
        bob.wait_event("CALL_CLOSED")
        carol.say("hangup")
        dora.passed(answers)
        frank.say("hangup")
        eve.wait_event("CALL_CLOSED")
    ends(exchange)
    for a, b in ((alice, bob), (carol, dora), (eve, frank)):
        check_call(wire, a, b)


HELD = [("sendrecv",) * 2, ("sendonly", "recvonly"), ("sendrecv",) * 2]  # who holds, who is held


def wait_described(wire, phone, count):
    """Until it was sent so many SDPs."""
    until = time.monotonic() + 10
    while len(wire.descriptions(phone.address, sent=False)) < count:
        assert time.monotonic() < until
        time.sleep(0.02)


def check_hold(wire, holder, held):
    a, b = check_call(wire, holder, held, recorded=False)
    assert [(x.direction, y.direction) for x, y in zip(a.sent, a.got)] == HELD
    assert [(x.direction, y.direction) for x, y in zip(b.got, b.sent)] == HELD
    begun, ended = a.got[1].when, a.sent[2].when
    assert ended - begun > 0.7
    assert wire.media(target=a.address, until=begun) != []
    assert wire.media(target=a.address, since=begun + 0.2, until=ended) == []


def test_hold_and_resume(exchange, wire):
    """By the SRTP side, and by the plain side; afterwards both are heard again."""
    alice, dora = Sipp(exchange, "alice", 440), Sipp(exchange, "dora", 520).register()
    with Baresip(exchange, "bob", 600) as bob, Baresip(exchange, "carol", 680) as carol, \
            dora.answer("answer_held") as answers:
        carol.dial(dora.user)
        carol.wait_event("CALL_ESTABLISHED")
        with alice.run("call_holds", bob.user, seconds=TALK) as calls:
            time.sleep(0.7)
            carol.say("hold")
            wait_described(wire, carol, 2)
            time.sleep(1)
            carol.say("resume")
            wait_described(wire, carol, 3)
            time.sleep(TALK)
            carol.say("hangup")
            dora.passed(answers)
            alice.passed(calls)
    ends(exchange)
    check_hold(wire, carol, dora)
    check_hold(wire, alice, bob)


def test_reinvite_moves_media(exchange, wire):
    """The plain side's media goes on at another port, with another tone."""
    alice = Sipp(exchange, "alice", 440)
    with Baresip(exchange, "bob", 600) as bob, \
            alice.run("move", bob.user, "-key", "moved", 7000, seconds=TALK) as calls:
        bob.wait_event("CALL_ESTABLISHED")
        wait_described(wire, alice, 1)
        before = Leg(wire, alice)
        wait_described(wire, alice, 2)
        alice.tone = 520
        with Speaker(alice, 7000, Leg(wire, alice).relay, alice.tone):
            alice.passed(calls)
    ends(exchange)
    assert before.address[1] != 7000
    assert tone_share(of_packets(before.packets(False, 440)), 440) > PURE
    assert tone_share(of_packets(before.packets(True, 600)), 600) > PURE
    check_call(wire, alice, bob, recorded=False)


def test_fork(exchange, wire):
    """One address, three phones: two outside, one inside. Each branch gets an offer of its side,
    outside under keys of its own; the one that answers gets the call."""
    alice = Sipp(exchange, "alice", 440)
    with contextlib.ExitStack() as stack:
        phones = [stack.enter_context(Baresip(exchange, "bob", tone, side, "bobs", "manual"))
                  for tone, side in ((600, "outside"), (680, "outside"), (760, "inside"))]
        calls = stack.enter_context(alice.run("call", "bobs", seconds=TALK))
        for phone in phones:
            phone.wait_event("CALL_INCOMING")
        time.sleep(0.3)  # so that Kamailio knows that all three ring
        phones[1].say("accept")
        for phone in phones[0], phones[2]:
            phone.wait_event("CALL_CLOSED")
        alice.passed(calls)
    ends(exchange)
    offers = [wire.descriptions(phone.address, False)[0] for phone in phones]
    assert [o.profile for o in offers] == ["RTP/SAVP", "RTP/SAVP", "RTP/AVP"]
    assert offers[0].keys() and offers[1].keys() and not offers[2].keys()
    assert not offers[0].keys() & offers[1].keys()
    assert len({o.address for o in offers}) == 3
    check_call(wire, alice, phones[1])


def test_late_offer(exchange, wire):
    """The callee, outside, offers SRTP; inside it is plain, and the answer comes with the ACK."""
    alice = Sipp(exchange, "alice", 440)
    with Baresip(exchange, "bob", 600) as bob, \
            alice.run("late_offer", bob.user, seconds=TALK) as calls:
        alice.passed(calls)
    ends(exchange)
    check_call(wire, alice, bob)


def test_cancel(exchange, wire):
    alice = Sipp(exchange, "alice", 440)
    with Baresip(exchange, "bob", 600, answers="manual") as bob, \
            alice.run("cancel", bob.user, seconds=0.3) as calls:
        bob.wait_event("CALL_INCOMING")
        assert len(exchange.calls()) == 1
        alice.passed(calls)
        bob.wait_event("CALL_CLOSED")
    ends(exchange)
    assert wire.descriptions(bob.address, False)[0].profile == "RTP/SAVP"


def test_refused(exchange, wire):
    with Baresip(exchange, "carol", 600) as carol, \
            Baresip(exchange, "bob", 680, answers="manual") as bob:
        carol.dial(bob.user)
        bob.wait_event("CALL_INCOMING")
        assert len(exchange.calls()) == 1
        bob.say("hangup")
        assert "486" in carol.wait_event("CALL_CLOSED")["param"]
    ends(exchange)


def test_offer_that_the_relay_refuses(exchange, wire):
    """Goes no further: it has the caller's address and keys."""
    alice = Sipp(exchange, "alice", 440)
    with Baresip(exchange, "bob", 600, answers="manual") as bob, \
            alice.run("webrtc", bob.user) as calls:
        alice.passed(calls)
    ends(exchange)
    assert not [m for m in wire.messages(bob.address) if m.first.startswith("INVITE")]


def test_many_at_a_time(exchange, wire):
    """RTP to RTP. SIPp has one port for the media of all its calls, the relay one for each."""
    alice, dora = Sipp(exchange, "alice", 440), Sipp(exchange, "dora", 520).register()
    with dora.answer(calls=MANY) as answers, \
            alice.run("call", dora.user, calls=MANY, seconds=TALK) as calls:
        alice.passed(calls)
        dora.passed(answers)
    ends(exchange)
    for phone, other in (alice, dora), (dora, alice):
        streams = {}
        for d in wire.media():
            if d.target[0] == phone.address:
                streams.setdefault(d.source, []).append(d.payload)
        assert len(streams) == MANY
        for packets in streams.values():
            assert tone_share(of_packets(packets), other.tone) > PURE and gaps(packets) <= 2


def test_phones_over_tls():
    """Then keys are nowhere on the wire."""
    with exchange_of("udp", sip="tls") as exchange, Wire(exchange.network) as wire:
        with Baresip(exchange, "carol", 600) as carol, Baresip(exchange, "bob", 680) as bob:
            carol.dial(bob.user)
            for phone in carol, bob:
                phone.wait_event("CALL_ESTABLISHED")
            time.sleep(TALK)
            carol.say("hangup")
            bob.wait_event("CALL_CLOSED")
        ends(exchange)
        for phone, other in (carol, bob), (bob, carol):
            packets = [d.payload for d in wire.media() if d.target[0] == phone.address]
            assert tone_share(of_packets(packets), other.tone) < 0.2
            assert tone_share(of_wav(phone.heard()), other.tone) > PURE
        assert not wire.carries(b"inline:") and not wire.carries(b"INVITE")
