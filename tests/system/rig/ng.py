# SPDX-License-Identifier: BSD-3-Clause
"""A SIP proxy's end of the ng protocol, over UDP."""
import itertools
import os
import socket


def encode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, dict):
        return b"d" + b"".join(encode(k) + encode(v) for k, v in value.items()) + b"e"
    return b"l" + b"".join(map(encode, value)) + b"e"


def decode(data):
    value, rest = _decode(data)
    assert rest == b"", rest
    return value


def _decode(data):
    head = data[:1]
    if head == b"i":
        digits, rest = data[1:].split(b"e", 1)
        return int(digits), rest
    if head in b"ld":
        rest, values = data[1:], []
        while rest[:1] != b"e":
            value, rest = _decode(rest)
            values.append(value)
        if head == b"d":
            return dict(zip(values[::2], values[1::2])), rest[1:]
        return values, rest[1:]
    length, rest = data.split(b":", 1)
    return rest[:int(length)].decode(), rest[int(length):]


class Proxy:
    def __init__(self, port, host="127.0.0.1"):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect((host, port))
        self.numbers = itertools.count()
        self.name = os.urandom(4).hex()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, command, cookie=None, **keys):
        """Keys have underscores for hyphens. Returns the cookie."""
        cookie = cookie or f"{self.name}_{next(self.numbers)}"
        body = {"command": command, **{k.replace("_", "-"): v for k, v in keys.items()}}
        self.sock.send(cookie.encode() + b" " + encode(body))
        return cookie

    def receive(self, timeout=3):
        """(cookie, reply)"""
        self.sock.settimeout(timeout)
        cookie, body = self.sock.recv(1 << 18).split(b" ", 1)
        return cookie.decode(), decode(body)

    def ask(self, command, timeout=3, **keys):
        cookie = self.send(command, **keys)
        while True:
            got, reply = self.receive(timeout)
            if got == cookie:
                return reply


def sdp(host="198.18.0.2", port=30000, proto="RTP/AVP", attributes=(), medias=None):
    """Of one audio stream, or of the media lines given."""
    family = 6 if ":" in host else 4
    lines = ["v=0", f"o=- 1 1 IN IP{family} {host}", "s=-", f"c=IN IP{family} {host}", "t=0 0"]
    lines += medias or [f"m=audio {port} {proto} 0", "a=rtpmap:0 PCMU/8000", *attributes]
    return "\r\n".join(lines) + "\r\n"


def crypto(suite="AES_CM_128_HMAC_SHA1_80", tag=1, length=30):
    import base64
    return f"a=crypto:{tag} {suite} inline:{base64.b64encode(os.urandom(length)).decode()}"


def media_port(text):
    return [int(line.split()[1]) for line in text.split("\r\n") if line.startswith("m=")]
