# SPDX-License-Identifier: BSD-3-Clause
"""The front of the control plane: who gets in and who does not, by each way there is; and that
neither what is slow, broken or too much from one peer holds up another."""
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import pytest

from rig.control import (NOBODY, PING, PONG, TOKEN, Control, Http, WebSocket, ask, connect,
                         context, frame, free_port, hashed, is_closed, receive, tls)
from rig.pki import SERVER, Authority
from rig.process import Process

warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.1, which we ask for to be refused
NAME = "proxy.test"


@pytest.fixture(scope="session", autouse=True)
def machine():
    """In place of the one that wants hugepages."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")


class Site:
    """A folder with a CA, the relay's certificate, and peers' of all kinds."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="slt-"))
        self.folder.chmod(0o755)
        self.ca = Authority(self.folder, "ca", NOBODY)
        self.other = Authority(self.folder, "other", NOBODY)
        self.middle = Authority(self.folder, "middle", NOBODY, self.ca)
        self.no_ca = Authority(self.folder, "no-ca", NOBODY, self.ca, is_ca=False)
        self.relay = self.ca.issue("relay", ["relay.test"], SERVER)
        self.peer = self.ca.issue("peer", [NAME])

    def files(self, **more):
        return {"certificate": str(self.relay[0]), "key": str(self.relay[1]), **more}

    def mutual(self, **more):
        return self.files(client_ca=str(self.ca.file), client_names=[NAME, "second.test"], **more)

    def listener(self, kind="ng-tls", **more):
        port = free_port(socket.SOCK_DGRAM if kind == "ng-udp" else socket.SOCK_STREAM)
        keys = self.mutual() if kind in ("ng-tls", "https") else {}
        return {"name": kind, "type": kind, "address": "127.0.0.1", "port": port, **keys, **more}

    def tokens(self, **more):
        token = {"name": "kamailio", "hash": hashed(TOKEN), "sources": ["127.0.0.1"]}
        away = {"name": "away", "hash": hashed(TOKEN[::-1]), "sources": ["192.0.2.0/24"]}
        return self.listener("https", require_client_certificate=False, tokens=[token, away],
                             **more)

    def client(self, pair="peer", **options):
        return context(self.ca.file, self.peer if pair == "peer" else pair, **options)


@pytest.fixture(scope="module")
def site():
    s = Site()
    yield s
    shutil.rmtree(s.folder)


@pytest.fixture
def start(site, folder):
    """Starts the relay with these listeners; at the end it must have ended well."""
    started = []
    folder.chmod(0o755)

    def go(*listeners, **top):
        control = Control(folder, list(listeners), **top).start()
        started.append(control)
        control.ports = [l["port"] for l in listeners]
        control.port = control.ports[0]
        return control

    yield go
    for control in started:
        if control.running():
            assert control.stop() == 0, control.text()
        assert "ERROR: AddressSanitizer" not in control.text(), control.text()
        assert TOKEN not in control.text()


def says(control, words):
    """Whether its log has them, or soon will."""
    until = time.monotonic() + 2
    while words not in control.text():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def gets_in(control, client):
    """Whether a ping is answered. TLS 1.3 tells a client of its refusal after its handshake."""
    try:
        with tls(control.port, client) as s:
            return ask(s) == b"c1 " + PONG
    except OSError:
        return False


# who is believed

def bad_pairs(site):
    ca = site.ca
    return {
        "none": (None, "peer did not return a certificate"),
        "other-ca": (site.other.issue("x1", [NAME]), "unable to get local issuer"),
        "self-signed": (Authority(site.folder, "self", NOBODY).issue("x2", [NAME]), "issuer"),
        "server-purpose": (ca.issue("x3", [NAME], SERVER), "purpose"),
        "ended": (ca.issue("x4", [NAME], begins=-9, ends=-1), "expired"),
        "not-begun": (ca.issue("x5", [NAME], begins=1), "not yet valid"),
        "other-name": (ca.issue("x6", ["stranger.test"]), "no name of the certificate is listed"),
        "name-in-subject": (ca.issue("x7", [], common_name=NAME), "no name of the"),
        "wildcard": (ca.issue("x8", ["*.test"]), "no name of the"),
        "longer-name": (ca.issue("x9", [NAME + ".evil.test"]), "no name of the"),
        "of-no-ca": (site.no_ca.issue("x10", [NAME]), "CA"),
        "short-key": (ca.issue("x11", [NAME], weak=True), "key too weak"),
    }


