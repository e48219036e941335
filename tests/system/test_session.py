# SPDX-License-Identifier: BSD-3-Clause
"""Calls that a proxy places over the ng protocol, and the media that then flows: the parties' SDP
goes through the control plane, the generator sends and receives as the replies say, and each packet
is opened and compared."""
import json
import re
import shutil
import socket
import tempfile
import time
from pathlib import Path

import pytest

from rig import Profile
from rig.control import INTERFACES, Control, Relay, free_port
from rig.ng import Call, Party, Proxy, crypto, media_port, sdp, streams
from rig.sheet import SUITES

A, B = {4: "198.18.0.2", 6: "2001:2::2"}, {4: "198.18.0.3", 6: "2001:2::3"}
NARROW, FEW = "198.18.0.9", "198.18.0.8"
LIMIT_S = 10  # the least that timeouts may be


def interfaces():
    both = ["198.18.0.1", "2001:2::1"]
    rows = [{"name": f"suite{i}", "addresses": both, "encryption": "required", "suites": [suite]}
            for i, suite in enumerate(SUITES)]
    rows.append({"name": "narrow", "addresses": [NARROW], "encryption": "forbidden",
                 "port_min": 20000, "port_max": 20003})
    rows.append({"name": "few", "addresses": [FEW], "encryption": "forbidden",
                 "port_min": 20000, "port_max": 20003})
    rows.append({"name": "brief", "addresses": both, "encryption": "forbidden",
                 "media_timeout_s": LIMIT_S})
    return rows


@pytest.fixture(scope="module")
def relay():
    """One for all: what a test does to it is undone by its end, or seen by the next."""
    folder = Path(tempfile.mkdtemp(prefix="slt-"))
    profile = Profile(folder, folder.name + "-dp").loopback(
        addresses=("198.18.0.1/24", f"{NARROW}/24", f"{FEW}/24", "2001:2::1/64"))
    second = {"name": "second", "type": "ng-udp", "address": "127.0.0.1",
              "port": free_port(socket.SOCK_DGRAM)}
    with Relay(folder, profile, INTERFACES + interfaces(), [second], offer_timeout_s=LIMIT_S) as r:
        r.second_port = second["port"]
        r.fated = place_fated(r)
        yield r
        assert r.control.running() and r.plane.running()
        assert r.control.stop() == 0 and r.plane.stop() == 0
        text = r.control.text()
        assert "inline:" not in text
        # the relay's processor may be somebody else's for seconds
        errors = [line for line in text.splitlines() if " error " in line]
        assert [line for line in errors if "event=stalled" not in line] == []
    shutil.rmtree(folder)


def place_fated(r):
    """Calls that are to time out, while others are tested: one with media, then none; one that
    nobody answers; and one on hold, that must not."""
    proxy = r.proxy()
    media = Call(proxy, Party(), Party(B[4]), "brief", "brief", call_id="fated-media").place()
    Call(proxy, Party(), Party(B[4]), "brief", "brief", call_id="fated-offer").offer()
    held = Call(proxy, Party(), Party(B[4]), "brief", "brief", call_id="fated-held")
    held.a.direction, held.b.direction = "sendonly", "recvonly"
    held.place()
    r.carries([media], seconds=1)
    return time.monotonic()


@pytest.fixture
def proxy(relay):
    """At the end no call is left of those it placed, and no endpoint."""
    before = relay.endpoints()
    with relay.proxy() as p:
        yield p
        for call_id in p.ask("list", limit=1000)["calls"]:
            if call_id.endswith(p.name):
                p.ask("delete", call_id=call_id, delete_delay=0)
    relay.has_endpoints(0, before)  # a fated one may have met its end


def srtp(host, suite):
    return Party(host, suite)


# media

def check_statistics(calls, trial):
    """What query and delete tell is what the generator sent and got."""
    sent = rtcp = 0
    for call in calls:
        reply = call.delete()
        assert reply["result"] == "ok", reply
        sent += reply["totals"]["RTP"]["packets"]
        rtcp += reply["totals"]["RTCP"]["packets"]
        a, b = (streams(reply, party.tag) for party in (call.a, call.b))
        for into, out in ((a, b), (b, a)):
            assert sum(s["stats"]["packets"] for s in into) == \
                sum(s["stats_out"]["packets"] for s in out) > 0, reply
            assert sum(s["stats"]["errors"] for s in into) == 0
        assert {int(s) for s in reply["SSRC"]} == {call.ssrc, call.ssrc + 1}
    assert (sent, rtcp) == (trial["sent"], trial["rtcp"]["sent"])


def test_rtp_to_rtp_and_every_suite(relay, proxy):
    calls = [Call(proxy, Party(), Party(B[4]))]
    for i, suite in enumerate(SUITES):
        calls.append(Call(proxy, Party(), Party(B[4], suite), to=f"suite{i}"))
        calls.append(Call(proxy, Party(A[4], suite), Party(B[4]), f"suite{i}", "plain"))
    for call in calls:
        call.place()
        for party in (call.a, call.b):  # each in its own terms
            assert party.heard.proto == ("RTP/AVP" if party.suite == "RTP" else "RTP/SAVP")
            assert {s for s, _ in party.heard.crypto.values()} == {party.suite} - {"RTP"}
    check_statistics(calls, relay.carries(calls))


