# SPDX-License-Identifier: BSD-3-Clause
"""Requests that are broken, huge or nonsense, while calls are up: each has its answer and its line
in the log, no key is told there, nothing is left behind, and the calls lose no packet."""
import contextlib
import itertools
import json
import random
import shutil
import socket
import tempfile
import time
from pathlib import Path

import pytest

from rig import Profile
from rig.control import Relay, connect, is_closed, receive, tls
from rig.ng import Call, Party, decode, encode, media_port, sdp
from rig.sheet import SUITES

B = "198.18.0.3"
CALL_MEDIAS_MAX, TEXT_MAX = 64, 1024
_serial = itertools.count()


def error(reason):
    return {"result": "error", "error-reason": reason}


@pytest.fixture(scope="module")
def relay():
    folder = Path(tempfile.mkdtemp(prefix="slt-"))
    profile = Profile(folder, folder.name + "-dp").loopback()
    with Relay(folder, profile, media_limit=CALL_MEDIAS_MAX) as r:
        with r.proxy() as p:
            r.calls = [Call(p, Party(suite=a), Party(B, b), "open" if a == "RTP" else "srtp",
                            "srtp").place()
                       for a, b in (("RTP", SUITES[0]), (SUITES[6], SUITES[5]))]
            r.secrets = {key for call in r.calls for party in (call.a, call.b)
                         for key in [party.key] + [k for _, k in party.heard.crypto.values()] if key}
            yield r
        assert r.control.stop() == 0 and r.plane.stop() == 0
        for file in (r.folder / "state").iterdir():  # nor are they on disk, but sealed
            data = file.read_bytes()
            assert not any(key[:16].encode() in data for key in r.secrets), file
    shutil.rmtree(folder)


@pytest.fixture
def undisturbed(relay):
    """The calls have media from before the test's first request to after its last."""
    started, first = packets(relay), [call.index for call in relay.calls]
    with relay.media(relay.calls, seconds=30) as generator:
        while packets(relay) == started:
            assert generator.running(), generator.text()
            time.sleep(0.02)
        relay.has_endpoints(4)
        before = len(relay.control.text())

        def said():
            return relay.control.text()[before:]
        yield said
        relay.has_endpoints(4)
        assert generator.running()
        generator.stop()  # it ends its trial, and tells
        try:
            sent = generator.passed()["trial"]["sent"]
        except AssertionError as e:
            raise AssertionError(relay.drops()) from e
    for call, index in zip(relay.calls, first):  # it was stopped long before its 30 seconds
        call.index = index + sent // 4 + 100
    text = said()
    assert relay.control.running() and \
        text.count(" error ") == text.count("event=stalled"), text
    assert not any(key[:16] in text for key in relay.secrets), text


def packets(relay):
    return relay.calls[0].query()["totals"]["RTP"]["packets"]


@pytest.fixture
def proxy(relay):
    with relay.proxy() as p:
        yield p

def offer(**more):
    """Of a call-id of its own, by keys as they are on the wire; None takes one out."""
    keys = {"command": "offer", "call-id": f"bad{next(_serial)}", "from-tag": "f",
            "sdp": sdp(), "direction": ["plain", "plain"], **more}
    return {key: value for key, value in keys.items() if value is not None}


def is_gone(proxy, request):
    assert proxy.ask("query", call_id=request["call-id"]) == error("Unknown call-id")


# messages

