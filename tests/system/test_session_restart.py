# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of either plane, and of both, with calls up. What was answered holds: without the control
plane media flows on, and the next one knows its calls; without the data plane they go on where they
stood; without both, plain calls go on, and no key is used anew.

SLUICE_TEST_CALLS and SLUICE_TEST_RATE: how many there are when the control plane is killed, and how
many packets a second of all; 1,000 and 3,000 if not set."""
import os
import random
import re
import signal
import sqlite3
import subprocess
import time

import pytest

from rig import Generator, Process, Sheet
from rig.control import INTERFACES, NOBODY, Relay
from rig.machine import program
from rig.namespace import mac
from rig.ng import Call, Party, place_all, streams
from rig.site import A, B, RELAY, Site
from test_restart import Recorder, send_frames

CALLS = int(os.environ.get("SLUICE_TEST_CALLS", "1000"))
RATE = int(os.environ.get("SLUICE_TEST_RATE", "3000"))
CM, GCM = "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"
B4 = "198.18.0.3"


def calls_of_all_kinds(proxy, n, a="198.18.0.2", b=B4):
    """RTP to RTP, RTP to SRTP, SRTP to SRTP, in turn."""
    kinds = [("RTP", "RTP", "plain", "plain"), ("RTP", CM, "plain", "srtp"),
             (GCM, CM, "srtp", "srtp")]
    return [Call(proxy, Party(a, kinds[i % 3][0]), Party(b, kinds[i % 3][1]), *kinds[i % 3][2:])
            for i in range(n)]


def spread(calls):
    """Parties at more than one address, where one has not ports enough."""
    for i, call in enumerate(calls):
        call.a.host, call.b.host = (f"198.18.{1 + i // 20000}.{n}" for n in (2, 3))
        call.a.port = call.b.port = 10000 + 2 * (i % 20000)
    return calls


def forget_last(relay):
    """The last call was never stored, as if the relay had died in the midst of it."""
    db = sqlite3.connect(relay.folder / "state" / "calls.db")
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("DELETE FROM calls WHERE id = (SELECT max(id) FROM calls)")
    db.commit()
    db.close()


def test_control_plane_killed(folder, profile):
    profile.loopback(addresses=("198.18.0.1/15",))
    profile.groups["media"]["endpoints"] = 1 << (2 * CALLS + 64).bit_length()
    with Relay(folder, profile, session_limit=2 * CALLS) as relay, relay.proxy() as proxy:
        calls = place_all(proxy, spread(calls_of_all_kinds(proxy, CALLS)))
        deleted, orphan = place_all(proxy, calls_of_all_kinds(proxy, 2))
        relay.has_endpoints(2 * CALLS + 4)
        options = {"seconds": 4, "rate": RATE}
        if RATE > 50000:  # more than one core can make and open
            options.update(presealed=RATE * 5 * 240 // 1000000, verify="sample:64")
        with relay.media(calls, **options) as generator:
            generator.wait_for(" 1 s ")
            relay.control.kill()
            forget_last(relay)
            began = time.monotonic()
            Process.start(relay.control)
            reply = proxy.insist("query", wait=0.05, call_id=calls[0].id)
            took = {"query": time.monotonic() - began}
            assert reply["totals"]["RTP"]["packets"] > 0
            calls[1].again()
            took["re-INVITE"] = time.monotonic() - began
            assert deleted.delete()["result"] == "ok"
            took["delete"] = time.monotonic() - began
            assert generator.running()
            generator.passed()
        print(f"{CALLS} calls, from the start of the new control plane:",
              ", ".join(f"{what} {s * 1000:.0f} ms" for what, s in took.items()))
        assert max(took.values()) < 1
        assert orphan.ask("query")["error-reason"] == "Unknown call-id"
        assert "orphans_removed=2" in relay.control.text(), relay.control.text()
        relay.has_endpoints(2 * CALLS)
        go_on(relay, proxy, calls)


def go_on(relay, proxy, calls):
    """Old calls are as any: changed, carried and deleted; and their ports are theirs."""
    some = calls[:30]
    for call in some:
        call.a.renew().port += 1 << 15
        call.again(back=call is some[0])
    relay.carries(some)
    fresh = place_all(proxy, calls_of_all_kinds(proxy, 30))
    relay.carries(some + fresh)
    replies = proxy.ask_all([("delete", {"call_id": call.id, "from_tag": call.a.tag,
                                         "delete_delay": 0}) for call in calls + fresh])
    assert all("tags" in reply for reply in replies)
    relay.has_endpoints(0)


def stored_or_heard(proxy):
    """Replies that came, by cookie."""
    replies = {}
    try:
        while True:
            cookie, reply = proxy.receive(0.05)
            replies[cookie] = reply
    except OSError:
        return replies


def test_control_plane_killed_amid_requests(folder, profile):
    """Each time with 200 under way: what was answered holds, what was not can be asked again, and
    the data plane has what the calls need, and no more."""
    chance = random.Random(4)
    answered_early = 0
    with Relay(folder, profile.loopback()) as relay, relay.proxy() as proxy:
        offered, up = [], []
        for _ in range(20):
            fresh = calls_of_all_kinds(proxy, 70)
            going, up = up[:len(up) // 2], up[len(up) // 2:]
            requests = [(c, "offer", c.offer_keys()) for c in fresh]
            requests += [(c, "answer", c.answer_keys()) for c in offered]
            requests += [(c, "delete", {"call_id": c.id, "from_tag": c.a.tag, "delete_delay": 0})
                         for c in going]
            chance.shuffle(requests)
            sent = {proxy.send(what, **keys): (c, what) for c, what, keys in requests}
            time.sleep(chance.random() * 0.03)
            relay.control.kill()
            replies = stored_or_heard(proxy)
            answered_early += len(replies)
            relay.start_control()
            check_replies(proxy, replies, sent)
            again = [(c, what, keys) for (c, what, keys), cookie in zip(requests, sent)
                     if cookie not in replies]
            more = proxy.ask_all([(what, keys) for _, what, keys in again])
            check_replies(proxy, dict(enumerate(more)),
                          {i: (c, what) for i, (c, what, _) in enumerate(again)})
            up += offered
            offered = fresh
            relay.has_endpoints(2 * len(up))
        assert 0 < answered_early < 20 * 200  # so that it was amid
        listed = proxy.ask("list", limit=10000)["calls"]
        assert sorted(listed) == sorted(call.id for call in up + offered)
        relay.carries(up[-40:])


def check_replies(proxy, replies, sent):
    """Whoever has one can rely on it."""
    for cookie, reply in replies.items():
        call, what = sent[cookie]
        assert reply["result"] == "ok", (what, reply)
        if what == "offer":
            call.b.hear(reply["sdp"])
        elif what == "answer":
            call.a.hear(reply["sdp"])
    asked = [(call, what) for call, what in (sent[cookie] for cookie in replies)]
    told = proxy.ask_all([("query", {"call_id": call.id}) for call, _ in asked])
    for (call, what), reply in zip(asked, told):
        assert reply["result"] == ("error" if what == "delete" else "ok"), (what, reply)
        if what == "answer":
            for party in (call.a, call.b):
                assert streams(reply, party.tag)[0]["local port"] == party.heard.port


class Networks(Site):
    """With the relay's data plane in its namespace, as it outlives that of the generator."""

    def relay_of(self, folder):
        rows = [{**row, "addresses": [RELAY[4]]} for row in INTERFACES]
        return Relay(folder, self.profile, rows, namespace=self.relay)

    def neighbours(self):
        """An SRTP stream that begins unseen wraps unseen, too: no packet may be lost at first."""
        for party in (A, B):
            self.relay.ip("neigh", "replace", party[4], "lladdr", mac(self.peers), "nud",
                          "permanent", "dev", "sluice0")