def test_certificates_that_are_refused(site, start):
    control = start(site.listener())
    for name, (pair, reason) in bad_pairs(site).items():
        client = context(site.ca.file)
        if pair is not None:
            client.set_ciphers("DEFAULT:@SECLEVEL=0")
            client.load_cert_chain(*pair)
        before = len(control.text())
        assert not gets_in(control, client), name
        time.sleep(0.05)
        said = control.text()[before:]
        assert "event=handshake-failed" in said and reason in said, (name, said)
    assert gets_in(control, site.client())


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_certificates_that_are_right(site, start, version):
    control = start(site.listener())
    chain = site.middle.issue("chain", ["second.test"])
    upper = site.ca.issue("upper", ["a.test", NAME.upper()])
    no_usage = site.ca.issue("no-usage", [NAME], None)
    for pair in (site.peer, chain, upper, no_usage):
        client = site.client(pair, maximum_version=ssl.TLSVersion[version],
                             minimum_version=ssl.TLSVersion[version])
        assert gets_in(control, client), (pair, control.text())
    assert says(control, "principal=second.test")


def test_old_versions_and_weak_ciphers_refused(site, start):
    control = start(site.listener())
    for version in ("TLSv1", "TLSv1_1"):
        client = site.client(minimum_version=ssl.TLSVersion[version],
                             maximum_version=ssl.TLSVersion[version])
        client.set_ciphers("ALL:@SECLEVEL=0")
        assert not gets_in(control, client)
    assert says(control, "unsupported protocol")
    for cipher in ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES256-GCM-SHA384",
                   "AECDH-AES128-SHA", "ECDHE-ECDSA-NULL-SHA"):
        client = site.client(maximum_version=ssl.TLSVersion.TLSv1_2)
        client.set_ciphers(cipher + ":@SECLEVEL=0")
        assert not gets_in(control, client), cipher
    assert says(control, "no shared cipher")
    for cipher in ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"):
        client = site.client(maximum_version=ssl.TLSVersion.TLSv1_2)
        client.set_ciphers(cipher)
        assert gets_in(control, client), cipher


def test_no_session_is_resumed(site, start):
    control = start(site.listener())
    for version in ("TLSv1_2", "TLSv1_3"):
        client = site.client(maximum_version=ssl.TLSVersion[version])
        with tls(control.port, client) as s:
            ask(s)
            session = s.session
        again = client.wrap_socket(connect(control.port), server_hostname="relay.test",
                                   session=session)
        with again:
            assert ask(again) == b"c1 " + PONG and not again.session_reused


def test_revoked_is_refused_and_stale_lists_too(site, start):
    revoked = site.ca.issue("revoked", [NAME])
    crl = site.ca.revocations("ca.crl", [revoked[0]])
    listener = site.listener(client_crl=str(crl))
    control = start(listener)
    assert gets_in(control, site.client())
    assert not gets_in(control, site.client(revoked))
    assert says(control, "certificate revoked")
    # a chain whose middle has no list
    assert not gets_in(control, site.client(site.middle.issue("listless", [NAME])))
    assert says(control, "unable to get certificate CRL")
    site.ca.revocations("ca.crl", [], ends=-1)
    control.reload()
    assert not gets_in(control, site.client())
    assert says(control, "CRL has expired")


# ng over streams

def test_messages_back_to_back_and_in_pieces(site, start):
    control = start(site.listener(), site.listener("ng-tcp"))
    for sock in (tls(control.ports[0], site.client()), connect(control.ports[1])):
        with sock:
            count = 2000
            sock.sendall(b"".join(b"%d " % i + PING for i in range(count)))
            for i in range(count):
                reply = b"%d " % i + PONG
                assert receive(sock, len(reply)) == reply, i
            for byte in b"slow " + PING:
                sock.sendall(bytes([byte]))
            assert receive(sock, 5 + len(PONG)) == b"slow " + PONG


def test_half_closed_gets_its_replies(site, start):
    control = start(site.listener("ng-tcp"))
    with connect(control.port) as s:
        s.sendall(b"".join(b"%03d " % i + PING for i in range(500)))
        s.shutdown(socket.SHUT_WR)
        assert receive(s, 1 << 20) == b"".join(b"%03d " % i + PONG for i in range(500))