@pytest.mark.parametrize("first", range(4))
def test_every_suite_to_every_other(relay, proxy, first):
    calls = [Call(proxy, Party(A[4], a), Party(B[4], b), f"suite{i}", f"suite{j}").place()
             for i, a in enumerate(SUITES) for j, b in enumerate(SUITES) if (i + j) % 4 == first]
    for call in calls:
        keys = {call.a.key, call.b.key}
        assert not keys & {key for p in (call.a, call.b) for _, key in p.heard.crypto.values()}
    check_statistics(calls, relay.carries(calls))


def test_rtcp_muxed_and_apart(relay, proxy):
    calls = []
    for a in ("mux", "own"):
        for b in ("mux", "own"):
            calls.append(Call(proxy, Party(rtcp=a), Party(B[4], rtcp=b)))
            calls.append(Call(proxy, Party(rtcp=a), Party(B[4], SUITES[0], b), to="srtp"))
            calls.append(Call(proxy, Party(A[4], SUITES[6], a), Party(B[4], SUITES[7], b), "srtp",
                              "srtp"))
            calls.append(Call(proxy, Party(rtcp=a), Party(B[4], rtcp=b), rtcp_mux=["offer"]))
    for call in calls:
        call.place()
    trial = relay.carries(calls, rtcp=0.1)
    assert trial["rtcp"]["sent"] == trial["rtcp"]["received"] > 0
    check_statistics(calls, trial)


def test_address_families(relay, proxy):
    calls = []
    for a, b in ((6, 6), (4, 6), (6, 4)):
        calls.append(Call(proxy, Party(A[a]), Party(B[b])))
        calls.append(Call(proxy, Party(A[a]), Party(B[b], SUITES[0]), to="srtp"))
        calls.append(Call(proxy, Party(A[a], SUITES[6]), Party(B[b], SUITES[5]), "srtp", "srtp"))
    for call in calls:
        call.place()
        assert (":" in call.a.heard.host, ":" in call.b.heard.host) == \
            (":" in call.a.host, ":" in call.b.host)
    check_statistics(calls, relay.carries(calls, rtcp=0.2))


# changes

def test_reinvite_changes_port_and_key(relay, proxy):
    calls = [Call(proxy, Party(A[4], a), Party(B[4], b), "open", "open").place()
             for a, b in (("RTP", "RTP"), (SUITES[0], SUITES[6]), (SUITES[6], SUITES[6]))]
    relay.carries(calls)
    for back in (False, True):
        for call in calls:
            was = [said(party) for party in (call.a, call.b)]
            (call.a if back else call.b).renew()
            call.a.move()
            call.again(back)
            assert [said(party) for party in (call.a, call.b)] == was  # the relay's own goes on
        relay.carries(calls)


def said(party):
    """Where the relay is for a party, and the key that it sends under."""
    heard = party.heard
    return heard.host, heard.port, party.suite != "RTP" and heard.of_suite(party.suite)[1]


def test_old_key_is_refused_after_reinvite(relay, proxy):
    call = Call(proxy, Party(A[4], SUITES[0]), Party(B[4]), "srtp").place()
    relay.carries([call])
    old = call.a.key
    call.a.renew()
    call.again()
    new, call.a.key = call.a.key, old
    with relay.media([call], direction="a") as generator:
        trial = generator.result()["trial"]
    assert trial["received"] == 0 and trial["sent"] > 0
    assert streams(call.query(), call.a.tag)[0]["stats"]["errors"] == trial["sent"]
    call.a.key = new
    relay.carries([call])


@pytest.mark.parametrize("between", ["another key", "no media", "RTCP elsewhere"])
def test_key_that_comes_back_takes_no_replay(relay, proxy, between):
    """What was sent under a key is refused when the party has left that key and takes it up again;
    what it sends from then on is not."""
    call = Call(proxy, Party(A[4], SUITES[0]), Party(B[4]), "srtp").place()
    first = call.index
    relay.carries([call])
    key, ports = call.a.key, (call.a.port, call.b.port)
    if between == "another key":
        call.a.renew()
        call.again()
        relay.carries([call])
    elif between == "no media":
        call.a.port = call.b.port = 0
        call.again()
    else:
        call.a.rtcp = "own"
        call.again()
        call.a.rtcp = "mux"
    call.a.key, (call.a.port, call.b.port) = key, ports
    call.again()
    further, call.index = call.index, first
    with relay.media([call], direction="a") as generator:
        trial = generator.result()["trial"]
    assert trial["received"] == 0 and trial["sent"] > 0
    call.index = further
    relay.carries([call])


def counts(calls):
    """What came from all a and all b, and what was sent to them."""
    replies = [(call, call.query()) for call in calls]
    return {f"{side} {party}": sum(
        streams(reply, getattr(call, party).tag)[0][side]["packets"] for call, reply in replies)
        for side in ("stats", "stats_out") for party in ("a", "b")}


