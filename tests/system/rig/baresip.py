# SPDX-License-Identifier: BSD-3-Clause
"""baresip as a phone: SDES, a tone out of a file, what it hears into another. It is driven by its
ctrl_tcp module: JSON in netstrings."""
import itertools
import json
import socket
import time

from .process import Process
from .sluice import ADDRESS
from .sound import write_wav

MODULES = "/usr/lib/baresip/modules"
CONTROL_PORT = 4444

CONFIG = """\
sip_listen {address}:5060
sip_cafile {ca}
sip_verify_server yes
net_interface {address}
call_max_calls 2
audio_player aubridge,sink
audio_source aufile,{folder}/tone.wav
audio_alert aubridge,null
snd_path {folder}
ausrc_srate 8000
auplay_srate 8000
audio_level no
rtp_ports 22000-23000
rtcp_mux no
module_path {modules}
module aubridge.so
module aufile.so
module sndfile.so
module g711.so
module srtp.so
module uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{port}
"""


class Baresip(Process):
    def __init__(self, exchange, name, tone, side="outside", user=None, answers="auto"):
        self.exchange, self.side, self.tone = exchange, side, tone
        number, self.namespace, self.address = exchange.site(side)
        self.name = f"{name}{number}"
        self.user = user or self.name
        self.folder = exchange.folder / self.name
        self.folder.mkdir()
        write_wav(self.folder / "tone.wav", tone)
        (self.folder / "config").write_text(CONFIG.format(
            address=self.address, folder=self.folder, modules=MODULES, port=CONTROL_PORT,
            ca=exchange.ca.file))
        self._proxy, crypto = ADDRESS[side], ""
        if side == "outside":
            self._proxy += f";transport={exchange.sip}"
            crypto = "mediaenc=srtp-mand;"
        (self.folder / "accounts").write_text(
            f"<sip:{self.user}@{self._proxy}>;regint=60;auth_pass=none;{crypto}"
            f"answermode={answers};audio_codecs=pcma\n")
        (self.folder / "contacts").write_text("")
        self._rest = b""
        self._events = []
        self._tokens = itertools.count()
        super().__init__(["baresip", "-f", self.folder], self.folder / "log", self.namespace)

    def start(self):
        super().start()
        try:
            self._connect()
            self.wait_for(" binding", 10)  # registered
        except BaseException:
            self.stop()
            raise
        return self

    def _connect(self):
        until = time.monotonic() + 10
        while True:
            with self.namespace.entered():
                self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                self._socket.connect(("127.0.0.1", CONTROL_PORT))
                return
            except OSError:
                self._socket.close()
                assert self.running() and time.monotonic() < until, self.text()
                time.sleep(0.05)

    def _read(self, until):
        """The next message, or None if it is too late."""
        while True:
            head, colon, rest = self._rest.partition(b":")
            if colon and len(rest) > int(head):
                self._rest = rest[int(head) + 1:]
                return json.loads(rest[:int(head)])
            self._socket.settimeout(max(0.01, until - time.monotonic()))
            try:
                more = self._socket.recv(65536)
            except TimeoutError:
                return None
            assert more, self.text()
            self._rest += more

    def wait_event(self, kind, seconds=10):
        """Takes it out of what happened."""
        until = time.monotonic() + seconds
        while True:
            for i, event in enumerate(self._events):
                if event["type"] == kind:
                    return self._events.pop(i)
            message = self._read(until)
            assert message is not None, f"{self.name}: no {kind}, but {self._events}\n{self.text()}"
            if message.get("event"):
                self._events.append(message)

    def say(self, command, params=""):
        token = str(next(self._tokens))
        text = json.dumps({"command": command, "params": params, "token": token})
        self._socket.sendall(f"{len(text)}:{text},".encode())
        until = time.monotonic() + 10
        while True:
            message = self._read(until)
            assert message is not None, f"{self.name}: '{command}' is not answered\n{self.text()}"
            if message.get("event"):
                self._events.append(message)
            elif message.get("token") == token:
                assert message["ok"], message
                return message["data"]

    def dial(self, user):
        return self.say("dial", f"sip:{user}@{self._proxy}")

    def heard(self):
        """The newest recording of what it received."""
        files = sorted(self.folder.glob("*-dec.wav"), key=lambda p: p.stat().st_mtime)
        assert files, f"{self.name} recorded nothing\n{self.text()}"
        return files[-1]
