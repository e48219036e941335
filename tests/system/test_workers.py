# SPDX-License-Identifier: BSD-3-Clause
"""Two workers: a call is processed by the one that owns its ports, wherever its packets arrive."""
import subprocess
import time

from rig import DataPlane, Driver, Generator, Sheet
from rig.driver import check_identity, drops
from rig.machine import OTHER_CORE, WORKER_CORE, program
from rig.site import A, B, RELAY, Site

CLASSES = 32  # of ports, dealt out to the workers in turn


def owner(port, workers=2):
    return (port >> 1) % CLASSES % workers


def two_workers(profile):
    profile.groups["eal"]["share_main_core"] = True
    profile.groups["workers"] = [{"core": WORKER_CORE}, {"core": OTHER_CORE}]
    profile.groups["media"]["endpoints"] = 512


def test_hand_off(profile):
    """Two queues, filled by a hash that knows nothing of who owns a port."""
    two_workers(profile)
    with Site(profile, queues=2) as site, DataPlane(profile, site.relay) as plane, \
            Driver(profile) as driver:
        assert "steering=hand-off" in plane.text()
        for family in (4, 6):
            site.peers.ip(f"-{family}", "addr", "flush", "dev", "eth0")
        sheet = Sheet().calls(20, b="AES_CM_128_HMAC_SHA1_80", a_gen=A[4], b_gen=B[4],
                              relay=RELAY[4])
        driver.install(sheet)
        time.sleep(0.5)
        with Generator.af_packet(profile.folder, sheet, site.peers, site.relay_mac, seconds=3,
                                 warmup=1, rtcp=0.5) as generator:
            generator.passed()
        workers, endpoints = driver.say("workers"), driver.endpoints()
        for i, worker in enumerate(workers):
            check_identity(worker)
            mine = [e for port, e in endpoints.items() if owner(port) == i]
            assert len(mine) == 20
            assert set(drops(worker)) <= {"no_neighbour"}  # until ARP was answered
            # what its endpoints took is what it sent: nobody else touched them
            assert sum(e["rx_packets"] for e in mine) == \
                worker["tx_packets"] + worker["drop_no_neighbour"]
            assert worker["tx_packets"] > 0
        assert workers[0]["handoff_out_packets"] == workers[1]["handoff_in_packets"]
        assert workers[1]["handoff_out_packets"] == workers[0]["handoff_in_packets"]
        assert workers[0]["handoff_out_packets"] + workers[1]["handoff_out_packets"] > 0


def test_steering_rules_told(profile):
    """The rules by which a NIC would spare them the hand-off; there is none here to take them."""
    two_workers(profile)
    profile.groups["ports"] = [{"name": "nic", "device": "0000:01:00.0",
                                "addresses": ["192.0.2.10/24", "2001:db8::10/64"]}]
    done = subprocess.run([program("sluice-dataplane"), "--check", profile.write()],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    rules = done.stdout.split("steering of port nic:", 1)[1]
    assert "queue 0" in rules and "queue 1" in rules, rules
    assert "ipv4" in rules.lower() and "ipv6" in rules.lower(), rules
