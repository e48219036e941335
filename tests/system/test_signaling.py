# SPDX-License-Identifier: BSD-3-Clause
"""sluice-trafficgen signaling against a relay of a few lines, which can be wrong in the ways that
matter: what is right passes, and whatever is not is counted by its text and ends with status 1."""
import base64
import ipaddress
import json
import os
import re
import socket
import socketserver
import ssl
import subprocess
import threading

import pytest

from rig.machine import program
from rig.pki import SERVER, Authority

SUITE = "AES_CM_128_HMAC_SHA1_80"


@pytest.fixture(scope="session", autouse=True)
def machine():
    """In place of the one that wants root and hugepages: this must need neither."""
    if not os.access(program("sluice-trafficgen"), os.X_OK):
        pytest.skip(f"{program('sluice-trafficgen')} is not there: build it first")


def decode(data, at=0):
    """(value, where it ends) of bencode; dictionaries with text keys."""
    if data[at:at + 1] == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if data[at:at + 1] in (b"d", b"l"):
        kind, at, items = data[at:at + 1], at + 1, []
        while data[at:at + 1] != b"e":
            item, at = decode(data, at)
            items.append(item)
        if kind == b"l":
            return items, at + 1
        return {k.decode(): v for k, v in zip(items[::2], items[1::2])}, at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end], end


def encode(reply):
    return b"d" + b"".join(b"%d:%s" % (len(s), s) for item in reply.items()
                           for s in (x.encode() if isinstance(x, str) else x
                                     for x in item)) + b"e"


class Relay:
    """Answers one request; what it gets wrong is for subclasses."""

    def __init__(self):
        self.calls, self.next_port, self.seen = {}, 30000, {"offer": 0, "answer": 0, "delete": 0}
        self.lock = threading.Lock()

    def sdp(self, sealed):
        self.next_port = self.next_port + 2 if self.next_port < 60000 else 30000
        key = base64.b64encode(os.urandom(30)).decode()
        crypto = f"a=crypto:1 {SUITE} inline:{key}\r\n" if sealed else ""
        return ("v=0\r\no=- 1 1 IN IP4 198.18.0.1\r\ns=-\r\nt=0 0\r\n"
                f"m=audio {self.next_port} RTP/{'S' if sealed else ''}AVP 0 101\r\n"
                f"c=IN IP4 198.18.0.1\r\na=sendrecv\r\na=rtcp-mux\r\n{crypto}")

    def reply(self, request):
        command, call = request["command"].decode(), request["call-id"]
        self.seen[command] += 1
        if command == "delete":
            self.calls.pop(call)
            return {"result": "ok"}
        if command == "offer":
            self.calls[call] = b"RTP/SAVP" in request["sdp"]
            return {"result": "ok",
                    "sdp": self.sdp(request["transport-protocol"] == b"RTP/SAVP")}
        return {"result": "ok", "sdp": self.sdp(self.calls[call])}

    def answer(self, message):
        """The whole datagram for one, or None."""
        cookie, _, body = message.partition(b" ")
        with self.lock:
            reply = self.reply(decode(body)[0])
        return None if reply is None else cookie + b" " + encode(reply)


class Udp(socketserver.ThreadingUDPServer):
    daemon_threads, max_packet_size = True, 65536
    scheme = "udp"

    def __init__(self, relay, _):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                reply = relay.answer(self.request[0])
                if reply is not None:
                    self.request[1].sendto(reply, self.client_address)
        super().__init__(("127.0.0.1", 0), Handler)


class Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128
    scheme = "tcp"

    def __init__(self, relay, context):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    self.serve(context.wrap_socket(self.request, server_side=True) if context
                               else self.request)
                except OSError:  # it left, or TLS refused it
                    pass

            def serve(self, sock):
                data = b""
                while True:
                    more = sock.recv(65536)
                    if not more:
                        return
                    data += more
                    while True:
                        try:
                            end = decode(data, data.index(b" ") + 1)[1]
                        except (ValueError, IndexError):
                            break
                        if end > len(data):
                            break
                        message, data = data[:end], data[end:]
                        reply = relay.answer(message)
                        if reply is not None:
                            sock.sendall(reply)
        super().__init__(("127.0.0.1", 0), Handler)


class Tls(Tcp):
    scheme = "tls"


@pytest.fixture
def ca(folder):
    return Authority(folder, "ca")


@pytest.fixture
def generate(folder, ca):
    """Runs the generator against a relay; (exit status, its JSON or None, its output)."""
    own = ca.issue("relay", ["relay.test"], SERVER, addresses=[ipaddress.ip_address("127.0.0.1")])
    peer = ca.issue("peer", ["peer.test"])
    servers = []

    def go(relay, kind=Tcp, *arguments, signed=True, **options):
        context = None
        if kind is Tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*own)
            context.load_verify_locations(ca.file)
            context.verify_mode = ssl.CERT_REQUIRED
            options = {"ca": ca.file, **options}
            if signed:
                options = {"certificate": peer[0], "key": peer[1], **options}
        server = kind(relay, context)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        out = folder / "out.json"
        out.unlink(missing_ok=True)
        options = {"ng": f"{kind.scheme}://127.0.0.1:{server.server_address[1]}", "json": out,
                   "seconds": 0.5, "connections": 2, "window": 4, **options}
        argv = [program("sluice-trafficgen"), "signaling", *arguments]
        for key, value in options.items():
            argv += [f"--{key}", value]
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=60,
                              check=False)
        result = json.loads(out.read_text()) if out.exists() else None
        return done.returncode, result, done.stdout + done.stderr

    yield go
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("kind", [Udp, Tcp, Tls])
@pytest.mark.parametrize("legs", ["rtp-srtp", "rtp-rtp", "srtp-srtp", "srtp-rtp"])
def test_right_replies_pass(generate, kind, legs):
    relay = Relay()
    status, result, text = generate(relay, kind, legs=legs)
    assert status == 0 and result["passed"], text
    assert result["pairs"] > 0 and result["wrong"] == 0, text
    assert relay.seen["offer"] == relay.seen["answer"] == relay.seen["delete"]
    assert result["offer"]["count"] == relay.seen["offer"]
    assert relay.calls == {}  # none is left behind


