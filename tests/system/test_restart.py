# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of either plane under load. Without the control plane media goes on, and the next one
finds it all; without the data plane, the next one goes on where it stood: no packet index is used
or accepted twice."""
import socket
import time

from rig import DataPlane, Driver, Generator, Sheet
from rig.driver import check_identity, drops
from rig.namespace import mac
from rig.packets import SO_RCVBUFFORCE
from rig.site import A, B, RELAY, Site

CM, GCM = "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"

PLAIN = 255  # in place of a suite: RTP, which needs no index


def identity(endpoints):
    """What an endpoint is, without what it counts."""
    keep = ("endpoint", "generation", "local_address", "source", "media", "dscp", "ingress_suite",
            "egress_suite", "remote", "remote_port", "route_rtp", "route_rtcp")
    return {port: {k: e[k] for k in keep} for port, e in endpoints.items()}


def test_client_killed(profile):
    sheet = Sheet().calls(20, a=CM, b=GCM, rtcp="own")
    with DataPlane(profile.loopback()) as plane:
        with Driver(profile) as driver:
            driver.install(sheet, "source=strict", "dscp=46")
            instance = driver.say("info")["instance"]
            before = identity(driver.endpoints())
            with Generator.loopback(profile, sheet, seconds=5, rtcp=0.2) as generator:
                generator.wait_for(" 1 s ")
                driver.kill()
                plane.wait_for("control plane is gone; media goes on")
                with Driver(profile) as second:
                    assert second.say("info")["instance"] == instance
                    assert identity(second.endpoints()) == before
                    path = sheet.write(profile.folder)
                    found = second.do(f"adopt {path} source=strict dscp=46")
                    assert found == {"adopted": 80, "missing": 0}
                    generator.passed()
                    counters = second.counters()
                    check_identity(counters)
                    assert drops(counters) == {}
                    goes_on(profile, second, sheet, path)


def goes_on(profile, driver, sheet, path):
    """Its endpoints can be changed and removed by a client that did not install them."""
    assert driver.do(f"update {path} set=remote,routes,dscp source=any dscp=34")["updated"] == 80
    assert {(e["source"], e["dscp"]) for e in driver.endpoints().values()} == {(5, 34)}
    assert driver.do("remove")["removed"] == 80
    assert driver.endpoints() == {}
    driver.install(sheet)  # its ports are free again
    with Generator.loopback(profile, sheet, seconds=1) as generator:
        generator.passed()


def test_client_killed_and_back_many_times(profile):
    sheet = Sheet().calls(10, b=CM)
    with DataPlane(profile.loopback()):
        with Driver(profile) as driver:
            driver.install(sheet)
        with Generator.loopback(profile, sheet, seconds=4) as generator:
            for _ in range(10):
                with Driver(profile) as driver:
                    assert len(driver.endpoints()) == 20
                    driver.kill()
            generator.passed()
        with Driver(profile) as driver:
            check_identity(driver.counters())


class Recorder:
    """Keeps the frames that come to the relay for one port."""

    def __init__(self, site, port):
        self.port = port
        with site.relay.entered():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
            self.sock.bind(("eth0", 0x0800))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.sock.setblocking(False)

    def frames(self, most=50):
        got = []
        try:
            while len(got) < most:
                frame, where = self.sock.recvfrom(2048)
                if where[2] != socket.PACKET_OUTGOING and \
                        frame[23] == 17 and int.from_bytes(frame[36:38], "big") == self.port:
                    got.append(frame)
        except BlockingIOError:
            pass
        return got


def send_frames(site, frames):
    with site.peers.entered():
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        s.bind(("eth0", 0))
    with s:
        for frame in frames:
            s.send(frame)
            time.sleep(0.001)


def test_data_plane_killed(profile):
    """Sequence numbers start just before 65,536, so that all streams have a ROC of 1 by then."""
    sheet = Sheet().calls(5, a=CM, b=GCM, a_gen=A[4], b_gen=B[4], relay=RELAY[4], seq=65500)
    sheet.calls(5, b=CM, a_gen=A[4], b_gen=B[4], relay=RELAY[4], seq=65500, seed=2, ssrc=0x2000,
                a_ports="31040-31999", b_ports="51008-51967")
    with Site(profile) as site, DataPlane(profile, site.relay) as plane, Driver(profile) as driver:
        site.peers.ip("-4", "addr", "flush", "dev", "eth0")  # the generator answers for them
        # an SRTP stream that begins unseen wraps unseen, too: no packet may be lost at first
        for party in (A, B):
            site.relay.ip("neigh", "replace", party[4], "lladdr", mac(site.peers), "nud",
                          "permanent", "dev", "sluice0")
        driver.install(sheet, "source=strict")
        recorder = Recorder(site, 20032)
        with Generator.af_packet(profile.folder, sheet, site.peers, site.relay_mac, seconds=14,
                                 allow_loss=900000) as generator:
            generator.wait_for(" 3 s ")
            old = recorder.frames()
            plane.kill()
            assert len(old) > 20
            with DataPlane(profile, site.relay, log="dataplane2.log"):
                taken = driver.do("takeover")
                assert (taken["taken"], taken["unknown"]) == (20, 0), taken
                before = driver.counters()
                send_frames(site, old)
                time.sleep(0.5)
                after = driver.counters()
                refused = sum(after[f"drop_srtp_{why}"] - before[f"drop_srtp_{why}"]
                              for why in ("replayed", "too_old"))
                assert refused == len(old), (len(old), drops(after))
                result = generator.result()
                counters, endpoints = driver.counters(), driver.endpoints()
                check_identity(counters)
    trial = result["trial"]
    assert set(result["failed"]) <= {"rate", "faulty"}, generator.text()
    trial["faulty"].pop("unknown_call")  # by which the kernel is made to ask for next hops
    assert sum(trial["faulty"].values()) == 0 and trial["duplicated"] == 0, generator.text()
    assert trial["received"] > trial["sent"] / 2, generator.text()
    assert set(drops(counters)) <= {"srtp_replayed", "srtp_too_old", "no_neighbour",
                                    "no_endpoint"}  # these two while it came up
    streams = [s for e in endpoints.values() if e["ingress_suite"] != PLAIN
               for s in e["ingress"] + e["egress"]]
    assert len(streams) == 2 * 15 and {s["roc"] for s in streams} == {1}, streams