def relayed(call):
    return sum(streams(reply, party.tag)[0]["stats_out"]["packets"]
               for reply in [call.query()] for party in (call.a, call.b))


def refusals(relay):
    """Of packets that were seen before."""
    metrics = relay.metrics()
    return sum(metrics[f'sluice_dataplane_drops_total{{reason="srtp_{why}"}}']
               for why in ("replayed", "too_old"))


def test_data_plane_killed(folder, profile):
    """Sequence numbers start just before 65,536, so that all streams have a ROC of 1 by then."""
    with Networks(profile) as site:
        site.peers.ip("-4", "addr", "flush", "dev", "eth0")  # the generator answers for them
        with site.relay_of(folder) as relay, relay.proxy() as proxy:
            site.neighbours()
            calls = calls_of_all_kinds(proxy, 12, A[4], B[4])
            sheet = Sheet("classes 1")
            for call in place_all(proxy, calls):
                call.index = 65500
                sheet.call(*call.fields())
            recorder = Recorder(site, calls[2].a.heard.port)
            with Generator.af_packet(folder, sheet, site.peers, site.relay_mac, seconds=10,
                                     allow_loss=900000) as generator:
                generator.wait_for(" 3 s ")
                old = recorder.frames()
                assert len(old) > 20
                relay.plane.kill()
                began = time.monotonic()
                plane = relay.new_plane()
                plane.wait_for(" ready profile=")
                ready = time.monotonic()
                relay.is_up(2)  # until then the numbers are those of the dead
                while not all(relayed(call) > 0 for call in calls[:3]):
                    assert time.monotonic() < ready + 10, relay.control.text()
                    time.sleep(0.005)
                back = time.monotonic()
                print(f"data plane ready after {ready - began:.2f} s, "
                      f"media back after {back - began:.2f} s")
                assert back - ready < 2
                before = refusals(relay)
                send_frames(site, old)
                until = time.monotonic() + 5
                while refusals(relay) < before + len(old):
                    assert time.monotonic() < until, (len(old), before, relay.metrics())
                    time.sleep(0.05)
                result = generator.result()
                assert "event=reinstalled calls=12 without_media=0" in relay.control.text()
                relay.has_endpoints(24)
    trial = result["trial"]
    assert set(result["failed"]) <= {"rate", "faulty"}, generator.text()
    trial["faulty"].pop("unknown_call")  # by which the kernel is made to ask for next hops
    assert sum(trial["faulty"].values()) == 0 and trial["duplicated"] == 0, generator.text()
    assert trial["received"] > trial["sent"] / 2, generator.text()