def test_rate_is_kept(generate):
    _, result, text = generate(Relay(), Udp, rate=50, seconds=2)
    assert 20 <= result["pairs"] <= 101, text  # a busy machine may be late
    assert result["wrong"] == 0, text


def test_calls_stay_if_not_deleted(generate):
    relay = Relay()
    status, result, text = generate(relay, Tcp, "--delete", "no")
    assert status == 0, text
    assert len(relay.calls) == result["offer"]["count"] and relay.seen["delete"] == 0


def test_lost_datagrams_are_sent_again(generate):
    class Deaf(Relay):
        def reply(self, request):
            key = (request["call-id"], request["command"])
            if request["call-id"].endswith(b"-1") and key not in self.calls:
                self.calls[key] = True
                return None
            return super().reply(request)

    status, result, text = generate(Deaf(), Udp, seconds=1)
    assert status == 0 and result["sent_again"] == 3, text


class Refusing(Relay):
    def reply(self, request):
        if request["command"] == b"offer":
            return {"result": "error", "error-reason": "Ran out of ports"}
        return super().reply(request)


class Limited(Relay):
    def reply(self, request):
        if request["command"] == b"offer":
            return {"result": "load limit", "message": "sessions"}
        return super().reply(request)


class Keyless(Relay):
    def sdp(self, sealed):
        return re.sub("a=crypto.*\r\n", "", super().sdp(sealed))


class Portless(Relay):
    def sdp(self, sealed):
        return re.sub("m=audio [0-9]+", "m=audio 0", super().sdp(sealed))


class Forgetful(Relay):
    def reply(self, request):
        reply = super().reply(request)
        if request["command"] == b"delete":
            return {**reply, "warning": "Call-ID not found"}
        return reply


@pytest.mark.parametrize("relay, why", [
    (Refusing, "offer: error: Ran out of ports"),
    (Limited, "offer: load limit: sessions"),
    (Keyless, "offer: no usable a=crypto of the suite that is due"),
    (Portless, "offer: media has port 0"),
    (Forgetful, "delete: warning: Call-ID not found"),
], ids=lambda x: x.__name__ if isinstance(x, type) else "")
def test_wrong_replies_fail(generate, relay, why):
    status, result, text = generate(relay(), Tcp)
    assert status == 1 and not result["passed"], text
    assert list(result["wrong_by_text"]) == [why], text
    assert result["wrong_by_text"][why] == result["wrong"] > 0


def test_wrong_cookie_fails(generate):
    class Confused(Relay):
        def answer(self, message):
            return b"x" + super().answer(message)

    status, result, text = generate(Confused(), Tcp, seconds=0.1)
    assert status == 1, text
    assert result["wrong_by_text"]["a reply to nothing that was asked"] == 8
    assert result["wrong_by_text"]["no reply in 10 s"] == 8


def test_closed_connection_fails(generate):
    class Rude(Relay):
        def reply(self, request):
            if self.seen["offer"] > 20:
                raise OSError
            return super().reply(request)

    status, result, text = generate(Rude(), Tcp)
    assert status == 1 and result["wrong"] > 0, text
    assert all(w.startswith(("read: ", "write: ")) for w in result["wrong_by_text"]), text


def test_garbage_fails(generate):
    class Mad(Relay):
        def answer(self, message):
            return b"nonsense without end" * 10

    status, result, text = generate(Mad(), Tcp)
    assert status == 1, text
    assert "read: what comes is no message of ng" in result["wrong_by_text"]


def test_relay_must_prove_who_it_is(generate, folder):
    other = Authority(folder, "other")
    status, result, text = generate(Relay(), Tls, ca=other.file)
    assert status == 2 and result is None and "certificate" in text, text
    status, result, text = generate(Relay(), Tls, name="other.test")
    assert status == 2 and result is None and "hostname mismatch" in text, text
    status, _, text = generate(Relay(), Tls, name="relay.test")
    assert status == 0, text


def test_without_client_certificate_nothing_is_placed(generate):
    relay = Relay()
    status, _, text = generate(relay, Tls, signed=False)
    assert status in (1, 2), text
    assert relay.seen["offer"] == 0


def test_nobody_there(folder):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    done = subprocess.run([program("sluice-trafficgen"), "signaling", "--ng",
                           f"tcp://127.0.0.1:{port}"], capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == 2 and "refused" in done.stderr


@pytest.mark.parametrize("arguments, why", [
    ([], "--ng URL"), (["--ng", "http://a:1"], "--ng"), (["--ng", "tls://127.0.0.1:1"], "--ca"),
    (["--ng", "udp://127.0.0.1:1", "--legs", "rtp-dtls"], "--legs"),
    (["--ng", "udp://127.0.0.1:1", "--sheet", "x"], "none of these"),
    (["--ng", "udp://127.0.0.1:1", "--certificate", "x"], "belong together"),
    (["--ng", "udp://127.0.0.1:1", "--connections", "1000", "--window", "100"], "ports"),
])
def test_wrong_usage(arguments, why):
    done = subprocess.run([program("sluice-trafficgen"), "signaling", *arguments],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and why in done.stderr, done.stderr