MESSAGES = [
    (b"", "Invalid data (no payload)"),
    (b"l4:pinge", "Invalid NG data format"),
    (b"ping", "Invalid NG data format"),
    (b"d7:command4:ping", "Could not decode bencode dictionary"),
    (b"d7:command4:pingee", "Could not decode bencode dictionary"),
    (b"d7:command99999999999999999999:pinge", "Could not decode bencode dictionary"),
    (b"d7:command-4:pinge", "Could not decode bencode dictionary"),
    (b"d" * 50000, "Could not decode bencode dictionary"),
    (b"d7:command" + b"l" * 20000 + b"e" * 20001, "Could not decode bencode dictionary"),
    (b'{"command":', "Failed to parse JSON document"),
    (b'{"command": ' + b"[" * 50000, "Failed to parse JSON document"),
    (b"{}", 'Dictionary contains no key "command"'),
    (b"de", 'Dictionary contains no key "command"'),
    (b"d7:command5:bogus1:\xff1:\x00e", "Unrecognized command"),
    (encode(offer(sdp=None)), "No SDP body in message"),
    (encode(offer(**{"call-id": None})), "No call-id in message"),
    (encode(offer(**{"call-id": ""})), "No call-id in message"),
    (encode(offer(**{"from-tag": None})), "No from-tag in message"),
    (encode(offer(command="answer")), "No to-tag in message"),
    (encode(offer(command="answer", **{"to-tag": "t"})), "Unknown call-id"),
    (encode(offer(command="query")), "Unknown call-id"),
    (encode(offer(**{"to-tag": "f"})), "Invalid dialogue association"),
]


def test_messages_malformed(undisturbed, proxy):
    for bytes_, reason in MESSAGES:
        cookie = proxy.new_cookie().encode()
        proxy.sock.send(cookie + b" " + bytes_)
        got, body = proxy.sock.recv(1 << 16).split(b" ", 1)
        assert got == cookie
        assert (json.loads if body[:1] == b"{" else decode)(body) == error(reason), bytes_[:100]
    for silent in (b"x" * 1000, b" d7:command4:pinge", b"c" * 300 + b" d7:command4:pinge"):
        proxy.sock.send(silent)
    assert proxy.ask("ping") == {"result": "pong"}  # and those were given none


def test_offer_cut_short_anywhere(undisturbed, relay, proxy):
    party = Party(suite=SUITES[0])
    relay.secrets.add(party.key)
    whole = encode(offer(sdp=party.sdp(), direction=["srtp", "plain"]))
    for length in range(len(whole)):
        cookie = proxy.new_cookie().encode()
        proxy.sock.send(cookie + b" " + whole[:length])
        assert proxy.receive()[1]["result"] == "error", whole[:length]


def test_offers_mutated(undisturbed, relay, proxy):
    """Whatever comes of them: an answer each, and no more than calls that can be deleted."""
    chance = random.Random(1)
    party = Party(suite=SUITES[0])
    relay.secrets.add(party.key)
    for i in range(500):
        body = bytearray(encode(offer(sdp=party.sdp(), direction=["srtp", "srtp"])))
        for _ in range(chance.choice((1, 1, 2, 8))):
            at = chance.randrange(len(body))
            if chance.random() < 0.3:
                body[at:at + chance.randrange(9)] = chance.randbytes(chance.randrange(9))
            else:
                body[at] = chance.randrange(256)
        proxy.sock.send(b"m%d " % i + bytes(body))
        assert proxy.sock.recv(1 << 16).startswith(b"m%d d" % i)
    for call_id in list_raw(proxy):
        if call_id not in [call.id.encode() for call in relay.calls]:
            assert proxy.ask("delete", call_id=call_id, delete_delay=0) == {"result": "ok"}
    assert len(proxy.ask("list", limit=1000)["calls"]) == len(relay.calls)


def list_raw(proxy):
    """Call-ids, which need not be text."""
    proxy.send("list", limit=1000)
    rest = proxy.sock.recv(1 << 16).partition(b"5:callsl")[2]
    while rest[:1] != b"e":
        length, rest = rest.split(b":", 1)
        yield rest[:int(length)]
        rest = rest[int(length):]


# SDP

def lines(n, proto="RTP/AVP"):
    return [f"m=audio {10000 + 2 * i} {proto} 0" for i in range(n)]


@pytest.mark.parametrize("n", [CALL_MEDIAS_MAX + 1, 1000, 1001])
def test_many_media_lines(undisturbed, proxy, n):
    request = offer(sdp=sdp(medias=lines(n)))
    assert proxy.ask(**request) == error("Failed to parse SDP")
    is_gone(proxy, request)