def test_hold_and_resume(relay, proxy):
    """Whoever is on hold is sent nothing, whatever the other sends."""
    calls = [Call(proxy, Party(), Party(B[4])), Call(proxy, Party(), Party(B[4], SUITES[0]),
                                                     to="srtp")]
    for call in calls:
        call.place()
    relay.carries(calls)
    for call in calls:
        call.a.direction, call.b.direction = "sendonly", "recvonly"
        call.again()
        assert "sendonly" in call.b.heard.attributes and "recvonly" in call.a.heard.attributes
    check_one_way(relay, calls)
    for call in calls:
        call.a.direction = call.b.direction = "sendrecv"
        call.again()
    relay.carries(calls)


def check_one_way(relay, calls):
    """From a to b alone."""
    before = counts(calls)
    with relay.media(calls) as generator:
        trial = generator.result()["trial"]
    grown = {key: now - before[key] for key, now in counts(calls).items()}
    assert grown == {"stats a": trial["received"], "stats b": trial["lost"],
                     "stats_out a": 0, "stats_out b": trial["received"]}
    assert trial["received"] > 0 and sum(trial["faulty"].values()) == 0, trial


def test_hold_in_the_old_style(relay, proxy):
    """c=0.0.0.0: do not send to me."""
    call = Call(proxy, Party(), Party(B[4])).place()
    offer = call.offer_keys(to_tag=call.b.tag)
    offer["sdp"] = offer["sdp"].replace("c=IN IP4 " + A[4], "c=IN IP4 0.0.0.0")
    reply = proxy.ask("offer", **offer)
    assert "c=IN IP4 0.0.0.0" in reply["sdp"]
    call.answer()
    check_one_way(relay, [call])
    call.again()
    relay.carries([call])


def test_fork(relay, proxy):
    """Two branches; each has ports and keys of its own, and the second one answers."""
    a = Party()
    first = Call(proxy, a, Party(B[4], SUITES[0]), to="srtp", via_branch="b1")
    second = Call(proxy, a, Party(B[4], SUITES[0]), to="srtp", via_branch="b2", call_id=first.id)
    first.offer()
    second.offer()
    assert first.b.heard.port != second.b.heard.port
    assert not set(first.b.heard.crypto.values()) & set(second.b.heard.crypto.values())
    second.answer()
    relay.carries([second])
    reply = second.query(to_tag=second.b.tag)
    assert reply["totals"]["RTP"]["packets"] > 0 and first.b.tag not in reply["tags"]
    # the branch that lost goes, the call goes on
    assert proxy.ask("delete", call_id=first.id, from_tag=a.tag, via_branch="b1",
                     delete_delay=0)["result"] == "ok"
    relay.carries([second])
    relay.has_endpoints(2 + fated_endpoints(relay))


def fated_endpoints(relay):
    with relay.proxy() as p:
        left = p.ask("list", limit=1000)["calls"]
    return 2 * sum(i in left for i in ("fated-media", "fated-held"))


def test_fork_both_answer(relay, proxy):
    a = Party()
    branches = [Call(proxy, a, Party(B[4]), call_id=f"twice@{proxy.name}", via_branch=f"b{i}")
                for i in range(2)]
    for branch in branches:
        branch.offer()
    for branch in branches:
        branch.answer()
        relay.carries([branch])
    tags = branches[0].query()["tags"]
    assert set(tags) == {a.tag, branches[0].b.tag, branches[1].b.tag}
    assert len(tags[a.tag]["medias"]) == 2


def test_late_offer(relay, proxy):
    """The INVITE has no SDP, the 200 offers, the ACK answers: it begins with the callee."""
    call = Call(proxy, Party(), Party(B[4], SUITES[6]), "plain", "srtp")
    call.offer(back=True, to_tag=call.a.tag)
    call.answer(back=True)
    relay.carries([call])
    call.a.move()
    call.again()  # and then it is a call as any
    relay.carries([call])


def test_answers_repeated_and_changed(relay, proxy):
    """183, 183 again, 200: the same SDP changes nothing; then another phone answers, further on."""
    call = Call(proxy, Party(), Party(B[4], SUITES[0]), to="srtp")
    call.offer()
    replies = [call.answer()["sdp"] for _ in range(3)]
    assert len(set(replies)) == 1
    relay.carries([call])
    call.answer()  # with media under way, too
    relay.carries([call])
    call.b = Party(B[4], SUITES[0]).hear(call.b.heard.text)
    call.answer()
    assert media_port(replies[0]) == [call.a.heard.port]
    relay.carries([call])


def test_offer_again_before_the_answer(relay, proxy):
    call = Call(proxy, Party(), Party(B[4]))
    ports = [media_port(call.offer()["sdp"]) for _ in range(3)]
    assert ports[0] == ports[1] == ports[2]
    call.answer()
    relay.carries([call])


