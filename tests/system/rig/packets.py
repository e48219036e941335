# SPDX-License-Identifier: BSD-3-Clause
"""Packets by hand, and SRTP with AES-CM written from RFC 3711, so that nothing of ours judges
itself."""
import hashlib
import hmac
import socket
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

STUN_COOKIE = 0x2112A442
SO_RCVBUFFORCE = 33


def rtp(seq, ssrc=0x1234, payload=b"\xd5" * 160, timestamp=None, kind=8):
    return struct.pack("!BBHII", 0x80, kind, seq & 0xFFFF,
                       (seq * 160 if timestamp is None else timestamp) & 0xFFFFFFFF,
                       ssrc) + payload


def stun_request(transaction=b"0123456789ab"):
    return struct.pack("!HHI", 1, 0, STUN_COOKIE) + transaction


def stun_mapped_address(answer, transaction=b"0123456789ab"):
    """(address, port) out of a binding success."""
    kind, length, cookie = struct.unpack("!HHI", answer[:8])
    assert (kind, cookie, answer[8:20]) == (0x0101, STUN_COOKIE, transaction), answer.hex()
    assert length == len(answer) - 20
    attribute, _, family, port = struct.unpack("!HHxBH", answer[20:28])
    assert attribute == 0x0020
    mask = answer[4:20]
    ip = bytes(a ^ b for a, b in zip(answer[28:], mask))
    return (socket.inet_ntop(socket.AF_INET if family == 1 else socket.AF_INET6, ip),
            port ^ STUN_COOKIE >> 16)


def client_hello():
    """What the demultiplexer sees of DTLS: a handshake record with a ClientHello in it."""
    hello = bytes([1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42]) + bytes(42)
    return bytes([22, 0xFE, 0xFD]) + bytes(8) + struct.pack("!H", len(hello)) + hello


def _keystream(key, iv, length):
    return Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor().update(bytes(length))


class Srtp:
    """One sender's AES_CM_128_HMAC_SHA1_80, ROC and all."""

    def __init__(self, master):
        key, salt = master[:16], master[16:]

        def derive(label, length):
            iv = bytearray(salt + b"\0\0")
            iv[7] ^= label
            return _keystream(key, bytes(iv), length)

        self.key, self.auth, self.salt = derive(0, 16), derive(1, 20), derive(2, 14)

    def protect(self, packet, roc=0):
        seq, = struct.unpack("!H", packet[2:4])
        iv = int.from_bytes(self.salt, "big") << 16
        iv ^= int.from_bytes(packet[8:12], "big") << 64 ^ (roc << 16 | seq) << 16
        stream = _keystream(self.key, iv.to_bytes(16, "big"), len(packet) - 12)
        out = packet[:12] + bytes(a ^ b for a, b in zip(packet[12:], stream))
        tag = hmac.new(self.auth, out + struct.pack("!I", roc), hashlib.sha1).digest()[:10]
        return out + tag


def udp_socket(site, address, port=0):
    """In the namespace of the parties."""
    with site.peers.entered():
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                          socket.SOCK_DGRAM)
        s.bind((address, port))
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    s.settimeout(2)
    return s


def received(sock, seconds=0.3, expect=0):
    """All that comes until nothing does for that long; the first 'expect' may take their time,
    as a busy machine does."""
    got = []
    try:
        while True:
            sock.settimeout(10 if len(got) < expect else seconds)
            got.append(sock.recvfrom(2048))
    except TimeoutError:
        return got