def test_as_many_media_lines_as_may_be(undisturbed, relay, proxy):
    request = offer(sdp=sdp(medias=lines(CALL_MEDIAS_MAX)))
    ports = media_port(proxy.ask(**request)["sdp"])
    assert len(set(ports)) == CALL_MEDIAS_MAX
    answer = {**request, "command": "answer", "to-tag": "t", "sdp": sdp(B, medias=[
        "m=audio 10000 RTP/AVP 0"] * CALL_MEDIAS_MAX)}
    assert proxy.ask(**answer)["result"] == "ok"
    relay.has_endpoints(4 + 4 * CALL_MEDIAS_MAX)
    # all of it told would be longer than a datagram
    reply = proxy.ask("delete", call_id=request["call-id"], from_tag="f", delete_delay=0)
    assert reply["tags"] == {} and "longer than a reply may be" in reply["warning"]
    assert reply["totals"]["RTP"]["packets"] == 0


BODIES = [
    ("garbage", "nonsense", "Failed to parse SDP"),
    ("nul", sdp() + "a=x\0y\r\n", "No SDP body in message"),
    ("port", sdp(medias=["m=audio 70000 RTP/AVP 0"]), "Failed to parse SDP"),
    ("negative", sdp(medias=["m=audio -2 RTP/AVP 0"]), "Failed to parse SDP"),
    ("control_in_origin", sdp().replace("o=- 1", "o=- 1\x07"), "Failed to parse SDP"),
    ("long_line", sdp(attributes=["a=x:" + "y" * 9000]), "Failed to parse SDP"),
    ("no_connection", sdp().replace("c=IN IP4 198.18.0.2\r\n", ""), "Incomplete SDP "
     "specification"),
    ("version_alone", "v=0\r\n", "Incomplete SDP specification"),
]


@pytest.mark.parametrize("body, reason", [b[1:] for b in BODIES], ids=[b[0] for b in BODIES])
def test_sdp_malformed(undisturbed, proxy, body, reason):
    request = offer(sdp=body)
    assert proxy.ask(**request) == error(reason)
    is_gone(proxy, request)
    assert reason != "Failed to parse SDP" or "event=bad-sdp" in undisturbed()


def test_keys_malformed_are_not_told(undisturbed, relay, proxy):
    """Whatever is wrong with a line of keys, it is not copied to the log."""
    party = Party(suite=SUITES[0])
    relay.secrets.add(party.key)
    good = f"a=crypto:1 {party.suite} inline:{party.key}"
    for line in (good[:-1], good + "AAAA", good + "|2^99", good + "|1:9999", good + " KDR=99",
                 good.replace("inline", "outline"), good.replace("crypto:1", "crypto:-1"),
                 good.replace(party.suite, "NULL_HMAC_SHA1_80"), good + "\0", "a=crypto:" + party.key,
                 "a=" + party.key, "m=" + party.key, party.key):
        request = offer(sdp=sdp(proto="RTP/SAVP", attributes=[line]),
                        direction=["srtp", "srtp"])
        assert proxy.ask(**request)["result"] == "error", line
        is_gone(proxy, request)


def test_addresses_that_nothing_can_be_sent_to(undisturbed, relay, proxy):
    """A group, the whole network: taken as not known."""
    for host in ("224.0.0.1", "255.255.255.255", "0.0.0.1"):
        request = offer(sdp=sdp(host))
        assert proxy.ask(**request)["result"] == "ok"
        answer = {**request, "command": "answer", "to-tag": "t", "sdp": sdp(B)}
        assert proxy.ask(**answer)["result"] == "ok"
        reply = proxy.ask("query", call_id=request["call-id"])
        assert "endpoint" not in reply["tags"]["f"]["medias"][0]["streams"][0] or \
            reply["tags"]["f"]["medias"][0]["streams"][0]["endpoint"].get("address") != host, reply
        proxy.ask("delete", call_id=request["call-id"], delete_delay=0)


