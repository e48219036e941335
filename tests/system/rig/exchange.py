# SPDX-License-Identifier: BSD-3-Clause
"""Two networks on one wire, inside and outside; a relay and a SIP proxy between them in one
namespace, and phones in namespaces of their own. Media is plain RTP inside, SRTP outside."""
import contextlib
import ipaddress
import itertools
import json
import socket

from .control import NOBODY
from .namespace import Namespace, connect
from .pki import SERVER, Authority

ADDRESS = {"inside": "10.9.0.1", "outside": "10.9.1.1"}  # of relay and proxy
NG_PORT = 2223


class Exchange(contextlib.ExitStack):
    """'relay' makes a process of this."""

    def __init__(self, folder, relay):
        super().__init__()
        self.folder = folder
        self._relay = relay
        self._hosts = itertools.count(11)
        self._cookies = itertools.count()

    def __enter__(self):
        super().__enter__()
        try:
            self.namespace = self.enter_context(Namespace("relay"))
            self.network = self.enter_context(Namespace("network"))
            connect(self.namespace, self.network)
            self.network.ip("link", "add", "bridge", "type", "bridge")
            self.network.ip("link", "set", "eth0", "master", "bridge")
            self.network.ip("link", "set", "bridge", "up")
            self.ca = Authority(self.folder, "ca", NOBODY)
            self.server = self.ca.issue("relay", ["relay.test"], SERVER,
                                        addresses=[ipaddress.ip_address("127.0.0.1")])
            self.client = self.ca.issue("proxy", ["proxy.test"])
            self.relay = self.enter_context(self._relay(self))
        except BaseException:
            self.close()
            raise
        return self

    def site(self, side):
        """(number, namespace, address) of a phone. A namespace of its own, as phones send media from
        whatever address the kernel prefers."""
        number = next(self._hosts)
        namespace = self.enter_context(Namespace(f"phone{number}"))
        connect(namespace, self.network, far=f"phone{number}")
        self.network.ip("link", "set", f"phone{number}", "master", "bridge")
        address = f"{ADDRESS[side][:-1]}{number}"
        namespace.ip("addr", "add", f"{address}/24", "dev", "eth0")
        return number, namespace, address

    def ask(self, **request):
        """A question of ours to the relay, by ng over UDP."""
        with self.namespace.entered():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with s:
            s.settimeout(5)
            cookie = f"test{next(self._cookies)}"
            s.sendto(f"{cookie} {json.dumps(request)}".encode(), ("127.0.0.1", NG_PORT))
            answer = s.recv(65536).decode()
        head, body = answer.split(" ", 1)
        assert head == cookie
        return json.loads(body)

    def calls(self):
        answer = self.ask(command="list")
        assert answer["result"] == "ok", answer
        return answer["calls"]
