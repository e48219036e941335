# SPDX-License-Identifier: BSD-3-Clause
"""Both planes of Sluice as the relay of an exchange: media over AF_PACKET, its addresses on the
TAP, and a listener for each way that Kamailio knows."""
import contextlib

from .control import NOBODY, TOKEN, Control, hashed
from .dataplane import DataPlane
from .profile import Profile

ADDRESS = {"inside": "10.9.0.1", "outside": "10.9.1.1"}  # the proxy has them too
NG_PORT = 2223


class Sluice(contextlib.ExitStack):
    token_port, certificate_port = 8443, 8444

    def __init__(self, exchange):
        super().__init__()
        self.exchange = exchange
        self.profile = Profile(exchange.folder, exchange.folder.name + "-dp").af_packet(
            [f"{address}/24" for address in ADDRESS.values()])
        self.profile.groups["control"]["user"] = NOBODY.pw_name

    def _listeners(self):
        certificate, key = (str(path) for path in self.exchange.server)
        https = {"type": "https", "address": "127.0.0.1", "certificate": certificate, "key": key,
                 "client_ca": str(self.exchange.ca.file), "client_names": ["proxy.test"]}
        token = {"name": "kamailio", "hash": hashed(TOKEN), "sources": ["127.0.0.1"]}
        return [
            {"name": "local", "type": "ng-udp", "address": "127.0.0.1", "port": NG_PORT},
            {"name": "token", "port": self.token_port, "require_client_certificate": False,
             "tokens": [token], **https},
            {"name": "certificate", "port": self.certificate_port, **https}]

    def _interfaces(self):
        return [{"name": side, "addresses": [ADDRESS[side]], "encryption": encryption}
                for side, encryption in (("inside", "forbidden"), ("outside", "required"))]

    def __enter__(self):
        super().__enter__()
        try:
            # the kernel sees each frame too, and must take none: as in site.py
            self.exchange.namespace.run(
                "sysctl", "-qw", "net.ipv4.conf.eth0.rp_filter=1",
                "net.ipv4.conf.eth0.arp_ignore=8", "net.ipv6.conf.eth0.disable_ipv6=1")
            self.dataplane = self.enter_context(DataPlane(self.profile, self.exchange.namespace))
            self.control = Control(self.exchange.folder, self._listeners(),
                                   interfaces=self._interfaces())
            self.control.namespace = self.exchange.namespace
            self.enter_context(self.control)
        except BaseException:
            self.close()
            raise
        return self

    def text(self):
        return self.control.text()