def test_sdp_of_64_kb(undisturbed, relay, proxy):
    """By UDP as long as a datagram may be, by TLS longer: it passes, but for what is replaced."""
    filler = [f"a=x-filler:{i:05} " + "y" * 80 for i in range(580)]
    request = offer(sdp=sdp(attributes=filler))
    reply = proxy.ask(**request)
    assert reply["sdp"].count("x-filler") == len(filler)
    proxy.ask("delete", call_id=request["call-id"], delete_delay=0)
    request = offer(sdp=sdp(attributes=filler * 2))
    assert len(request["sdp"]) > 1 << 16
    with tls(relay.tls_port, relay.client) as s:
        assert ask_stream(s, request)["sdp"].count("x-filler") == 2 * len(filler)
        assert ask_stream(s, {**request, "command": "delete", "delete-delay": 0})["tags"]


def ask_stream(sock, request):
    sock.sendall(b"c%d " % next(_serial) + encode(request))
    data = b""
    while True:
        data += sock.recv(65536)
        try:
            return decode(data.split(b" ", 1)[1])
        except (IndexError, ValueError):  # not all of it yet
            pass


def test_reply_longer_than_can_be_sent(undisturbed, relay, proxy):
    """An offer that fits, and whose answer does not: an error, not silence, and no call is left."""
    attributes = [f"a=x-filler:{i:05} " + "y" * 80 for i in range(350)]
    medias = [line for i in range(CALL_MEDIAS_MAX) for line in
              (f"m=audio {10000 + 2 * i} RTP/AVP 0",)] + attributes
    request = offer(sdp=sdp(medias=medias), direction=["plain", "srtp"])
    reply = proxy.ask(**request)
    assert reply["result"] == "error", len(str(reply))
    is_gone(proxy, request)
    request = offer(sdp=sdp(medias=lines(CALL_MEDIAS_MAX) + [
        "a=x-filler " + "y" * 4000 for i in range(62)]), direction=["plain", "srtp"])
    with tls(relay.tls_port, relay.client) as s:
        assert ask_stream(s, request)["result"] == "error"
        assert ask_stream(s, {**request, "command": "query"}) == error("Unknown call-id")


def test_list_longer_than_can_be_sent(undisturbed, proxy):
    names = [f"{i:0{TEXT_MAX}}" for i in range(80)]
    for name in names:
        assert proxy.ask(**offer(**{"call-id": name}))["result"] == "ok"
    reply = proxy.ask("list", limit=1000)
    assert 20 < len(reply["calls"]) < 80 and "longer than a reply may be" in reply["warning"]
    for name in names:
        assert proxy.ask("delete", call_id=name, delete_delay=0)["result"] == "ok"


# names

def test_names_of_10_000_bytes(undisturbed, relay, proxy):
    long = "x" * 10000
    assert proxy.ask(**offer(**{"call-id": long})) == error("No call-id in message")
    assert proxy.ask(**offer(**{"from-tag": long})) == error("No from-tag in message")
    assert proxy.ask(**offer(**{"to-tag": long})) == error("No to-tag in message")
    assert proxy.ask(**offer(**{"via-branch": long})) == error("Invalid dialogue association")
    assert proxy.ask(**offer(**{"set-label": long})) == error("Invalid dialogue association")
    for command in ("query", "block media"):
        reply = proxy.ask(**offer(command=command, **{"call-id": long, "to-tag": "t"}))
        assert reply["error-reason"] in ("Unknown call-id", "No call-id in message"), command
    call_id = relay.calls[0].id
    assert "warning" in proxy.ask("delete", call_id=call_id, from_tag=long)
    assert "warning" in proxy.ask("delete", call_id=long, from_tag="f")
    assert proxy.ask("query", call_id=call_id, from_tag=long)["result"] in ("ok", "error")
    reply = proxy.ask("answer", call_id=call_id, from_tag=relay.calls[0].a.tag, to_tag=long,
                      sdp=sdp())
    assert reply == error("No to-tag in message")
    assert long[:2000] not in undisturbed()
    longest = offer(**{"call-id": "x" * TEXT_MAX, "from-tag": "y" * TEXT_MAX})
    assert proxy.ask(**longest)["result"] == "ok"
    assert proxy.ask("delete", call_id=longest["call-id"], from_tag="y" * TEXT_MAX,
                     delete_delay=0)["tags"]