def test_damaged_rows_are_removed(folder, profile):
    """They are told of once, all together; the others go on. And a wrong key removes nothing."""
    def rows(sql="SELECT count(*) FROM calls WHERE id > 0"):
        db = sqlite3.connect(relay.folder / "state" / "calls.db")
        try:
            with db:
                return db.execute(sql).fetchall()
        finally:
            db.close()
    with Relay(folder, profile.loopback()) as relay, relay.proxy() as proxy:
        calls = [Call(proxy, Party(), Party(B4, CM), to="srtp").place() for _ in range(5)]
        relay.control.kill()
        rows("UPDATE calls SET sealed = zeroblob(length(sealed)) WHERE id IN (2, 4)")
        relay.start_control()
        text = relay.control.text()
        assert "event=restored calls=3" in text
        assert text.count("event=calls-not-restored rows=2 ") == 1, text
        relay.carries([calls[0], calls[2], calls[4]])
        relay.has_endpoints(6)
        assert rows() == [(3,)]
        relay.control.kill()
        key, other = folder / "node.key", folder / "other.key"
        good = key.read_bytes()
        subprocess.run([program("sluice-controlplane"), "--new-node-key", other], check=True)
        key.write_bytes(other.read_bytes())
        with pytest.raises(AssertionError, match="sealed under another node key"):
            relay.start_control()
        assert rows() == [(3,)]
        key.write_bytes(good)
        relay.start_control()
        assert "event=restored calls=3" in relay.control.text()
        assert "calls-not-restored" not in relay.control.text()


def test_block_without_a_data_plane_blocks_nothing(folder, profile):
    """What was refused is not done later."""
    with Relay(folder, profile.loopback()) as relay, relay.proxy() as proxy:
        call = Call(proxy, Party(), Party(B4)).place()
        relay.plane.kill()
        relay.control.wait_for("event=no-dataplane", 10)
        assert call.ask("block media")["result"] == "error"
        relay.new_plane()
        relay.is_up(2)
        relay.carries([call])


