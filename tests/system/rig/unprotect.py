# SPDX-License-Identifier: BSD-3-Clause
"""SRTP of a whole stream back to RTP, written from RFC 3711 and RFC 7714: what the wire really
carried. Fails where a packet is not protected by the key."""
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .packets import Srtp


class _Counter:
    """AES_CM_128_HMAC_SHA1_80."""

    def __init__(self, master):
        self._srtp = Srtp(master)

    def open(self, packet, roc):
        plain = self._srtp.protect(packet[:-10], roc)[:-10]  # its own inverse, but for the tag
        return plain if self._srtp.protect(plain, roc) == packet else None


class _Galois:
    """AEAD_AES_128_GCM and AEAD_AES_256_GCM."""

    def __init__(self, master):
        key, salt = master[:-12], master[-12:]

        def derive(label, length):
            iv = bytearray(salt + bytes(4))
            iv[7] ^= label
            return Cipher(algorithms.AES(key), modes.CTR(bytes(iv))).encryptor().update(
                bytes(length))

        self._aead = AESGCM(derive(0, len(key)))
        self._salt = derive(2, 12)

    def open(self, packet, roc):
        nonce = b"\0\0" + packet[8:12] + struct.pack("!I", roc) + packet[2:4]
        nonce = bytes(a ^ b for a, b in zip(nonce, self._salt))
        try:
            return packet[:12] + self._aead.decrypt(nonce, packet[12:], packet[:12])
        except Exception:  # InvalidTag, or too short to have one
            return None


_SUITES = {"AES_CM_128_HMAC_SHA1_80": (_Counter, 30), "AEAD_AES_128_GCM": (_Galois, 28),
           "AEAD_AES_256_GCM": (_Galois, 44)}


def unprotect(packets, suite, master):
    kind, length = _SUITES[suite]
    assert len(master) == length, f"{suite}: {len(master)} bytes of key and salt"
    context, plain, roc, last = kind(master), [], 0, None
    for packet in packets:
        assert packet[0] == 0x80, "CSRCs or extensions"
        seq, = struct.unpack("!H", packet[2:4])
        roc += last is not None and last > 0xF000 and seq < 0x1000
        last = seq
        plain.append(context.open(packet, roc))
        assert plain[-1] is not None, f"sequence {seq}: not {suite} by this key"
    return plain
