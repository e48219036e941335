# SPDX-License-Identifier: BSD-3-Clause
"""A SIP proxy's end of the ng protocol, over UDP; and the parties of a call, who have their SDP
pass through it and then are the generator's."""
import base64
import itertools
import os
import socket
import time

KEY_BYTES = {"AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30,
             "AES_192_CM_HMAC_SHA1_80": 38, "AES_192_CM_HMAC_SHA1_32": 38,
             "AES_256_CM_HMAC_SHA1_80": 46, "AES_256_CM_HMAC_SHA1_32": 46,
             "AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44}
_serial = itertools.count()


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
    value, end = _decode(data, 0)
    assert end == len(data), data[end:]
    return value


def _decode(data, at):
    head = data[at:at + 1]
    if head == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if head in (b"l", b"d"):
        values, at = [], at + 1
        while data[at:at + 1] != b"e":
            value, at = _decode(data, at)
            values.append(value)
        return (dict(zip(values[::2], values[1::2])) if head == b"d" else values), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end].decode(), end


class Proxy:
    def __init__(self, port, host="127.0.0.1"):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.connect((host, port))
        self.numbers = itertools.count()
        self.name = os.urandom(4).hex()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def new_cookie(self):
        return f"{self.name}_{next(self.numbers)}"

    def send(self, command, cookie=None, **keys):
        """Keys have underscores for hyphens. Returns the cookie."""
        cookie = cookie or self.new_cookie()
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

    def insist(self, command, seconds=10, wait=0.2, **keys):
        """As a proxy does that hears nothing: again, under the same cookie."""
        cookie = self.new_cookie()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                return self.ask(command, timeout=wait, cookie=cookie, **keys)
            except socket.timeout:
                pass
            except OSError:  # ICMP says that nobody is there
                time.sleep(0.002)
        raise AssertionError(f"{command}: no answer in {seconds} s")

    def ask_all(self, requests, window=64):
        """The replies to (command, keys), in order; 'window' of them are under way at a time."""
        cookies, replies = {}, [None] * len(requests)
        for i, (command, keys) in enumerate(requests):
            if len(cookies) == window:
                self._take(cookies, replies)
            cookies[self.send(command, **keys)] = i
        while cookies:
            self._take(cookies, replies)
        return replies

    def _take(self, cookies, replies):
        cookie, reply = self.receive()
        replies[cookies.pop(cookie)] = reply


def sdp(host="198.18.0.2", port=30000, proto="RTP/AVP", attributes=(), medias=None):
    """Of one audio stream, or of the media lines given."""
    family = 6 if ":" in host else 4
    lines = ["v=0", f"o=- 1 1 IN IP{family} {host}", "s=-", f"c=IN IP{family} {host}", "t=0 0"]
    lines += medias or [f"m=audio {port} {proto} 0", "a=rtpmap:0 PCMU/8000", *attributes]
    return "\r\n".join(lines) + "\r\n"


def new_key(suite):
    return base64.b64encode(os.urandom(KEY_BYTES[suite])).decode()


def crypto(suite="AES_CM_128_HMAC_SHA1_80", tag=1, key=None):
    return f"a=crypto:{tag} {suite} inline:{key or new_key(suite)}"


def media_port(text):
    return [int(line.split()[1]) for line in text.split("\r\n") if line.startswith("m=")]


class Description:
    """What of an SDP's audio the generator has to know."""

    def __init__(self, text):
        self.text = text
        self.crypto, self.attributes = {}, []
        for line in text.split("\r\n"):
            kind, _, value = line.partition("=")
            if kind == "m":
                self.port, self.proto = int(value.split()[1]), value.split()[2]
            elif kind == "c":
                self.host = value.split()[2]
            elif kind == "a" and value.startswith("crypto:"):
                tag, suite, key = value[7:].split()[:3]
                self.crypto[int(tag)] = (suite, key.removeprefix("inline:").split("|")[0])
            elif kind == "a":
                self.attributes.append(value)

    def of_suite(self, suite):
        """(tag, key)"""
        for tag, (name, key) in self.crypto.items():
            if name == suite:
                return tag, key
        raise AssertionError(f"no {suite} in\n{self.text}")