@pytest.mark.parametrize("bytes_", [b"nospace" * 60, b"c {\"command\":\"ping\"}", b"c xyz",
                                    b"c d7:command", b" d", b"GET / HTTP/1.1\r\n\r\n"])
def test_no_ng_closes(site, start, bytes_):
    control = start(site.listener("ng-tcp"))
    with connect(control.port) as s:
        s.sendall(bytes_)
        s.shutdown(socket.SHUT_WR)
        assert is_closed(s)
    with connect(control.port) as s:
        assert ask(s) == b"c1 " + PONG


def test_too_long_is_refused_at_its_announcement(site, start):
    control = start(site.listener("ng-tcp", max_message_bytes=4096))
    with connect(control.port) as s:
        s.sendall(b"c d7:command4:ping3:sdp9999999:")
        assert is_closed(s)
    assert says(control, "longer than max_message_bytes")
    with connect(control.port) as s:
        assert ask(s, body=b"d7:command4:ping3:sdp4000:" + b"x" * 4000 + b"e") == b"c1 " + PONG


def test_slow_sender_is_closed(site, start):
    control = start(site.listener(message_timeout_s=1))
    with tls(control.port, site.client()) as s, tls(control.port, site.client()) as other:
        began = time.monotonic()
        try:
            for byte in b"c1 " + PING * 10:
                s.sendall(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            pass
        assert is_closed(s) and time.monotonic() - began < 3
        assert ask(other) == b"c1 " + PONG  # it is idle, not slow
    assert says(control, "message not whole")


def test_half_open_handshake_is_closed(site, start):
    control = start(site.listener(handshake_timeout_s=1),
                    site.listener("https", handshake_timeout_s=1))
    for port in control.ports:
        silent, begun = connect(port), connect(port)
        begun.sendall(bytes.fromhex("16030100c8010000c40303") + bytes(20))  # part of a hello
        assert is_closed(silent, 3) and is_closed(begun, 3)
        silent.close()
        begun.close()
    assert control.text().count("handshake not done") == 4


def test_plain_bytes_to_tls_are_closed(site, start):
    control = start(site.listener(), site.listener("https"))
    for port in control.ports:
        with connect(port) as s:
            s.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert is_closed(s)
    assert gets_in(control, site.client())


def test_unread_replies_pause_and_close(site, start):
    control = start(site.listener("ng-tcp", message_timeout_s=1))
    with connect(control.port) as deaf, connect(control.port) as other:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(0.3)
        sent = 0
        try:
            while sent < 64 << 20:
                sent += deaf.send((b"x" * 200 + b" " + PING) * 100)
        except OSError:
            pass
        assert sent < 64 << 20  # it was not read to the end
        rss = int(Path(f"/proc/{control.pid}/statm").read_text().split()[1]) * 4096
        assert rss < 100 << 20
        assert ask(other) == b"c1 " + PONG
        deadline = time.monotonic() + 5
        while "unread" not in control.text() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert says(control, "replies left unread")


def test_idle_is_closed(site, start):
    control = start(site.listener(idle_timeout_s=1), site.listener("https", idle_timeout_s=1))
    with tls(control.ports[0], site.client()) as s:
        assert ask(s) == b"c1 " + PONG
        assert is_closed(s, 3)
    with tls(control.ports[1], site.client()) as s:
        assert Http(s).ask("GET", "/ping")[0] == 200
        assert is_closed(s, 3)


def test_connection_limits(site, start):
    control = start(site.listener(max_connections=3),
                    site.listener("https", max_connections_per_source=2),
                    site.listener("ng-tcp"))
    held = [tls(control.ports[0], site.client()) for _ in range(3)]
    with pytest.raises(OSError):
        with tls(control.ports[0], site.client()) as s:
            s.recv(1)
            raise ConnectionResetError
    held[0].close()
    time.sleep(0.1)
    held[0] = tls(control.ports[0], site.client())
    assert ask(held[0]) == b"c1 " + PONG
    for s in held:
        s.close()
    time.sleep(0.1)
    held = [tls(control.ports[1], site.client()) for _ in range(2)]
    with connect(control.ports[1]) as third:
        assert is_closed(third)
    assert Http(held[1]).ask("GET", "/ping")[2] == b"pong\n"
    for s in held:
        s.close()
    time.sleep(0.1)
    with tls(control.ports[1], site.client()) as s:
        assert Http(s).ask("GET", "/ping")[0] == 200
    text = control.text()
    assert "reason=max_connections " in text and "reason=max_connections_per_source" in text


def test_who_fails_too_often_is_blocked(site, start):
    control = start(site.tokens(failures_per_minute=5))
    bad = 0
    for _ in range(20):
        try:
            with tls(control.port, site.client(None)) as s:
                bad += Http(s).ask("GET", "/ping/" + "a" * 32)[0] == 401
        except OSError:
            break
    assert 4 <= bad <= 8, control.text()
    assert says(control, "event=blocked")


# HTTPS and WSS

def test_http_by_certificate(site, start):
    control = start(site.listener("https"))
    with tls(control.port, site.client()) as s:
        http = Http(s)
        status, headers, body = http.ask("POST", "/ng", b"c7 " + PING)
        assert (status, body) == (200, b"c7 " + PONG)
        assert headers["content-type"] == "application/x-rtpengine-ng"
        status, headers, body = http.ask("POST", "/ng-plain", b'{"command":"ping"}')
        assert (status, headers["content-type"]) == (200, "application/json")
        assert body.replace(b" ", b"") == b'{"result":"pong"}'
        assert http.ask("POST", "/ng-plain", PING)[2] == PONG
        assert http.ask("GET", "/ping")[::2] == (200, b"pong\n")
        # pipelined, and with a body in chunks
        http.send("POST", "/ng", b"c8 " + PING)
        http.send("POST", "/ng", b"c9 " + PING)
        assert http.read()[2] == b"c8 " + PONG and http.read()[2] == b"c9 " + PONG
        s.sendall(b"POST /ng HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"4\r\nc10 \r\n11\r\n" + PING + b"\r\n0\r\n\r\n")
        assert http.read()[2] == b"c10 " + PONG
    for method, path, expected in (("GET", "/ng", 405), ("POST", "/ping", 405), ("GET", "/", 404),
                                   ("GET", "/cli", 404), ("POST", "/ng/a/b", 404),
                                   ("DELETE", "/ng", 405), ("POST", "/ng", 400)):
        with tls(control.port, site.client()) as s:
            assert Http(s).ask(method, path)[0] == expected, (method, path)
    with tls(control.port, site.client()) as s:
        assert Http(s).ask("POST", "/ng", b"without-a-cookie")[0] == 400
    assert not gets_in(control, context(site.ca.file))


def test_metrics(site, start):
    control = start(site.listener("https"), site.listener("ng-udp"))
    with tls(control.port, site.client()) as s:
        http = Http(s)
        http.ask("POST", "/ng", b"c " + PING)
        status, headers, body = http.ask("GET", "/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = body.decode().splitlines()
    assert 'sluice_listener_requests_total{listener="https"} 1' in lines
    assert 'sluice_listener_connections{listener="https"} 1' in lines
    left = next(l for l in lines if l.startswith("sluice_listener_certificate_remaining_seconds{"))
    assert int(left.split()[1]) in (29 * 86400, 30 * 86400)
    families = [l.split()[2] for l in lines if l.startswith("# TYPE")]
    assert len(families) == len(set(families))
    for line in lines:
        assert line.startswith("# ") or line.split("{")[0].split(" ")[0] in families


def test_body_too_long_is_refused_early(site, start):
    control = start(site.listener("https"))
    with tls(control.port, site.client()) as s:
        http = Http(s)
        s.sendall(b"POST /ng HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n")
        status, headers, _ = http.read()
        assert (status, headers["connection"]) == (413, "close") and is_closed(s)
    with tls(control.port, site.client()) as s:  # who sends it all the same
        try:
            s.sendall(b"POST /ng HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n")
            for _ in range(160):
                s.sendall(b"d" * 65536)
        except OSError:
            pass
        assert is_closed(s)
    with tls(control.port, site.client()) as s:  # nor in chunks
        try:
            s.sendall(b"POST /ng HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(160):
                s.sendall(b"10000\r\n" + b"d" * 65536 + b"\r\n")
        except OSError:
            pass
        assert is_closed(s)
    with tls(control.port, site.client()) as s:  # nor headers
        try:
            s.sendall(b"GET /ping HTTP/1.1\r\nX: " + b"a" * (1 << 20))
        except OSError:
            pass
        assert is_closed(s)
    with tls(control.port, site.client()) as s:
        assert Http(s).ask("GET", "/ping")[0] == 200


def test_slow_request_is_closed(site, start):
    control = start(site.listener("https", message_timeout_s=1))
    with tls(control.port, site.client()) as s:
        http = Http(s)
        assert http.ask("GET", "/ping")[0] == 200
        began = time.monotonic()
        try:
            s.sendall(b"POST /ng HTTP/1.1\r\nHost: x\r\n")
            for _ in range(40):
                s.sendall(b"X: y\r\n")
                time.sleep(0.1)
        except OSError:
            pass
        assert is_closed(s) and time.monotonic() - began < 3
    assert says(control, "request not whole")


@pytest.mark.parametrize("path,expected", [
    ("/ng/" + TOKEN, 101), ("/ng-plain/" + TOKEN, 101),
    ("/ng", 401), ("/ng/", 401), ("/ng/short", 401), ("/ng/" + TOKEN[:-1] + "x", 401),
    ("/ng/" + TOKEN + "a", 401), ("/ng/" + TOKEN[::-1], 401), ("/ng/%63" + TOKEN[1:], 401),
    ("/ng?token=" + TOKEN, 401), ("/ng/" + TOKEN + "/more", 401)])
def test_wss_by_token(site, start, path, expected):
    control = start(site.tokens())
    with tls(control.port, site.client(None)) as s:
        ws = WebSocket(s, path)
        assert ws.status == expected
        if expected == 101:
            assert ws.accepted()
            ws.send(b"c1 " + PING)
            assert ws.read() == (ws.TEXT, b"c1 " + PONG)
    if expected == 401:
        reason = ("is not its own" if TOKEN[::-1] in path else "too short" if "short" in path else
                  "unknown token" if len(path) > 30 and "?" not in path and "/more" not in path
                  else "neither certificate nor token")
        assert says(control, f"event=refused listener=https peer=127.0.0.1:") and reason in \
            control.text()
    assert TOKEN[::-1] not in control.text()


def test_wss_by_certificate_and_subprotocols(site, start):
    control = start(site.listener("https"))
    for protocol, path in (("ng.rtpengine.com", "/ng"), ("ng.rtpengine.com", "/"),
                           ("x.example, ng.rtpengine.com", "/ng")):
        with tls(control.port, site.client()) as s:
            ws = WebSocket(s, path, protocol)
            assert ws.accepted() and ws.headers["sec-websocket-protocol"] == "ng.rtpengine.com"
            ws.send(b"c1 " + PING, ws.BINARY)
            assert ws.read() == (ws.BINARY, b"c1 " + PONG)
    with tls(control.port, site.client()) as s:
        ws = WebSocket(s, "/ng-plain", "ng-plain.rtpengine.com")
        assert ws.accepted()
        ws.send(b'{"command":"ping"}')
        assert ws.read()[1].replace(b" ", b"") == b'{"result":"pong"}'
    for change, expected in (({"protocol": None}, 400), ({"protocol": "sip"}, 400),
                             ({"headers": {"Sec-WebSocket-Version": "8"}}, 426),
                             ({"headers": {"Sec-WebSocket-Key": "short"}}, 400),
                             ({"headers": {"Sec-WebSocket-Key": None}}, 400),
                             ({"headers": {"Connection": "close"}}, 400),
                             ({"path": "/metrics"}, 200), ({"path": "/other"}, 404)):
        with tls(control.port, site.client()) as s:
            assert WebSocket(s, **change).status == expected, change


def test_wss_frames(site, start):
    control = start(site.listener("https", max_message_bytes=4096))
    with tls(control.port, site.client()) as s:
        ws = WebSocket(s)
        whole = b"c1 " + PING
        ws.send(whole[:3], fin=False)  # in fragments, with a ping between
        ws.send(b"hello", ws.PING)
        ws.send(whole[3:], 0)
        assert ws.read() == (ws.PONG, b"hello") and ws.read() == (ws.TEXT, b"c1 " + PONG)
        many = b"".join(frame(1, b"%d " % i + PING) for i in range(1000))
        s.sendall(many)
        for i in range(1000):
            assert ws.read()[1] == b"%d " % i + PONG
        for byte in frame(1, b"c2 " + PING):
            s.sendall(bytes([byte]))
        assert ws.read()[1] == b"c2 " + PONG
        ws.send(b"\x03\xe8", ws.CLOSE)
        assert ws.read()[0] == ws.CLOSE and is_closed(s)
    for bad, code in ((frame(1, b"x" * 5000), 1009), (frame(3, b"x"), 1002),
                      (frame(1, b"\xff\xfe"), 1007), (frame(9, b"x" * 126), 0),
                      (frame(0, b"x"), 1002), (frame(1, b"c " + PING, masked=False), 1002)):
        with tls(control.port, site.client()) as s:
            ws = WebSocket(s)
            s.sendall(bad)
            opcode, payload = ws.read()
            assert opcode == ws.CLOSE and int.from_bytes(payload[:2], "big") == code, bad[:4]
            assert is_closed(s)
    with tls(control.port, site.client()) as s:
        assert WebSocket(s).accepted()


def test_wss_slow_unread_and_silent(site, start):
    control = start(site.listener("https", message_timeout_s=1, idle_timeout_s=2))
    with tls(control.port, site.client()) as s:
        ws = WebSocket(s)
        s.sendall(frame(1, b"c1 " + PING)[:10])
        assert is_closed(s, 3)
    assert says(control, "message not whole")
    with tls(control.port, site.client()) as s:
        ws = WebSocket(s)
        assert ws.read()[0] == ws.PING  # at half of the time
        ws.send(b"", ws.PONG)
        assert ws.read()[0] == ws.PING  # so it stays, if it answers
        assert is_closed(s, 3)


def test_cut_short_anywhere(site, start):
    """A handshake, a request and a frame, each ended after every byte of it."""
    control = start(site.listener("https"))
    whole = {
        b"": b"POST /ng HTTP/1.1\r\nContent-Length: 20\r\n\r\nc1 " + PING,
        b"GET /ng HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: ng.rtpengine.com\r\n\r\n":
            frame(1, b"c1 " + PING, fin=False) + frame(9, b"p") + frame(0, b"") + frame(8, b""),
    }
    client = site.client()
    for before, rest in whole.items():
        for length in range(len(rest)):
            s = tls(control.port, client)
            s.sendall(before + rest[:length])
            s.close()
    with connect(control.port) as s:  # and in the handshake of TLS
        hello = ssl.MemoryBIO()
        c = client.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="relay.test")
        with pytest.raises(ssl.SSLWantReadError):
            c.do_handshake()
        hello = hello.read()
    for length in range(0, len(hello), 7):
        with connect(control.port) as s:
            s.sendall(hello[:length])
    with tls(control.port, client) as s:
        assert Http(s).ask("GET", "/ping")[0] == 200


def test_wss_connection_that_dies(site, start):
    control = start(site.listener("https"))
    for _ in range(20):
        s = tls(control.port, site.client())
        WebSocket(s)
        s.sendall(frame(1, b"c1 " + PING) * 50)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    with tls(control.port, site.client()) as s:
        assert WebSocket(s).accepted()


# in the clear

def test_udp_answers_from_where_it_was_asked(site, start):
    control = start(site.listener("ng-udp", address="0.0.0.0", allow_plaintext=True))
    for address in ("127.0.0.1", "127.0.0.5"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(5)
            s.sendto(b"c1 " + PING, (address, control.port))
            assert s.recvfrom(2000) == (b"c1 " + PONG, (address, control.port))
    assert says(control, "event=plaintext-allowed")


def test_udp_of_ipv6_and_bad_datagrams(site, start):
    port = free_port(socket.SOCK_DGRAM, "::1")
    control = start(site.listener("ng-udp", address="::1", port=port, max_message_bytes=2048))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        for bad in (b"", b"x", b"nospace" * 100, b"\0" * 2000, b"c " + b"d" * 5000):
            s.sendto(bad, ("::1", port))
        s.sendto(b"c1 " + PING, ("::1", port))
        replies = []
        while not replies or replies[-1] != b"c1 " + PONG:
            replies.append(s.recv(2000))
    assert len(replies) <= 2 and control.running()


def test_udp_in_bulk(site, start):
    control = start(site.listener("ng-udp"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", control.port))
        s.settimeout(2)
        for i in range(200):
            s.send(b"%d " % i + PING)
        assert {s.recv(2000) for _ in range(200)} == {b"%d " % i + PONG for i in range(200)}


@pytest.mark.parametrize("kind", ["ng-udp", "ng-tcp"])
def test_plaintext_elsewhere_is_refused(site, folder, kind):
    folder.chmod(0o755)
    for address in ("0.0.0.0", "192.0.2.1", "::"):
        control = Control(folder, [site.listener(kind, address=address)])
        status, said = control.check()
        assert status == 1 and "in the clear at" in said and "sluice.conf:1:" in said


# reloading and stopping

def test_certificate_is_exchanged_under_connections(site, start):
    mine = site.ca.issue("mine", ["relay.test"], SERVER)
    files = {"certificate": str(mine[0]), "key": str(mine[1])}
    control = start(site.listener(**files), site.listener("https", **files))
    open_one = tls(control.ports[0], site.client())
    ws = WebSocket(tls(control.ports[1], site.client()))
    first = open_one.getpeercert()["serialNumber"]
    site.ca.issue("mine", ["relay.test"], SERVER)
    control.reload()
    assert ask(open_one, b"still") == b"still " + PONG
    ws.send(b"c1 " + PING)
    assert ws.read()[1] == b"c1 " + PONG
    for port in control.ports:
        with tls(port, site.client()) as s:
            assert s.getpeercert()["serialNumber"] != first
    # one that can't be used leaves the last in place
    mine[0].write_text("no certificate")
    control.reload()
    assert says(control, "event=not-loaded") and "certificates_not_loaded=2" in control.text()
    assert gets_in(control, site.client())
    assert ask(open_one, b"still") == b"still " + PONG
    open_one.close()
    ws.sock.close()


def test_reload_says_what_it_cannot(site, start):
    listener = site.listener()
    control = start(listener)
    control.listeners[0] = {**listener, "port": free_port(), "client_names": ["second.test"]}
    control.keys["state_directory"] = "/elsewhere"
    control.write()
    control.reload()
    assert says(control, "state_directory needs a restart")
    assert says(control, "listener ng-tls: port needs a restart")
    assert not gets_in(control, site.client())  # the names are live
    assert gets_in(control, site.client(site.ca.issue("second", ["second.test"])))
    control.file.write_text("listeners = nonsense")
    control.reload()
    assert says(control, "event=fault") and "syntax error" in control.text()
    assert gets_in(control, site.client(site.ca.issue("second", ["second.test"])))
    control.listeners[0] = listener
    del control.keys["state_directory"]
    control.write()
    control.reload()
    assert gets_in(control, site.client())


def test_stop_ends_all_connections(site, start):
    control = start(site.listener(), site.listener("https"), site.listener("ng-udp"))
    idle = tls(control.ports[0], site.client())
    kept = tls(control.ports[1], site.client())
    assert Http(kept).ask("GET", "/ping")[0] == 200
    ws = WebSocket(tls(control.ports[1], site.client()))
    half = connect(control.ports[0])
    began = time.monotonic()
    control.popen.send_signal(signal.SIGTERM)
    assert is_closed(idle) and is_closed(kept) and is_closed(half)
    opcode, payload = ws.read()
    assert (opcode, payload[:2]) == (ws.CLOSE, b"\x03\xe9")
    assert control.wait(5) == 0 and time.monotonic() - began < 3
    assert says(control, "event=stopped")


def test_process_may_do_nothing_else(site, start):
    control = start(site.listener())
    status = dict(line.split(":", 1) for line in
                  Path(f"/proc/{control.pid}/status").read_text().splitlines())
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"].strip() == "1" and status["Groups"].strip() == ""
    assert {int(i) for i in status["Uid"].split()} == {NOBODY.pw_uid}
    assert {int(i) for i in status["Gid"].split()} == {NOBODY.pw_gid}
    limits = Path(f"/proc/{control.pid}/limits").read_text()
    core = next(l for l in limits.splitlines() if l.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_root_must_become_somebody(site, folder):
    folder.chmod(0o755)
    os.chown(site.relay[1], 0, 0)
    try:
        control = Control(folder, [site.listener()], user="")
        super(Control, control).start()
        assert control.wait(10) == 1 and "root needs one to become" in control.text()
    finally:
        os.chown(site.relay[1], NOBODY.pw_uid, NOBODY.pw_gid)


def test_service_manager_is_told(site, folder):
    folder.chmod(0o755)
    path = str(folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        os.chmod(path, 0o777)
        manager.settimeout(5)
        control = Control(folder, [site.listener()])
        control._env = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"}
        with control:
            assert manager.recv(500).startswith(b"READY=1\n")
            assert manager.recv(500) == b"WATCHDOG=1"
            control.popen.send_signal(signal.SIGHUP)
            heard = [manager.recv(500) for _ in range(6)]
            assert any(h.startswith(b"RELOADING=1\nMONOTONIC_USEC=") for h in heard)
            assert any(h.startswith(b"READY=1") for h in heard)
            assert control.stop() == 0
        rest = []
        manager.settimeout(0.2)
        try:
            while True:
                rest.append(manager.recv(500))
        except socket.timeout:
            pass
        assert b"STOPPING=1" in rest


def test_port_that_is_taken(site, start, folder):
    """By another one, say: it is told what to do."""
    listener = site.listener()
    start(listener)
    other = folder / "other"
    other.mkdir()
    second = Control(other, [listener])
    with Process(second.argv, second.log) as process:
        assert process.wait() == 1
        said = process.text()
    assert "event=cannot-listen" in said and "perhaps another sluice-controlplane: stop it" in said


def test_check_explains(site, folder):
    folder.chmod(0o755)
    status, said = Control(folder, [site.listener("ng-udp")]).check()
    assert status == 0 and "connections" not in said, said
    status, said = Control(folder, [site.tokens(), site.listener("ng-udp")]).check()
    assert status == 0 and said.count(" connections, ") == 1, said
    assert 'lets in "kamailio" by its token, from 127.0.0.1/32' in said
    assert f'lets in "{NAME}" by a certificate of' in said and "AEAD_AES_256_GCM" in said
    site.relay[1].chmod(0o640)
    try:
        status, said = Control(folder, [site.listener()]).check()
    finally:
        site.relay[1].chmod(0o600)
    assert status == 1 and "is open to others (mode 0640): chmod 600" in said
    other = site.ca.issue("unfit", ["relay.test"], SERVER)
    status, said = Control(folder, [site.listener(key=str(other[1]))]).check()
    assert status == 1 and "key values mismatch" in said


def test_check_tries_the_node_key_and_the_store(site, folder):
    """As the user that will run it; it changes nothing, and holds up no one that runs."""
    folder.chmod(0o755)
    state, key = folder / "state", folder / "node.key"
    control = Control(folder, [site.listener("ng-udp")])

    def refused(words, path):
        status, said = control.check()
        assert status == 1 and words in said and str(path) in said, said

    def files():
        return sorted((p.name, p.read_bytes()) for p in state.iterdir())

    assert control.check()[0] == 0 and files() == []
    key.rename(folder / "away.key")
    refused("is not there: bring it back, or, if there never was one, make it with", key)
    subprocess.run([*control.argv[:1], "--new-node-key", key], check=True)
    refused("belongs to another than user \"nobody\"", key)
    os.chown(key, NOBODY.pw_uid, NOBODY.pw_gid)
    key.chmod(0o644)
    refused("is open to others", key)
    key.chmod(0o600)
    assert control.check()[0] == 0
    os.chown(state, 0, 0)
    refused("Permission denied", state)
    state.chmod(0o755)
    refused("belongs to another user than runs this: chown it to that one", state)
    os.chown(state, NOBODY.pw_uid, NOBODY.pw_gid)
    refused("is open to others: chmod 700 it", state)
    state.chmod(0o500)
    refused("cannot be written: Permission denied", state)
    state.chmod(0o700)
    state.rename(folder / "moved")
    refused("is not there: make it, mode 0700", state)
    (folder / "moved").rename(state)
    with control:
        before = files()
        status, said = control.check()
        assert status == 0 and before == files(), said
        assert control.running() and control.stop() == 0
    key.rename(folder / "right.key")
    (folder / "away.key").rename(key)
    before = files()
    refused("sealed under another node key: bring that key back", state)
    assert before == files()
    (folder / "right.key").rename(key)
    assert control.check()[0] == 0
    (state / "calls.db").write_bytes(b"none of ours")
    refused("has a calls.db that is damaged, or not ours", state)


def test_check_by_others_says_what_it_left_out(site, folder):
    folder.chmod(0o755)
    control = Control(folder, [site.listener("ng-udp")], user="")
    status, said = control.check()
    assert status == 0 and "not checked: node key and state directory" in said, said