def test_several_media(relay, proxy):
    """Two streams of audio, one refused, one that is no RTP: lines keep their order."""
    lines = ["m=audio 10000 RTP/AVP 0", "m=video 0 RTP/AVP 96", "m=message 2855 TCP/MSRP *",
             "m=audio 10002 RTP/AVP 8"]
    offer = sdp(A[4], medias=lines)
    reply = proxy.ask("offer", call_id=f"many@{proxy.name}", from_tag="f", sdp=offer,
                      direction=["plain", "plain"])
    ports = media_port(reply["sdp"])
    assert ports[1:3] == [0, 2855] and ports[0] % 2 == ports[3] % 2 == 0 and len(set(ports)) == 4
    reply = proxy.ask("answer", call_id=f"many@{proxy.name}", from_tag="f", to_tag="t",
                      sdp=sdp(B[4], medias=["m=audio 10000 RTP/AVP 0", "m=video 0 RTP/AVP 96",
                                            "m=message 0 TCP/MSRP *", "m=audio 0 RTP/AVP 8"]))
    assert [p > 0 for p in media_port(reply["sdp"])] == [True, False, False, False]
    relay.has_endpoints(4 + fated_endpoints(relay))  # RTCP of both has its own port


def test_block_and_unblock(relay, proxy):
    call = Call(proxy, Party(), Party(B[4])).place()
    relay.carries([call])
    assert call.ask("block media", from_tag=call.b.tag)["result"] == "ok"
    check_one_way(relay, [call])
    assert call.ask("block media")["result"] == "ok"
    with relay.media([call]) as generator:
        assert generator.result()["trial"]["received"] == 0
    assert call.ask("unblock media")["result"] == "ok"
    relay.carries([call])


# ends

def test_delete_by_tags(relay, proxy):
    wrong = {"result": "ok", "warning": "Call-ID not found or tags didn't match"}
    call = Call(proxy, Party(), Party(B[4])).place()
    assert proxy.ask("delete", call_id="of nobody", from_tag="x") == wrong
    assert call.delete(from_tag="x") == wrong
    assert call.delete(from_tag=call.a.tag, to_tag="x", flags=["to-tag"]) == wrong
    assert call.delete(from_tag="x", flags=["fatal"]) == {
        "result": "error", "error-reason": wrong["warning"]}
    relay.carries([call])
    assert call.delete(from_tag=call.b.tag, to_tag=call.a.tag, flags=["to-tag"])["totals"]
    assert call.delete() == wrong
    # OpenSIPS names no tag, and is told no more than that it is done
    call = Call(proxy, Party(), Party(B[4])).place()
    assert call.ask("delete", delete_delay=0) == {"result": "ok"}


def test_delete_with_a_delay_and_revived(relay, proxy):
    """Late packets still arrive, and a call that comes back goes on."""
    call = Call(proxy, Party(), Party(B[4], SUITES[0]), to="srtp").place()
    began = time.monotonic()
    assert call.delete(delete_delay=1)["result"] == "ok"
    assert call.delete(delete_delay=2)["result"] == "ok"
    current = proxy.ask("statistics")["statistics"]["currentstatistics"]
    assert current["sessionsending"] >= 1
    call.again()
    relay.carries([call], seconds=3)  # past both
    assert time.monotonic() - began > 3
    call.delete(delete_delay=4)
    relay.carries([call])
    until = time.monotonic() + 8
    while call.id in proxy.ask("list", limit=1000)["calls"]:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert time.monotonic() - until > -5.5  # not before its time


def test_default_delay_is_configured(relay, proxy):
    call = Call(proxy, Party(), Party(B[4])).place()
    call.delete(delete_delay=-1)  # as not given
    assert call.query()["result"] == "ok"
    assert call.delete(delete_delay=0)["result"] == "ok"
    assert call.ask("query") == {"result": "error", "error-reason": "Unknown call-id"}


# what is told

def test_query_by_tag(relay, proxy):
    call = Call(proxy, Party(rtcp="own"), Party(B[4], SUITES[6], "own"), to="srtp",
                set_label="caller")
    call.offer()
    before = call.query()["tags"]
    assert before[call.a.tag]["label"] == "caller" and len(before) == 2
    call.answer()
    trial = relay.carries([call], rtcp=0.1)
    reply = call.query()
    a, b = streams(reply, call.a.tag), streams(reply, call.b.tag)
    for i, sent in enumerate((trial["sent"], trial["rtcp"]["sent"])):
        assert a[i]["stats"]["packets"] == b[i]["stats_out"]["packets"] > 0
        assert b[i]["stats"]["packets"] == a[i]["stats_out"]["packets"] > 0
        assert a[i]["stats"]["packets"] + b[i]["stats"]["packets"] == sent
    for stream, party in ((a, call.a), (b, call.b)):
        assert [s["local port"] for s in stream] == [party.heard.port, party.heard.port + 1]
        assert [s["endpoint"]["port"] for s in stream] == [party.port, party.port + 1]
        assert stream[0]["endpoint"]["address"] == party.host
    assert b[0]["crypto suite"] == SUITES[6] and "crypto suite" not in a[0]
    assert reply["SSRC"][str(call.ssrc)]["packets"] == a[0]["stats"]["packets"]
    assert abs(reply["created"] - time.time()) < 30
    keys = [call.b.key] + [key for _, key in call.b.heard.crypto.values()]
    assert not any(key[:10] in str(reply) for key in keys)


