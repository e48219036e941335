# SPDX-License-Identifier: BSD-3-Clause
"""What passes on a namespace's eth0, both ways: SIP messages, and RTP."""
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from .packets import SO_RCVBUFFORCE

ETH_P_ALL = 3
SIP_PORT = 5060


@dataclass
class Datagram:
    when: float
    source: tuple
    target: tuple
    payload: bytes


@dataclass
class Description:
    """What of an SDP is of interest: audio, the first of its media."""
    when: float
    text: str
    address: tuple
    profile: str
    direction: str
    crypto: list = field(default_factory=list)  # (suite, key as written)

    @classmethod
    def parse(cls, when, text):
        media = re.search(r"^m=audio (\d+) (\S+)", text, re.M)
        host = re.findall(r"^c=IN IP4 (\S+)", text, re.M)[-1].strip()
        crypto = re.findall(r"^a=crypto:\d+ (\S+) inline:([^|\s]+)", text, re.M)
        direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", text, re.M)
        return cls(when, text, (host, int(media[1])), media[2],
                   direction[1] if direction else "sendrecv", crypto)

    def keys(self):
        return {key.rstrip("=") for _, key in self.crypto}


@dataclass
class Message:
    """One of SIP."""
    when: float
    source: tuple
    target: tuple
    text: str

    @property
    def first(self):
        return self.text.split("\r\n", 1)[0]

    def header(self, name):
        found = re.search(rf"^{name}\s*:\s*(.*?)\r$", self.text, re.M | re.I)
        return found and found[1]

    def description(self):
        body = self.text.split("\r\n\r\n", 1)[-1]
        has_audio = body.startswith("v=0") and "m=audio" in body
        return Description.parse(self.when, body) if has_audio else None


class Wire:
    """Records from start to stop."""

    def __init__(self, namespace):
        with namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                         socket.htons(ETH_P_ALL))
            self._socket.bind(("eth0", ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self._socket.settimeout(0.1)
        self._frames = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def _read(self):
        while not self._ends.is_set():
            try:
                frame = self._socket.recv(65536)
            except TimeoutError:
                continue
            self._frames.append((time.monotonic(), frame))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
        self._socket.close()

    def datagrams(self):
        """Of UDP over IPv4, put together again where SIP came in fragments."""
        pieces = {}
        for when, frame in list(self._frames):
            if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
                continue
            length, ident, fragment = struct.unpack("!HHH", frame[16:22])
            source, target = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34])
            body = frame[14 + (frame[14] & 15) * 4:14 + length]
            if fragment & 0x3FFF:
                known = pieces.setdefault((source, target, ident), {})
                known[(fragment & 0x1FFF) * 8] = (body, fragment & 0x2000)
                body = self._whole(known)
                if body is None:
                    continue
                del pieces[(source, target, ident)]
            sport, dport = struct.unpack("!HH", body[:4])
            yield Datagram(when, (source, sport), (target, dport), body[8:])

    @staticmethod
    def _whole(known):
        body = b""
        while len(body) in known:
            piece, more = known[len(body)]
            body += piece
            if not more:
                return body
        return None

    def messages(self, address=None):
        """SIP from or to an address; what was sent again counts once."""
        found = {}
        for d in self.datagrams():
            if (SIP_PORT in (d.source[1], d.target[1]) and len(d.payload) > 16
                    and (address is None or address in (d.source[0], d.target[0]))):
                found.setdefault((d.source, d.target, d.payload), Message(
                    d.when, d.source, d.target, d.payload.decode(errors="replace")))
        return list(found.values())

    def flow(self):
        """All of SIP, a line a message, for who looks into a failure."""
        return "\n".join(f"{m.when:.3f} {m.source[0]} > {m.target[0]}: {m.first} "
                         f"[{m.header('CSeq')}, {m.header('Call-ID')}]" for m in self.messages())

    def carries(self, text):
        """Whether any frame has these bytes."""
        return any(text in frame for _, frame in list(self._frames))

    def descriptions(self, address, sent):
        """SDPs that one party sent, or was sent."""
        found = [m.description() for m in self.messages(address)
                 if (m.source[0] == address) == sent]
        return [d for d in found if d is not None]

    def media(self, source=None, target=None, since=0.0, until=float("inf")):
        """RTP, without RTCP, between these (address, port)."""
        return [d for d in self.datagrams()
                if (source is None or d.source == source) and (target is None or d.target == target)
                and since <= d.when <= until and len(d.payload) >= 12
                and d.payload[0] >> 6 == 2 and not 200 <= d.payload[1] <= 207]