def test_data_plane_dies_amid_answers(folder, profile):
    """What it had not done yet is done by the next; whoever asks meanwhile is answered."""
    with Relay(folder, profile.loopback()) as relay, relay.proxy() as proxy:
        calls = [Call(proxy, Party(), Party(B4)) for _ in range(30)]
        old = place_all(proxy, calls_of_all_kinds(proxy, 6))
        relay.carries(old)
        for call in calls:
            call.offer()
        relay.plane.popen.send_signal(signal.SIGSTOP)
        sent = {proxy.send("answer", **call.answer_keys()): call for call in calls}
        time.sleep(0.1)
        assert stored_or_heard(proxy) == {}  # nobody has said yet that it is so
        relay.plane.kill()
        while sent:
            cookie, reply = proxy.receive()
            sent.pop(cookie).a.hear(reply["sdp"])
        refused = Call(proxy, Party(), Party(B4))
        reply = proxy.ask("offer", **refused.offer_keys(supports=["load limit"]))
        assert reply == {"result": "load limit", "message": "Load limit exceeded"}
        assert old[0].query()["totals"]["RTP"]["packets"] > 0  # as it died
        assert old[0].delete()["totals"]["RTP"]["packets"] > 0
        assert old[1].ask("block media")["error-reason"] == "Load limit exceeded"
        relay.new_plane().wait_for(" ready profile=")
        relay.is_up(2)
        assert f"reinstalled calls={len(calls) + 5} without_media=0" in relay.control.text()
        relay.carries(calls + old[2:])
        relay.has_endpoints(2 * (len(calls) + 5))


def test_data_plane_dies_and_stays_away(folder, profile):
    """A second death shortly after the first, and nobody takes its place until the time is over
    that dead regions are kept for: what was sent before is still known to have been sent."""
    with Relay(folder, profile.loopback()) as relay, relay.proxy() as proxy:
        call, = place_all(proxy, calls_of_all_kinds(proxy, 3)[2:])
        relay.plane.kill()
        relay.new_plane()
        relay.is_up(2)
        fresh, = place_all(proxy, calls_of_all_kinds(proxy, 3)[2:])
        call.index = fresh.index = 1
        relay.carries([call, fresh], seconds=0.5)
        relay.plane.kill()
        time.sleep(6)
        relay.new_plane()
        relay.is_up(3)
        for again in (call, fresh):
            before = refusals(relay)
            again.index = 1
            with pytest.raises(AssertionError):
                relay.carries([again], seconds=0.5)
            assert refusals(relay) > before
        call.index = fresh.index = 200
        relay.carries([call, fresh], seconds=0.5)


def test_both_killed(folder, profile):
    """Keys without their packet indices are not used again: an encrypted call is silent until it
    is negotiated anew, and ends if it never is."""
    brief = [{**row, "name": f"brief-{row['name']}", "media_timeout_s": 10} for row in INTERFACES]
    with Relay(folder, profile.loopback(), INTERFACES + brief) as relay, relay.proxy() as proxy:
        plain = Call(proxy, Party(), Party(B4)).place()
        half = Call(proxy, Party(), Party(B4, CM), to="srtp").place()
        whole = Call(proxy, Party(suite=GCM), Party(B4, CM), "srtp", "srtp").place()
        stale = Call(proxy, Party(), Party(B4, CM), "brief-plain", "brief-srtp").place()
        offered = Call(proxy, Party(), Party(B4, CM), to="srtp")
        offered.offer()
        relay.carries([plain, half, whole])
        ours = [call.b.heard.crypto for call in (half, whole)]
        relay.control.kill()
        relay.plane.kill()
        plane = relay.new_plane()
        plane.wait_for(" ready profile=")
        relay.start_control()
        assert "event=restored calls=5" in relay.control.text()
        assert "without_media=3" in relay.control.text()
        relay.carries([plain])
        with relay.media([half, whole]) as generator:
            assert generator.result()["trial"]["received"] == 0
        offered.answer()  # what was not answered yet has no index
        for call, was in zip((half, whole), ours):
            call.a.renew()
            call.b.renew()
            call.again()
            assert not set(call.b.heard.crypto.values()) & set(was.values())
        relay.carries([plain, half, whole, offered])
        relay.has_endpoints(8)
        until = time.monotonic() + 16
        while stale.ask("query")["result"] == "ok":
            assert time.monotonic() < until
            time.sleep(0.1)
        assert f"call={stale.id} why=timeout" in relay.control.text()
        relay.has_endpoints(8)


def link_numbers(relay):
    metrics = relay.metrics()
    return {name: metrics["sluice_dataplane_" + name] for name in ("up", "deaths_total")}