def test_names_of_any_bytes(undisturbed, relay, proxy):
    """Nothing of them can make a line of the log, or one of its fields."""
    for name in (b"a\nb", b"a b=c", b"\xff\xfe", b"\x1b[2J", b"'\"\\", b"a\0b", "\u202e".encode()):
        request = {**offer(), "call-id": b"evil" + name, "from-tag": name}
        cookie = proxy.new_cookie().encode()
        proxy.sock.send(cookie + b" " + encode(request))
        _, body = proxy.sock.recv(1 << 18).split(b" ", 1)
        if b"2:ok" in body:
            delete = {"command": "delete", "call-id": request["call-id"], "delete-delay": 0}
            proxy.sock.send(cookie + b"d " + encode(delete))
            assert b"2:ok" in proxy.sock.recv(1 << 18)
    for line in undisturbed().splitlines():
        assert line[:4] == "2026" or line[:2] == "20", line
        assert all(c.isprintable() for c in line), line


def test_forks_without_end(undisturbed, proxy):
    request = offer()
    replies = [proxy.ask(**{**request, "via-branch": f"b{i}"}) for i in range(70)]
    assert [r["result"] for r in replies] == ["ok"] * 64 + ["error"] * 6
    assert replies[-1] == error("Ran out of ports")
    assert proxy.ask("delete", call_id=request["call-id"], delete_delay=0) == {"result": "ok"}


# streams

def test_bodies_of_10_mb(undisturbed, relay, proxy):
    big = b"x" * (10 << 20)
    with tls(relay.tls_port, relay.client) as s:
        with contextlib.suppress(OSError):
            s.sendall(b"c d7:command5:offer3:sdp10485760:" + big + b"e")
        assert is_closed(s)
    http = relay.http()
    with http.sock:
        with contextlib.suppress(OSError):
            http.send("POST", "/ng-plain", big)
        with contextlib.suppress(OSError, EOFError):
            assert http.read()[0] == 413
        assert is_closed(http.sock)
    http = relay.http()
    with http.sock:  # without saying how much comes
        with contextlib.suppress(OSError):
            http.sock.sendall(b"POST /ng HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                              + b"a00000\r\n" + big + b"\r\n0\r\n\r\n")
        with contextlib.suppress(OSError, EOFError):
            assert http.read()[0] == 413
        assert is_closed(http.sock)
    assert "longer than max_message_bytes" in undisturbed()
    assert proxy.ask("ping") == {"result": "pong"}


def test_many_that_say_nothing_or_half(undisturbed, relay, proxy):
    held = [connect(relay.tls_port) for _ in range(60)]
    half = tls(relay.tls_port, relay.client)
    half.sendall(b"c " + encode(offer())[:-1])
    began = time.monotonic()
    for _ in range(50):
        request = offer()
        assert proxy.ask(**request)["result"] == "ok"
        assert proxy.ask("delete", call_id=request["call-id"], delete_delay=0)["result"] == "ok"
    assert time.monotonic() - began < 3
    for s in (*held, half):
        s.close()


def test_json_of_every_type(undisturbed, relay):
    http = relay.http()
    with http.sock:
        for key in ("command", "call-id", "from-tag", "sdp", "flags", "direction", "limit",
                    "received-from", "delete-delay", "TOS"):
            for value in (None, True, -1, 1e308, "", [], {}, [[]], ["x", {}], "\u0000"):
                body = json.dumps(offer(**{key: value}) | {key: value}).encode()
                status, _, reply = http.ask("POST", "/ng-plain", body)
                assert status == 200 and json.loads(reply)["result"] in ("ok", "error"), body
        calls = json.loads(http.ask("POST", "/ng-plain", b'{"command":"list","limit":1000}')[2])
        for call_id in calls["calls"]:
            body = {"command": "delete", "call-id": call_id, "delete-delay": 0}
            assert json.loads(http.ask("POST", "/ng-plain", json.dumps(body).encode())[2])
