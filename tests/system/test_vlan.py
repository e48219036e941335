# SPDX-License-Identifier: BSD-3-Clause
"""VLANs on a port of the kernel's: what is in the port's is relayed, each side in its own, and
nothing else is. The parties are raw sockets, so the kernel need not know 802.1Q."""
import socket
import struct

import pytest

from rig import DataPlane, Driver, Sheet
from rig.driver import check_identity, drops
from rig.packets import rtp
from rig.site import A, B, RELAY, Site, call
from rig.tagged import (ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, Tagged, frame, mac_bytes, udp_of,
                        udp_packet)

VLAN_A, VLAN_B, OTHER = 42, 43, 44
MAC_A, MAC_B, NOBODY = "02:00:00:00:0a:02", "02:00:00:00:0a:03", "ff:ff:ff:ff:ff:ff"
PORT_A, PORT_B = 20032, 20096


def silence(site):
    """The parties' kernel says nothing by itself, which would be counted."""
    site.peers.run("sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")


@pytest.fixture
def relay(profile):
    """A call from A, in one VLAN, to B in another, over a port without exception path."""
    with Site(profile) as site:
        neighbours = [{"ip": party[family], "mac": mac, "vlan": vlan}
                      for family in (4, 6)
                      for party, mac, vlan in ((A, MAC_A, VLAN_A), (B, MAC_B, VLAN_B))]
        profile.port.update(
            exception="none", promiscuous=False, neighbours=neighbours,
            addresses=[{"ip": f"{RELAY[4]}/24", "vlan": VLAN_A},
                       {"ip": f"{RELAY[6]}/64", "vlan": VLAN_A}])
        silence(site)
        with DataPlane(profile, site.relay), Driver(profile) as driver, \
                Tagged(site.peers) as parties:
            yield site, driver, parties


def sent_by(mac):
    """Is a frame that station's, with UDP in it?"""
    def wanted(_, data):
        return data[6:12] == mac_bytes(mac) and data[12:14] in (b"\x08\x00", b"\x86\xdd")
    return wanted


def speak(site, parties, party, port, to, data, vlan):
    """A packet of A's or B's to the relay."""
    kind, packet = udp_packet((party, port), to, data)
    mac = MAC_A if party in A.values() else MAC_B
    parties.send(frame(site.relay_mac, mac, kind, packet, vlan))


@pytest.mark.parametrize("family", [4, 6])
def test_each_side_in_its_own_vlan(relay, family):
    site, driver, parties = relay
    driver.install(Sheet().call(*call(None, None, family=(family, family))))
    ways = [(A, 5000, PORT_A, VLAN_A, MAC_B, VLAN_B, (RELAY[family], PORT_B), (B[family], 6000)),
            (B, 6000, PORT_B, VLAN_B, MAC_A, VLAN_A, (RELAY[family], PORT_A), (A[family], 5000))]
    for party, port, to, vlan, far_mac, far_vlan, source, target in ways:
        for seq in range(20):
            # priority and drop eligibility are the sender's own
            speak(site, parties, party[family], port, (RELAY[family], to), rtp(seq),
                  vlan | (0xB000 if seq % 2 else 0))
        got = parties.received(sent_by(site.relay_mac), expect=20)
        assert [tag for tag, _ in got] == [far_vlan] * 20, driver.counters()
        for seq, (_, data) in enumerate(got):
            assert data[:6] == mac_bytes(far_mac)
            kind, = struct.unpack("!H", data[12:14])
            assert kind == (ETH_P_IP if family == 4 else ETH_P_IPV6)
            assert udp_of(kind, data[14:]) == (source, target, rtp(seq))
    counters = driver.counters()
    check_identity(counters)
    assert counters["rx_packets"] == counters["tx_packets"] == 40, drops(counters)


def test_other_vlans_are_not_relayed(relay):
    """Untagged, with a priority tag, and in a VLAN of nobody's: counted by name, and sent nowhere."""
    site, driver, parties = relay
    driver.install(Sheet().call(*call(None, None)))
    wrong = [None, 0, OTHER, VLAN_A + 1024, 4095]
    for seq, vlan in enumerate(wrong):
        speak(site, parties, A[4], 5000, (RELAY[4], PORT_A), rtp(seq), vlan)
    assert parties.received(sent_by(site.relay_mac)) == []
    counters = driver.counters()
    check_identity(counters)
    assert drops(counters) == {"not_ours": len(wrong)}
    speak(site, parties, A[4], 5000, (RELAY[4], PORT_A), rtp(9), VLAN_A)
    assert len(parties.received(sent_by(site.relay_mac), expect=1)) == 1


def arp_request(mac, ip, target):
    return struct.pack("!HHBBH", 1, ETH_P_IP, 6, 4, 1) + mac_bytes(mac) + \
        socket.inet_aton(ip) + bytes(6) + socket.inet_aton(target)


def test_tags_pass_the_tap(profile):
    """Both ways, as they are: a VLAN interface on the TAP, where the kernel makes one, is told of
    its frames by them. What is untagged stays so, and the kernel answers it."""
    with Site(profile) as site, DataPlane(profile, site.relay), Driver(profile) as driver:
        silence(site)
        with Tagged(site.peers) as parties, Tagged(site.relay, "sluice0") as tap:
            ask = arp_request(MAC_A, A[4], RELAY[4])
            for vlan in (VLAN_A, 0x2000 | OTHER):
                parties.send(frame(NOBODY, MAC_A, ETH_P_ARP, ask, vlan))
                got = tap.received(lambda _, data: data[12:14] == b"\x08\x06", expect=1)
                assert [(tag, data[:42]) for tag, data in got] == \
                    [(vlan, frame(NOBODY, MAC_A, ETH_P_ARP, ask))], driver.counters()
                tap.send(frame(MAC_A, site.relay_mac, ETH_P_ARP, ask, vlan))
                got = parties.received(lambda _, data: data[12:14] == b"\x08\x06", expect=1)
                assert [(tag, data[:42]) for tag, data in got] == \
                    [(vlan, frame(MAC_A, site.relay_mac, ETH_P_ARP, ask))], driver.counters()
            parties.send(frame(NOBODY, MAC_A, ETH_P_ARP, ask))
            got = parties.received(lambda _, data: data[12:14] == b"\x08\x06", expect=1)
            assert [tag for tag, _ in got] == [None]
            assert got[0][1][20:28] == b"\0\2" + mac_bytes(site.relay_mac)  # a reply
        check_identity(driver.counters())


def test_media_of_any_vlan_where_there_is_a_tap(profile):
    """The administrator may make a VLAN interface on the TAP at any time, so its media is taken: A's
    is tagged, and goes to B, whom the kernel knows untagged."""
    with Site(profile) as site, DataPlane(profile, site.relay), Driver(profile) as driver:
        silence(site)
        site.relay.ip("neigh", "replace", B[4], "lladdr", MAC_B, "dev", "sluice0")
        driver.install(Sheet().call(*call(None, None)))
        with Tagged(site.peers) as parties:
            got = []
            for seq in range(50):  # until the next hop is known
                speak(site, parties, A[4], 5000, (RELAY[4], PORT_A), rtp(seq), VLAN_A)
                got = parties.received(
                    lambda _, data: data[:14] == mac_bytes(MAC_B) + mac_bytes(site.relay_mac)
                    + b"\x08\0" and udp_of(ETH_P_IP, data[14:])[1] == (B[4], 6000), 0.1)
                if got:
                    break
            assert [tag for tag, _ in got] == [None], driver.counters()
            assert udp_of(ETH_P_IP, got[0][1][14:])[2][:1] == b"\x80"
        check_identity(driver.counters())
