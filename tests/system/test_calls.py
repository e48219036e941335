# SPDX-License-Identifier: BSD-3-Clause
"""Calls through Kamailio between SIP phones: SIPp inside, where media is plain, and baresip outside,
where it is SRTP. Each says another tone, and the other must hear it; on the wire it must be what
the SDP says, under keys that the other side never sees."""
import base64
import contextlib
import time

import pytest

from rig import Process
from rig.baresip import Baresip
from rig.exchange import Exchange
from rig.kamailio import Kamailio
from rig.media import tone_share
from rig.rtpengine import Rtpengine
from rig.sipp import Sipp
from rig.sound import alaw_share
from rig.unprotect import unprotect
from rig.wire import Wire

TALK = 2.5  # seconds; what is judged is the last of them
PURE = 0.95


@pytest.fixture(scope="session", autouse=True)
def machine():
    """In place of the one that wants hugepages."""


@pytest.fixture(scope="module")
def exchange(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with Exchange(folder, Rtpengine) as exchange:
        with Kamailio(exchange, "udp:127.0.0.1:2223") as kamailio:
            exchange.kamailio = kamailio
            yield exchange


@pytest.fixture
def wire(exchange):
    assert exchange.calls() == []
    with Wire(exchange.network) as wire:
        yield wire


def ends(exchange):
    """Nothing of any call is left with the relay, at once or soon."""
    until = time.monotonic() + 2
    while exchange.calls():
        assert time.monotonic() < until, exchange.calls()
        time.sleep(0.05)


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

    def _packets(self, incoming, since, until):
        source, target = self.address, self.relay
        if incoming:
            source, target = target, source
        return [d.payload for d in self.wire.media(source, target, since, until)]

    def _key(self, incoming):
        """(suite, key) of who sends it: the answer names one."""
        ours, theirs = self.sent[-1].crypto, self.got[-1].crypto
        (suite, _), = min(ours, theirs, key=len)
        key = dict(theirs if incoming else ours)[suite]
        return suite, base64.b64decode(key + "=" * (-len(key) % 4))

    def share(self, tone, incoming=True, since=0.0, until=float("inf")):
        """How much of what passes is this tone; where it is SRTP, it must be so on the wire."""
        packets = self._packets(incoming, since, until)
        path = self.phone.folder / f"{'in' if incoming else 'out'}.raw"
        if self.phone.side == "outside":
            assert alaw_share(path, packets, tone) < 0.05, "in the clear"
            packets = unprotect(packets, *self._key(incoming))
        return alaw_share(path, packets, tone)

    def check(self, other):
        """All that is true of a call that stood until now with 'other'."""
        secure = self.phone.side == "outside"
        for description in self.sent + self.got:
            assert description.profile == ("RTP/SAVP" if secure else "RTP/AVP"), description.text
            assert bool(description.crypto) == secure, description.text
        assert self.share(other.tone) > PURE
        assert self.share(self.phone.tone, incoming=False) > PURE
        if isinstance(self.phone, Baresip):
            assert tone_share(self.phone.heard(), other.tone) > PURE


def check_call(wire, a, b):
    legs = Leg(wire, a), Leg(wire, b)
    for leg, phone, other in zip(legs, (a, b), legs[::-1]):
        leg.check(other.phone)
        for message in wire.messages(phone.address):
            for key in other.keys():
                assert key not in message.text, f"a key of the other leg:\n{message.text}"
    return legs


@pytest.mark.parametrize("exchange", ["udp"], indirect=True)
def test_calls(exchange, wire):
    """RTP to SRTP, SRTP to RTP, SRTP to SRTP at a time; hung up by caller, caller, callee."""
    alice, dora = Sipp(exchange, "alice", 440), Sipp(exchange, "dora", 520).register()
    with Baresip(exchange, "bob", 600) as bob, Baresip(exchange, "carol", 680) as carol, \
            Baresip(exchange, "eve", 760) as eve, Baresip(exchange, "frank", 840) as frank, \
            dora.run("answer", "dora") as answers:
        carol.dial("dora")
        eve.dial("frank")
        with alice.run("call", "bob", seconds=TALK) as calls:
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