def test_list_and_statistics(relay, proxy):
    before = proxy.ask("statistics")["statistics"]
    calls = [Call(proxy, Party(), Party(B[4])) for _ in range(5)]
    for call in calls[:3]:
        call.place()
    for call in calls[3:]:
        call.offer()
    listed = proxy.ask("list", limit=1000)["calls"]
    assert {call.id for call in calls} <= set(listed)
    assert len(proxy.ask("list", limit=2)["calls"]) == 2
    assert proxy.ask("list", limit=0)["calls"] == []
    assert proxy.ask("list", limit=-1)["error-reason"] == "invalid limit, must be >= 0"
    trial = relay.carries(calls[:3])
    for call in calls[:2]:
        call.delete()
    after = proxy.ask("statistics")["statistics"]

    def more(group, name):
        return after[group][name] - before[group][name]
    assert more("currentstatistics", "sessionstotal") == 3
    assert more("totalstatistics", "createdsessions") == 5
    assert more("totalstatistics", "regularterminatedsessions") == 2
    assert more("totalstatistics", "relayedpackets") == trial["sent"]
    assert more("controlstatistics", "totaloffercount") == 5
    assert more("controlstatistics", "totalanswercount") == 3
    ports = {i["name"]: i["ports"] for i in after["interfaces"] if ":" not in i["address"]}
    assert ports["narrow"] == {"min": 20000, "max": 20003, "used": 0, "free": 2, "totals": 2}
    assert ports["plain"]["used"] >= 6


def test_metrics(relay, proxy):
    call = Call(proxy, Party(), Party(B[4])).place()
    before = relay.metrics()
    trial = relay.carries([call])
    call.delete()
    after = relay.metrics()
    line = re.compile(r'[a-z_]+(\{[a-z]+="(\\.|[^"\\])*"(,[a-z]+="[^"]*")*\})?$')
    assert all(line.match(name) for name in after), after
    grown = {name: value - before[name] for name, value in after.items()}
    assert grown['rtpengine_packets_total{type="userspace"}'] == trial["sent"]
    assert grown['rtpengine_requests_total{request="delete"}'] == 1
    assert grown['rtpengine_closed_sessions_total{reason="terminated"}'] == 1
    assert grown['rtpengine_sessions{type="own"}'] == -1
    assert after["sluice_dataplane_up"] == 1


def test_json_over_https(relay, proxy):
    http = relay.http()
    headers = ["Content-Type: application/json"]
    a, b = Party(), Party(B[4])

    def ask(**keys):
        status, _, body = http.ask("POST", "/ng-plain", json.dumps(keys).encode(), headers)
        assert status == 200
        return json.loads(body)
    with http.sock:
        names = {"call-id": f"json@{proxy.name}", "from-tag": a.tag}
        reply = ask(command="offer", sdp=a.sdp(), direction=["plain", "plain"], **names)
        b.hear(reply["sdp"])
        reply = ask(command="answer", sdp=b.answer(), **names, **{"to-tag": b.tag})
        a.hear(reply["sdp"])
        call = Call(proxy, a, b)
        trial = relay.carries([call])
        reply = ask(command="query", **names)
        assert reply["totals"]["RTP"]["packets"] == trial["sent"]
        assert ask(command="list")["calls"] == [f"json@{proxy.name}"]  # its own, and no other's
        assert ask(command="delete", **names, **{"delete-delay": 0})["result"] == "ok"
        assert ask(command="query", **names)["error-reason"] == "Unknown call-id"


# who may, and how many

def test_call_of_another_listener_is_invisible(relay, proxy):
    call = Call(proxy, Party(), Party(B[4])).place()
    unknown = {"result": "error", "error-reason": "Unknown call-id"}
    with Proxy(relay.second_port) as other:
        call.proxy = other
        for command in ("query", "block media", "unblock media"):
            assert call.ask(command) == unknown
        assert other.ask("answer", **call.answer_keys()) == unknown
        assert call.id not in other.ask("list", limit=1000)["calls"]
        assert call.delete() == {"result": "ok",
                                 "warning": "Call-ID not found or tags didn't match"}
    call.proxy = proxy
    relay.carries([call])


def test_same_call_id_on_two_listeners(relay, proxy):
    """As if the other were not there: its media, its end and its statistics are its own."""
    call = Call(proxy, Party(), Party(B[4])).place()
    with Proxy(relay.second_port) as other:
        twin = Call(other, Party(tag=call.a.tag), Party(B[4], tag=call.b.tag), call_id=call.id)
        twin.place()
        assert not {twin.a.heard.port, twin.b.heard.port} & {call.a.heard.port, call.b.heard.port}
        trial = relay.carries([call, twin])
        told = [c.query()["totals"]["RTP"]["packets"] for c in (call, twin)]
        assert sum(told) == trial["sent"] and min(told) > 0
        twin.again()
        assert twin.delete()["result"] == "ok"
        assert call.id not in other.ask("list", limit=1000)["calls"]
    relay.carries([call])


