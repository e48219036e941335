# SPDX-License-Identifier: BSD-3-Clause
"""sluice-controlplane under test, and its clients: ng over TLS, TCP and UDP, HTTPS, WSS."""
import base64
import hashlib
import os
import pwd
import signal
import socket
import ssl
import struct
import subprocess
import time

from .dataplane import DataPlane
from .generator import Generator
from .machine import program
from .ng import Proxy
from .pki import SERVER, Authority
from .process import Process
from .profile import text
from .sheet import Sheet

NOBODY = pwd.getpwnam("nobody")
PING = b"d7:command4:pinge"
PONG = b"d6:result4:ponge"
TOKEN = "correcthorsebatterystaple2345672"


def hashed(token):
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


def free_port(kind=socket.SOCK_STREAM, host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


class Control(Process):
    """'listeners' are dicts, as in sluice.conf; further keys of its top go to 'top'."""

    def __init__(self, folder, listeners, **top):
        self.file = folder / "sluice.conf"
        self.keys = {"user": "nobody" if os.geteuid() == 0 else "",
                     "node_key": str(folder / "node.key"), "log_level": "debug",
                     "state_directory": str(folder / "state"),
                     "dataplane_socket": str(folder / "plane.sock"),
                     "interfaces": [{"name": "trunk", "addresses": ["192.0.2.10"]}], **top}
        self.listeners = listeners
        self._prepare(folder, pwd.getpwnam(self.keys["user"]) if self.keys["user"] else None)
        self.write()
        super().__init__([program("sluice-controlplane"), "--config", self.file],
                         folder / "control.log")

    @staticmethod
    def _prepare(folder, user):
        """What an operator does once: a folder and a key that are the user's alone."""
        state, key = folder / "state", folder / "node.key"
        if not state.exists():
            state.mkdir(mode=0o700)
            subprocess.run([program("sluice-controlplane"), "--new-node-key", key], check=True,
                           stdout=subprocess.DEVNULL)
            if user is not None:
                for path in (state, key):
                    os.chown(path, user.pw_uid, user.pw_gid)

    def write(self):
        keys = {"listeners": self.listeners, **self.keys}
        self.file.write_text("".join(f"{k} = {text(v)};\n" for k, v in keys.items()))

    def start(self):
        super().start()
        try:
            return self.wait_for("event=ready", 20)
        except BaseException:
            self.stop()
            raise

    def check(self):
        """(status, stdout + stderr) of --check."""
        done = subprocess.run(self.argv + ["--check"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=20, check=False)
        return done.returncode, done.stdout.decode()

    def reload(self):
        """By SIGHUP; waits until it is through."""
        before = self._reloads()
        self.popen.send_signal(signal.SIGHUP)
        until = time.monotonic() + 10
        while self._reloads() == before:
            assert time.monotonic() < until, self.text()
            time.sleep(0.01)

    def _reloads(self):
        return self.text().count("event=reloaded") + self.text().count("event=not-reloaded")


def context(ca, pair=None, **options):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.load_verify_locations(ca)
    if pair is not None:
        c.load_cert_chain(*pair)
    for key, value in options.items():
        setattr(c, key, value)
    return c


def connect(port, host="127.0.0.1", timeout=5):
    return socket.create_connection((host, port), timeout=timeout)


def tls(port, tls_context, name="relay.test", timeout=5):
    return tls_context.wrap_socket(connect(port, timeout=timeout), server_hostname=name)


def receive(sock, length):
    """That many bytes, or fewer where it ends before."""
    data = b""
    while len(data) < length:
        try:
            more = sock.recv(length - len(data))
        except (ConnectionResetError, ssl.SSLError):
            break
        if not more:
            break
        data += more
    return data


def ask(sock, cookie=b"c1", body=PING):
    """The reply to one message of ng, of a length that a pong has."""
    sock.sendall(cookie + b" " + body)
    return receive(sock, len(cookie) + 1 + len(PONG))


def is_closed(sock, timeout=5):
    """Whether the peer ends the connection, whatever it says before."""
    sock.settimeout(timeout)
    try:
        while sock.recv(65536):
            pass
    except socket.timeout:
        return False
    except OSError:  # ssl.SSLError is one
        pass
    return True


class Http:
    def __init__(self, sock):
        self.sock = sock
        self.rest = b""

    def send(self, method, path, body=b"", headers=()):
        lines = [f"{method} {path} HTTP/1.1", "Host: relay.test"]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        lines += headers
        self.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def read(self):
        """(status, headers, body)"""
        while b"\r\n\r\n" not in self.rest:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError(self.rest)
            self.rest += more
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {k.lower(): v.strip() for k, v in (l.split(":", 1) for l in lines[1:])}
        length = int(headers.get("content-length", 0))
        while len(self.rest) < length:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError(self.rest)
            self.rest += more
        body, self.rest = self.rest[:length], self.rest[length:]
        return int(lines[0].split()[1]), headers, body

    def ask(self, method, path, body=b"", headers=()):
        self.send(method, path, body, headers)
        return self.read()


def frame(opcode, payload, fin=True, masked=True):
    """One frame of WebSocket, as a client sends it."""
    mask = os.urandom(4)
    head = bytes([(0x80 if fin else 0) | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += struct.pack(">BH", bit | 126, len(payload))
    else:
        head += struct.pack(">BQ", bit | 127, len(payload))
    if not masked:
        return head + payload
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


class WebSocket:
    TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

    def __init__(self, sock, path="/ng", protocol="ng.rtpengine.com", headers=None):
        self.key = base64.b64encode(os.urandom(16)).decode()
        self.http = Http(sock)
        self.sock = sock
        given = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": self.key,
                 "Sec-WebSocket-Version": "13", **(headers or {})}
        if protocol is not None:
            given["Sec-WebSocket-Protocol"] = protocol
        self.status, self.headers, _ = self.http.ask(
            "GET", path, headers=[f"{k}: {v}" for k, v in given.items() if v is not None])

    def accepted(self):
        magic = self.key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        expected = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
        return self.status == 101 and self.headers["sec-websocket-accept"] == expected

    def send(self, payload, opcode=TEXT, **kwargs):
        self.sock.sendall(frame(opcode, payload, **kwargs))

    def _take(self, length):
        while len(self.http.rest) < length:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self.http.rest += more
        data, self.http.rest = self.http.rest[:length], self.http.rest[length:]
        return data

    def read(self):
        """(opcode, payload) of a whole frame."""
        first, second = self._take(2)
        assert first & 0x80 and not second & 0x80
        length = second
        if length == 126:
            length = struct.unpack(">H", self._take(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self._take(8))[0]
        return first & 15, self._take(length)


INTERFACES = [
    {"name": "plain", "addresses": ["198.18.0.1", "2001:2::1"], "encryption": "forbidden"},
    {"name": "srtp", "addresses": ["198.18.0.1", "2001:2::1"], "encryption": "required"},
    {"name": "open", "addresses": ["198.18.0.1", "2001:2::1"], "encryption": "supported"},
]


class Relay:
    """Both planes on the loopback profile; ng over UDP, and over TLS and HTTPS for a peer with a
    certificate."""

    NAME = "proxy.test"

    def __init__(self, folder, profile, interfaces=INTERFACES, listeners=(), namespace=None,
                 **top):
        """'namespace' is the data plane's."""
        folder.chmod(0o755)
        self.folder, self.profile, self.namespace = folder, profile, namespace
        profile.groups["control"]["user"] = "nobody"
        self.plane = DataPlane(profile, namespace)
        ca = Authority(folder, "ca", NOBODY)
        certificate, key = ca.issue("relay", ["relay.test"], SERVER)
        self.client = context(ca.file, ca.issue("peer", [self.NAME]))
        self.port = free_port(socket.SOCK_DGRAM)
        self.tls_port, self.https_port = free_port(), free_port()
        mutual = {"certificate": str(certificate), "key": str(key), "client_ca": str(ca.file),
                  "client_names": [self.NAME]}
        udp = {"name": "udp", "type": "ng-udp", "address": "127.0.0.1", "port": self.port}
        ng_tls = {"name": "tls", "type": "ng-tls", "address": "127.0.0.1", "port": self.tls_port,
                  **mutual}
        https = {**ng_tls, "name": "https", "type": "https", "port": self.https_port}
        self.control = Control(folder, [udp, ng_tls, https, *listeners], **{
            "interfaces": list(interfaces), "dataplane_socket": profile.socket, **top})

    def proxy(self, port=None):
        return Proxy(port or self.port)

    def http(self):
        return Http(tls(self.https_port, self.client))

    def metrics(self):
        """By name, with its labels as they are written."""
        http = self.http()
        with http.sock:
            status, _, body = http.ask("GET", "/metrics")
        assert status == 200
        rows = (line.rsplit(" ", 1) for line in body.decode().splitlines() if line[0] != "#")
        return {name: float(value) for name, value in rows}

    def endpoints(self):
        """How many the data plane has, as far as it has got."""
        m = self.metrics()
        return (m["sluice_dataplane_endpoints_installed_total"] -
                m["sluice_dataplane_endpoints_removed_total"])

    def has_endpoints(self, least, most=None):
        """So many, or so few soon: it carries out commands when its turn comes."""
        until = time.monotonic() + 5
        while not least <= (n := self.endpoints()) <= (least if most is None else most):
            assert time.monotonic() < until, (n, least, most, self.control.text())
            time.sleep(0.02)

    def drops(self):
        """By reason, those there were."""
        return {name: n for name, n in self.metrics().items() if "_drops_" in name and n > 0}

    def __enter__(self):
        self.plane.start()
        try:
            self.start_control()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start_control(self):
        self.control.start()
        self.is_up(1)

    def __exit__(self, *_):
        self.control.stop()
        self.plane.stop()

    def new_plane(self):
        """In place of the one that is gone; to be waited for."""
        self.plane = DataPlane(self.profile, self.namespace, log="dataplane2.log")
        Process.start(self.plane)
        return self.plane

    def is_up(self, times):
        """Waits until the control plane has taken up that many data planes since it started."""
        until = time.monotonic() + 20
        while self.ups() < times:
            assert time.monotonic() < until, self.control.text()
            time.sleep(0.01)

    def ups(self):
        text = self.control.text()
        return text.count("event=reinstalled") + text.count("event=taken-up")

    def media(self, calls, seconds=0.5, **options):
        """A generator that plays the parties of these calls; to be entered."""
        sheet = Sheet("classes 1")
        pps = options["rate"] / len(calls) / 2 if "rate" in options else 50
        for call in calls:
            sheet.call(*call.fields(int(seconds * pps)))
        # on a busy machine, what was sent last may come late
        options.setdefault("drain", 500)
        return Generator.loopback(self.profile, sheet, seconds=seconds, **options)

    def carries(self, calls, seconds=0.5, **options):
        """All packets come, and right."""
        before = self.drops()
        with self.media(calls, seconds, **options) as generator:
            try:
                return generator.passed()["trial"]
            except AssertionError as e:
                raise AssertionError((before, self.drops())) from e