class Party:
    """One end of a call. 'suite' is RTP, or what it takes of SRTP."""

    _ports = itertools.count(10000, 2)

    def __init__(self, host="198.18.0.2", suite="RTP", rtcp="mux", tag=None):
        self.host, self.suite, self.rtcp = host, suite, rtcp
        self.tag = tag or f"tag{next(_serial)}"
        self.port = next(self._ports)
        self.direction = "sendrecv"
        self.renew()

    def renew(self):
        """A key of its own."""
        self.key = None if self.suite == "RTP" else new_key(self.suite)
        return self

    def move(self):
        """To another port."""
        self.port = next(self._ports)
        return self

    def sdp(self, tag=1):
        attributes = []
        if self.suite != "RTP":
            attributes.append(crypto(self.suite, tag, self.key))
        if self.rtcp == "mux":
            attributes.append("a=rtcp-mux")
        if self.direction != "sendrecv":
            attributes.append("a=" + self.direction)
        proto = "RTP/AVP" if self.suite == "RTP" else "RTP/SAVP"
        return sdp(self.host, self.port, proto, attributes)

    def answer(self):
        """The SDP that answers what it was offered."""
        tag = 1 if self.suite == "RTP" else self.heard.of_suite(self.suite)[0]
        return self.sdp(tag)

    def hear(self, text):
        self.heard = Description(text)
        return self

    def fields(self, leg):
        """Of the call sheet. The relay's port is what it was told last."""
        bracket = "[{}]:{}" if ":" in self.host else "{}:{}"
        fields = {"gen": bracket.format(self.host, self.port),
                  "relay": bracket.format(self.heard.host, self.heard.port),
                  "suite": self.suite,
                  "rtcp": "mux" if self.rtcp == "mux" and "rtcp-mux" in self.heard.attributes
                          else "own"}
        if self.suite != "RTP":
            fields["send-key"], fields["recv-key"] = self.key, self.heard.of_suite(self.suite)[1]
        return [f"{leg}.{key}={value}" for key, value in fields.items()]


class Call:
    """From its offer to its end, as a proxy sees it. 'to' and 'from_' are interfaces."""

    _ssrc = itertools.count(0x10000000, 2)

    def __init__(self, proxy, a, b, from_="plain", to="plain", **keys):
        self.proxy, self.a, self.b = proxy, a, b
        self.id = keys.pop("call_id", None) or f"call{next(_serial)}@{proxy.name}"
        self.keys = keys
        self.direction = [from_, to]
        self.index = 1

    def _family(self, to):
        return {"address_family": "IP6" if ":" in to.host else "IP4"}

    def offer_keys(self, back=False, **more):
        """Of a first offer, or, from b with 'back', of a later one; of a, too, with 'to_tag'."""
        by, to = (self.b, self.a) if back else (self.a, self.b)
        if back:
            more.setdefault("to_tag", to.tag)
        return {"call_id": self.id, "from_tag": by.tag, "sdp": by.sdp(),
                "direction": self.direction[::-1] if back else self.direction,
                **self._family(to), **self.keys, **more}

    def answer_keys(self, back=False, **more):
        by, to = (self.a, self.b) if back else (self.b, self.a)
        return {"call_id": self.id, "from_tag": to.tag, "to_tag": by.tag, "sdp": by.answer(),
                **self.keys, **more}

    def offer(self, back=False, **more):
        reply = self.proxy.ask("offer", **self.offer_keys(back, **more))
        assert reply["result"] == "ok", reply
        (self.a if back else self.b).hear(reply["sdp"])
        return reply

    def answer(self, back=False, **more):
        reply = self.proxy.ask("answer", **self.answer_keys(back, **more))
        assert reply["result"] == "ok", reply
        (self.b if back else self.a).hear(reply["sdp"])
        return reply

    def place(self, **more):
        self.offer(**more)
        self.answer(**more)
        return self

    def again(self, back=False, **more):
        """A re-INVITE, with both parties as they are now."""
        by, to = (self.b, self.a) if back else (self.a, self.b)
        self.offer(back, to_tag=to.tag, **more)
        self.answer(back, **more)
        return self

    def ask(self, command, **more):
        return self.proxy.ask(command, call_id=self.id, **more)

    def query(self, **more):
        reply = self.ask("query", **more)
        assert reply["result"] == "ok", reply
        return reply

    def delete(self, **more):
        more.setdefault("from_tag", self.a.tag)
        more.setdefault("delete_delay", 0)
        return self.ask("delete", **more)

    def fields(self, packets=25):
        """Its line in a call sheet. Each is for streams that begin where none was before: the
        same SSRCs, a little further on. (A stray packet far ahead of a plain stream is not sent.)"""
        if not hasattr(self, "ssrc"):
            self.ssrc = next(self._ssrc)
        line = [*self.a.fields("a"), *self.b.fields("b"), f"a.ssrc={self.ssrc}",
                f"b.ssrc={self.ssrc + 1}", f"seq={self.index % 65536}",
                f"roc={self.index // 65536}"]
        self.index += packets + 100
        return line


def place_all(proxy, calls):
    """As Call.place, but not one after the other."""
    for command, keys in (("offer", Call.offer_keys), ("answer", Call.answer_keys)):
        replies = proxy.ask_all([(command, keys(call)) for call in calls])
        for call, reply in zip(calls, replies):
            assert reply["result"] == "ok", reply
            (call.b if command == "offer" else call.a).hear(reply["sdp"])
    return calls


def streams(reply, tag):
    """Of the audio of a party, in a reply to query or delete: RTP's, then RTCP's."""
    return reply["tags"][tag]["medias"][0]["streams"]