def with_keys(relay, **keys):
    """Live ones: by SIGHUP."""
    for key, value in keys.items():
        if value is None:
            del relay.control.keys[key]
        else:
            relay.control.keys[key] = value
    relay.control.write()
    relay.control.reload()


def test_session_limit(relay, proxy):
    call = Call(proxy, Party(), Party(B[4])).place()
    with_keys(relay, session_limit=1)
    try:
        further = Call(proxy, Party(), Party(B[4]))
        reached = "Parallel session limit reached"
        assert proxy.ask("offer", **further.offer_keys()) == {"result": "error",
                                                              "error-reason": reached}
        assert proxy.ask("offer", **further.offer_keys(supports=["load limit"])) == {
            "result": "load limit", "message": reached}
        call.again()
    finally:
        with_keys(relay, session_limit=None)
    further.place()
    relay.carries([call, further])


def test_limit_and_drain_of_an_interface(relay, proxy):
    """The others are as ever; a call there goes on, and makes room when it ends."""
    before = relay.control.keys["interfaces"]

    def with_open(**keys):
        relay.control.keys["interfaces"] = [
            {**row, **keys} if row["name"] == "open" else row for row in before]
        relay.control.write()
        relay.control.reload()

    def ask(to):
        call = Call(proxy, Party(), Party(B[4]), to=to)
        return call, proxy.ask("offer", **call.offer_keys())

    try:
        with_open(session_limit=1)
        first, reply = ask("open")
        assert reply["result"] == "ok"
        _, reply = ask("open")
        assert reply["error-reason"] == "Parallel session limit reached"
        other, reply = ask("plain")
        assert reply["result"] == "ok"
        assert first.delete()["result"] == "ok"
        second, reply = ask("open")
        assert reply["result"] == "ok"
        with_open(drain=True)
        _, reply = ask("open")
        assert reply["result"] == "error"
        assert proxy.ask("offer", **second.offer_keys())["result"] == "ok"
    finally:
        with_open()
    for call in (second, other):
        assert call.delete()["result"] == "ok"


def test_drain(relay, proxy):
    call = Call(proxy, Party(), Party(B[4])).place()
    with_keys(relay, drain=True)
    try:
        further = Call(proxy, Party(), Party(B[4]))
        assert proxy.ask("offer", **further.offer_keys(supports=["load limit"])) == {
            "result": "load limit", "message": "Load limit exceeded"}
        assert proxy.ask("offer", **further.offer_keys())["error-reason"] == \
            "Parallel session limit reached"
        assert call.again().query()["result"] == "ok"
        relay.carries([call])
        assert call.delete()["totals"]["RTP"]["packets"] > 0
    finally:
        with_keys(relay, drain=None)
    further.place()


def test_loop_is_passed_on_and_no_other(relay, proxy):
    """SDP of ours that comes back in its own request is left alone; with the mark of another one
    that a peer has seen, it is treated as any."""
    call = Call(proxy, Party(), Party(B[4]), flags=["loop-protect"])
    reply = call.offer()
    ours, mark = reply["sdp"], re.search(r"a=rtpengine:[0-9a-f]{12}\r\n", reply["sdp"]).group()
    again = proxy.ask("offer", **{**call.offer_keys(), "sdp": ours})
    assert again["sdp"] == ours
    theirs = call.b.answer()
    marked = theirs.replace("t=0 0\r\n", "t=0 0\r\n" + mark)
    answer = proxy.ask("answer", **{**call.answer_keys(), "sdp": marked})
    assert answer["result"] == "ok" and media_port(answer["sdp"]) != media_port(marked), answer
    other = Call(proxy, Party(), Party(B[4]), flags=["loop-protect"])
    marked = other.a.sdp().replace("t=0 0\r\n", "t=0 0\r\n" + mark)
    reply = proxy.ask("offer", **{**other.offer_keys(), "sdp": marked})
    assert reply["result"] == "ok" and media_port(reply["sdp"]) != media_port(marked), reply


def test_loop_of_an_answer_is_passed_on(relay, proxy):
    call = Call(proxy, Party(), Party(B[4]), flags=["loop-protect"])
    call.offer()
    ours = call.answer()["sdp"]
    assert proxy.ask("answer", **{**call.answer_keys(), "sdp": ours})["sdp"] == ours
    changed = ours.replace("t=0 0", "t=0 1")
    reply = proxy.ask("answer", **{**call.answer_keys(), "sdp": changed})
    assert reply["result"] == "ok" and mark_of(reply["sdp"]) != mark_of(ours), reply


def mark_of(text):
    return re.search(r"a=rtpengine:[0-9a-f]{12}\r\n", text).group()