def test_started_before_the_data_plane(folder, profile):
    """A call that was to be deleted meanwhile is, though nothing is there yet to delete it in."""
    with Relay(folder, profile.loopback()) as relay, relay.proxy() as proxy:
        going, staying = (Call(proxy, Party(), Party(B4, CM), to="srtp").place() for _ in "ab")
        assert proxy.ask("delete", call_id=going.id, from_tag=going.a.tag,
                         delete_delay=1)["result"] == "ok"
        relay.control.kill()
        relay.plane.kill()
        time.sleep(1.2)
        relay.control.start()
        time.sleep(1)
        assert relay.control.running(), relay.control.text()
        assert going.ask("query")["result"] == "error"
        assert proxy.ask("delete", call_id=staying.id, from_tag=staying.a.tag,
                         delete_delay=0)["result"] == "ok"
        assert link_numbers(relay) == {"up": 0, "deaths_total": 0}
        relay.new_plane().wait_for(" ready profile=")
        relay.is_up(1)
        relay.carries([Call(proxy, Party(), Party(B4, CM), to="srtp").place()])
        assert link_numbers(relay) == {"up": 1, "deaths_total": 0}
        relay.plane.kill()
        relay.control.wait_for("event=down")
        assert link_numbers(relay) == {"up": 0, "deaths_total": 1}


def test_interfaces_change_places(folder, profile):
    """Calls know theirs by name; those of one that is gone end, and count no more."""
    with Relay(folder, profile.loopback(), session_limit=3) as relay, relay.proxy() as proxy:
        call = Call(proxy, Party(), Party(B4, CM), to="srtp").place()
        lost = Call(proxy, Party(), Party(B4), to="open").place()
        assert proxy.ask("delete", call_id=lost.id, from_tag=lost.a.tag)["result"] == "ok"
        relay.control.kill()
        relay.control.keys["interfaces"] = INTERFACES[1::-1]
        relay.control.write()
        relay.start_control()
        assert "without_media=0 orphans_removed=2" in relay.control.text()
        assert lost.ask("query")["result"] == "error"
        relay.carries([call])
        call.again()
        relay.carries([call])
        for _ in range(2):
            Call(proxy, Party(), Party(B4, CM), "plain", "srtp").place()
        relay.has_endpoints(6)


@pytest.fixture
def small(folder):
    """Where calls are kept, with room for few of them."""
    relay = []

    def mount():
        state = folder / "state"
        subprocess.run(["mount", "-t", "tmpfs", "-o",
                        f"size=1m,mode=700,uid={NOBODY.pw_uid},gid={NOBODY.pw_gid}", "none", state],
                       check=True)
        relay.append(state)
        return state

    yield mount
    for state in relay:
        subprocess.run(["umount", state], check=True)


@pytest.mark.parametrize("before", [False, True])
def test_start_on_a_full_disk_says_what_to_do(folder, profile, small, before):
    """Whether there is a store already or not; with room it starts, and has its calls."""
    relay = Relay(folder, profile.loopback())
    state = small()
    with relay.plane:
        if before:
            relay.start_control()
            with relay.proxy() as proxy:
                call = Call(proxy, Party(), Party(B4, CM), to="srtp").place()
            relay.control.kill()
        with open(state / "filler", "wb", buffering=0) as filler:
            for size in (4096, 1):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError:
                    pass  # as it should
        with pytest.raises(AssertionError) as e:
            relay.start_control()
        assert re.search("has no room left.*make some, then start again", str(e.value)), e.value
        (state / "filler").unlink()
        relay.start_control()
        if before:
            relay.carries([call])
        assert relay.control.stop() == 0


def test_store_was_full(folder, profile, small):
    """Calls go on without it; what came and what ended meanwhile is so after a restart, too."""
    relay = Relay(folder, profile.loopback())
    state = small()
    with relay, relay.proxy() as proxy:
        ended, stays = (Call(proxy, Party(), Party(B4, CM), to="srtp").place() for _ in "ab")
        filler = state / "filler"
        try:
            filler.write_bytes(bytes(2 << 20))
        except OSError:
            pass  # as it should
        came = []
        while "event=store-failed" not in relay.control.text():
            assert len(came) < 200
            came.append(Call(proxy, Party(), Party(B4, CM), to="srtp").place())
        assert ended.delete()["result"] == "ok"
        relay.carries([stays, came[-1]])
        filler.unlink()
        relay.control.wait_for("event=store-works-again", 30)
        relay.control.kill()
        relay.start_control()
        assert f"event=restored calls={1 + len(came)}" in relay.control.text()
        assert ended.ask("query")["result"] == "error"
        relay.has_endpoints(2 * (1 + len(came)))
        relay.carries([stays, came[-1]])
