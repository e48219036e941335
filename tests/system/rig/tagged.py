# SPDX-License-Identifier: BSD-3-Clause
"""Frames with 802.1Q tags on a raw socket, which needs no VLAN interface of the kernel's. The kernel
takes the tag out of what it receives, and tells it beside."""
import socket
import struct
import time

from .packets import SO_RCVBUFFORCE

ETH_P_ALL, ETH_P_8021Q, ETH_P_ARP = 3, 0x8100, 0x0806
ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86DD
SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
TP_STATUS_VLAN_VALID = 1 << 4
AUXDATA = struct.Struct("=IIIHHHH")


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def frame(to, source, kind, payload, vlan=None):
    tag = b"" if vlan is None else struct.pack("!HH", ETH_P_8021Q, vlan)
    return mac_bytes(to) + mac_bytes(source) + tag + struct.pack("!H", kind) + payload


def _checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def udp_packet(source, target, payload):
    """(EtherType, packet) between two (address, port)."""
    family = socket.AF_INET6 if ":" in source[0] else socket.AF_INET
    ends = socket.inet_pton(family, source[0]) + socket.inet_pton(family, target[0])
    udp = struct.pack("!HHHH", source[1], target[1], 8 + len(payload), 0) + payload
    total = _checksum(ends + struct.pack("!II", len(udp), 17) + udp) or 0xFFFF
    udp = udp[:6] + struct.pack("!H", total) + udp[8:]
    if family == socket.AF_INET6:
        return ETH_P_IPV6, struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + ends + udp
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + ends
    return ETH_P_IP, header[:10] + struct.pack("!H", _checksum(header)) + header[12:] + udp


def udp_of(kind, packet):
    """((address, port), (address, port), payload); fails if a checksum is wrong."""
    if kind == ETH_P_IPV6:
        assert packet[6] == 17
        ends, udp, family = packet[8:40], packet[40:40 + struct.unpack("!H", packet[4:6])[0]], \
            socket.AF_INET6
    else:
        assert kind == ETH_P_IP and packet[9] == 17 and _checksum(packet[:20]) == 0
        ends, udp, family = packet[12:20], packet[20:struct.unpack("!H", packet[2:4])[0]], \
            socket.AF_INET
    assert _checksum(ends + struct.pack("!II", len(udp), 17) + udp) == 0
    sport, dport = struct.unpack("!HH", udp[:4])
    half = len(ends) // 2
    return ((socket.inet_ntop(family, ends[:half]), sport),
            (socket.inet_ntop(family, ends[half:]), dport), udp[8:])


class Tagged:
    """On one interface of a namespace."""

    def __init__(self, namespace, link="eth0"):
        with namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                         socket.htons(ETH_P_ALL))
            self._socket.bind((link, ETH_P_ALL))
        self._socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        self._socket.send(data)

    def received(self, wanted, seconds=0.3, expect=0):
        """(tag or None, frame without it) of all that come until nothing 'wanted' does for so long;
        the first 'expect' may take their time."""
        got, until = [], time.monotonic() + (10 if expect else seconds)
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data, beside, _, where = self._socket.recvmsg(2048, socket.CMSG_SPACE(AUXDATA.size))
            except TimeoutError:
                break
            if where[2] == PACKET_OUTGOING:
                continue
            tag = None
            for level, kind, value in beside:
                if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                    status, *_, tci, _ = AUXDATA.unpack(value)
                    tag = tci if status & TP_STATUS_VLAN_VALID else None
            if wanted(tag, data):
                got.append((tag, data))
                until = time.monotonic() + (10 if len(got) < expect else seconds)
        return got
