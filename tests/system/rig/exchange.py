# SPDX-License-Identifier: BSD-3-Clause
"""Two networks on one wire, inside and outside; a relay and a SIP proxy between them in one
namespace, and phones in namespaces of their own. Media is plain RTP inside, SRTP outside."""
import contextlib
import ipaddress
import itertools
import json

from .control import NOBODY, TOKEN, Http, context, tls
from .namespace import Namespace, connect
from .ng import Proxy
from .pki import SERVER, Authority
from .sluice import ADDRESS, NG_PORT, Sluice


class Exchange(contextlib.ExitStack):
    """By 'way' Kamailio reaches the relay: 'udp', 'wss' with a token, or 'stunnel' with a client
    certificate. Phones outside speak 'sip' over "udp" or "tls"."""

    def __init__(self, folder, way, sip="udp"):
        super().__init__()
        self.folder, self.way, self.sip = folder, way, sip
        self._hosts = itertools.count(11)

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
                                        addresses=[ipaddress.ip_address(a) for a in
                                                   ("127.0.0.1", ADDRESS["outside"])])
            self.client = self.ca.issue("proxy", ["proxy.test"])
            self.relay = self.enter_context(Sluice(self))
        except BaseException:
            self.close()
            raise
        return self

    def site(self, side):
        """(number, namespace, address) of a phone. It has a namespace of its own, as phones send
        media from whatever address the kernel prefers."""
        number = next(self._hosts)
        namespace = self.enter_context(Namespace(f"phone{number}"))
        connect(namespace, self.network, far=f"phone{number}")
        self.network.ip("link", "set", f"phone{number}", "master", "bridge")
        address = f"{ADDRESS[side][:-1]}{number}"
        namespace.ip("addr", "add", f"{address}/24", "dev", "eth0")
        return number, namespace, address

    def calls(self):
        """Their call-ids, as the relay tells the peer that Kamailio is to it: only its own."""
        with self.namespace.entered():
            if self.way == "udp":
                with Proxy(NG_PORT) as proxy:
                    answer = proxy.ask("list")
            else:
                answer = self._ask_https({"command": "list"})
        assert answer["result"] == "ok", answer
        return answer["calls"]

    def _ask_https(self, request):
        port, path, pair = self.relay.token_port, f"/ng-plain/{TOKEN}", None
        if self.way == "stunnel":
            port, path, pair = self.relay.certificate_port, "/ng-plain", self.client
        with tls(port, context(self.ca.file, pair)) as s:
            status, _, body = Http(s).ask("POST", path, json.dumps(request).encode(),
                                          ["Content-Type: application/json"])
        assert status == 200, body
        return json.loads(body)