def test_mark_is_of_no_use_to_others(relay, proxy):
    """Who calls chooses call-id and tag, and an accomplice tells him the mark: neither gets media
    around the relay, or around the encryption that an interface requires."""
    accomplice = Call(proxy, Party(), Party(B[4]), flags=["loop-protect"])
    ours = accomplice.offer()["sdp"]
    assert str(media_port(ours)[0]) in str(accomplice.query())
    victim = Call(proxy, Party(), Party(B[4]), "plain", "suite0", call_id=accomplice.id,
                  flags=["loop-protect"])
    victim.a.tag = accomplice.a.tag

    def offer(text, **keys):
        reply = proxy.ask("offer", **{**victim.offer_keys(), "sdp": text, **keys})
        assert reply["result"] == "ok" and reply["sdp"] != text, reply
        return reply["sdp"]

    theirs = victim.a.sdp()
    marked = theirs.replace("t=0 0\r\n", "t=0 0\r\n" + mark_of(ours))
    first = offer(marked)  # while that call is there, and has no answer
    assert "RTP/SAVP " in first and "a=crypto:" in first
    now = str(accomplice.query())  # the offer before it is gone
    assert str(media_port(first)[0]) in now and str(media_port(ours)[0]) not in now
    proxy.ask("delete", call_id=victim.id, delete_delay=0)
    for text in (marked, ours):  # and when its ports may be another call's
        assert "RTP/SAVP " in offer(text) and "a=crypto:" in offer(text)
        proxy.ask("delete", call_id=victim.id, delete_delay=0)


def test_policy_is_reloaded(relay, proxy):
    rows = relay.control.keys["interfaces"]
    fresh = [{**row, "encryption": "required"} if row["name"] == "open" else row for row in rows]
    offer = Call(proxy, Party(), Party(B[4]), "open")
    with_keys(relay, interfaces=fresh)
    try:
        assert proxy.ask("offer", **offer.offer_keys())["error-reason"] == \
            "Encryption is required on this interface"
    finally:
        with_keys(relay, interfaces=rows)
    offer.place()


def test_no_ports_left(relay, proxy):
    """A range for one call: a second has none, and the first is not touched by that."""
    first = Call(proxy, Party(), Party(B[4]), "narrow", "narrow").place()
    second = Call(proxy, Party(), Party(B[4]), "plain", "narrow")
    none = {"result": "error", "error-reason": "Ran out of ports"}
    assert proxy.ask("offer", **second.offer_keys()) == none
    assert second.ask("query")["error-reason"] == "Unknown call-id"
    relay.carries([first])
    used = [i["ports"]["used"] for i in proxy.ask("statistics")["statistics"]["interfaces"]]
    assert proxy.ask("offer", **second.offer_keys()) == none  # and takes none elsewhere
    assert used == [i["ports"]["used"] for i in
                    proxy.ask("statistics")["statistics"]["interfaces"]]
    first.delete()
    until = time.monotonic() + 4
    while proxy.ask("offer", **second.offer_keys()) == none:  # it rests, then it is free
        assert time.monotonic() < until
        time.sleep(0.1)
    second.place()
    relay.carries([second])


def test_media_limit(relay, proxy):
    """No offer of more lines than that takes ports, and what an answer rejects is free at once."""
    def taken():
        return sum(n for name, n in relay.metrics().items()
                   if name.startswith('rtpengine_ports_used{name="few"'))

    def lines(n):
        return sdp(medias=["m=audio 30000 RTP/AVP 0"] * n)
    names = {"call_id": f"many@{proxy.name}", "from_tag": "f", "direction": ["plain", "few"]}
    refused = {"result": "error", "error-reason": "Ran out of ports"}
    assert proxy.ask("offer", sdp=lines(17), **names) == refused  # one more than the default
    with_keys(relay, media_limit=2)
    try:
        assert proxy.ask("offer", sdp=lines(3), **names) == refused
        assert taken() == 0
        assert proxy.ask("offer", sdp=lines(2), **names)["result"] == "ok"
        assert taken() == 2
        answer = sdp(B[4], medias=["m=audio 10000 RTP/AVP 0", "m=audio 0 RTP/AVP 0"])
        assert proxy.ask("answer", sdp=answer, to_tag="t", **names)["result"] == "ok"
        assert taken() == 1
    finally:
        with_keys(relay, media_limit=None)


def test_interface_unknown_is_the_first(relay, proxy):
    call = Call(proxy, Party(), Party(B[4]), "nowhere", "noplace").place()
    assert call.b.heard.host == "198.18.0.1" and call.b.heard.proto == "RTP/AVP"
    relay.carries([call])


@pytest.mark.parametrize("from_, to, sdp_of, reason", [
    ("srtp", "plain", lambda: Party().sdp(), "Encryption is required on this interface"),
    ("plain", "plain", lambda: Party(suite=SUITES[0]).sdp(),
     "Encryption is forbidden on this interface"),
    ("srtp", "plain", lambda: sdp(proto="RTP/SAVP"), "No usable crypto suite in SDP"),
    ("srtp", "plain", lambda: sdp(proto="RTP/SAVP", attributes=[
        "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + "A" * 40]), "No usable crypto suite in SDP"),
    ("suite0", "plain", lambda: Party(suite=SUITES[7]).sdp(), "No usable crypto suite in SDP"),
    ("open", "plain", lambda: sdp(proto="UDP/TLS/RTP/SAVPF", attributes=[
        "a=setup:actpass", "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)]), "unsupported"),
])
def test_offers_against_the_policy(relay, proxy, from_, to, sdp_of, reason):
    reply = proxy.ask("offer", call_id=f"no@{proxy.name}", from_tag="f", direction=[from_, to],
                      sdp=sdp_of())
    assert reply == {"result": "error", "error-reason": reason}
    assert proxy.ask("query", call_id=f"no@{proxy.name}")["error-reason"] == "Unknown call-id"


def test_answers_against_the_policy(relay, proxy):
    """Each is refused; the offer stands, and a right answer still sets it up."""
    call = Call(proxy, Party(), Party(B[4], SUITES[0]), to="srtp")
    call.offer()
    right = call.answer_keys()
    for wrong, reason in (
            (sdp(B[4]), "Encryption is required on this interface"),
            (sdp(B[4], proto="RTP/SAVP"), "No usable crypto suite in SDP"),
            (sdp(B[4], proto="RTP/SAVP", attributes=[crypto(SUITES[0], 77)]),
             "No usable crypto suite in SDP"),
            (sdp(B[4], medias=["m=audio 1000 RTP/AVP 0"] * 2), "Incomplete SDP specification")):
        assert proxy.ask("answer", **{**right, "sdp": wrong}) == {"result": "error",
                                                                  "error-reason": reason}
    call.answer()
    relay.carries([call])


def test_duplicates_are_done_once(relay, proxy):
    """A request that comes again has the reply that it had."""
    call = Call(proxy, Party(), Party(B[4], SUITES[0]), to="srtp")
    before = proxy.ask("statistics")["statistics"]["totalstatistics"]["createdsessions"]
    cookie = proxy.new_cookie()
    for _ in range(5):
        proxy.send("offer", cookie=cookie, **call.offer_keys())
    replies = [proxy.receive()]
    proxy.send("offer", cookie=cookie, **call.offer_keys())  # now it has been answered
    replies.append(proxy.receive())
    proxy.send("ping", cookie=cookie)  # whatever it says
    try:
        while True:
            replies.append(proxy.receive(0.3))
    except socket.timeout:
        pass
    assert len(replies) >= 3 and all(reply == replies[0] for reply in replies)
    after = proxy.ask("statistics")["statistics"]["totalstatistics"]["createdsessions"]
    assert after == before + 1
    with relay.proxy() as other:  # a cookie is its sender's own
        other.send("ping", cookie=cookie)
        assert other.receive() == (cookie, {"result": "pong"})


def test_unsupported_and_unknown(relay, proxy):
    for command in ("start recording", "play media", "play DTMF", "subscribe request", "publish",
                    "silence media"):
        assert proxy.ask(command, call_id="x", from_tag="y") == {"result": "error",
                                                                 "error-reason": "unsupported"}
    assert proxy.ask("make coffee")["error-reason"] == "Unrecognized command"
    reply = proxy.ask("ping", colour="blue")
    assert reply["result"] == "pong" and "colour" in reply["warning"]


def test_no_data_plane(folder):
    """New calls are for another relay; whatever else is asked has an answer."""
    folder.chmod(0o755)
    port = free_port(socket.SOCK_DGRAM)
    listener = {"name": "udp", "type": "ng-udp", "address": "127.0.0.1", "port": port}
    with Control(folder, [listener], interfaces=INTERFACES) as control, Proxy(port) as proxy:
        call = Call(proxy, Party(), Party(B[4]))
        assert proxy.ask("ping") == {"result": "pong"}
        assert proxy.ask("offer", **call.offer_keys(supports=["load limit"])) == {
            "result": "load limit", "message": "Load limit exceeded"}
        assert proxy.ask("offer", **call.offer_keys())["error-reason"] == \
            "Parallel session limit reached"
        assert call.ask("query")["error-reason"] == "Unknown call-id"
        assert "warning" in call.delete()
        assert proxy.ask("list")["calls"] == []
        current = proxy.ask("statistics")["statistics"]["currentstatistics"]
        assert current["sessionstotal"] == 0
        assert control.stop() == 0


# time: the last test, as those above are what it waits for

def ended(relay, call_id):
    for line in relay.control.text().splitlines():
        if "event=ended" in line and f"call={call_id} " in line:
            return line.rsplit("why=", 1)[1]
    return None


def test_timeouts(relay):
    """Without media, without an answer; but not on hold."""
    assert time.monotonic() - relay.fated < 60 or ended(relay, "fated-media")
    until = relay.fated + LIMIT_S + 4
    while not (ended(relay, "fated-media") and ended(relay, "fated-offer")):
        assert time.monotonic() < until + 60, relay.control.text()
        time.sleep(0.1)
    assert ended(relay, "fated-media") == "timeout"
    assert ended(relay, "fated-offer") == "offer_timeout"
    with relay.proxy() as p:
        assert p.ask("list", limit=1000)["calls"] == ["fated-held"]
        p.ask("delete", call_id="fated-held", delete_delay=0)
    relay.has_endpoints(0)
