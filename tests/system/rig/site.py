# SPDX-License-Identifier: BSD-3-Clause
"""A relay in a namespace of its own, and its parties in another, joined by veth."""
import contextlib

from .namespace import Namespace, connect, mac

RELAY = {4: "10.9.0.1", 6: "fd09::1"}
A = {4: "10.9.0.2", 6: "fd09::2"}
B = {4: "10.9.0.3", 6: "fd09::3"}


class Site(contextlib.ExitStack):
    def __init__(self, profile, kind="af_packet", queues=1):
        super().__init__()
        self.profile = profile
        addresses = [f"{RELAY[4]}/24", f"{RELAY[6]}/64"]
        if kind == "af_xdp":
            profile.af_xdp(addresses)
        else:
            profile.af_packet(addresses, queues)

    def __enter__(self):
        super().__enter__()
        try:
            self.relay = self.enter_context(Namespace("relay"))
            self.peers = self.enter_context(Namespace("peers"))
            connect(self.relay, self.peers)
            # Under AF_PACKET the kernel sees each frame too. It must take none: the relay's
            # addresses are on the TAP, but Linux answers for them on any interface.
            self.relay.run("sysctl", "-qw", "net.ipv4.conf.eth0.rp_filter=1",
                           "net.ipv4.conf.eth0.arp_ignore=8", "net.ipv6.conf.eth0.disable_ipv6=1")
            for party in (A, B):
                self.peers.ip("addr", "add", f"{party[4]}/24", "dev", "eth0")
                self.peers.ip("addr", "add", f"{party[6]}/64", "dev", "eth0", "nodad")
        except BaseException:
            self.close()
            raise
        return self

    @property
    def relay_mac(self):
        return mac(self.relay)


def host(address):
    return f"[{address}]" if ":" in address else address


def call(a, b, a_port=5000, b_port=6000, relay=(20032, 20096), family=(4, 4), rtcp="mux",
         more=()):
    """The fields of a 'call' between party A and party B; 'a' and 'b' are (suite, key that the
    party sends under, key that it receives under), or None for RTP."""
    fields = [f"a.gen={host(A[family[0]])}:{a_port}", f"b.gen={host(B[family[1]])}:{b_port}",
              f"a.relay={host(RELAY[family[0]])}:{relay[0]}",
              f"b.relay={host(RELAY[family[1]])}:{relay[1]}", f"rtcp={rtcp}"]
    for leg, crypto in (("a", a), ("b", b)):
        if crypto is None:
            fields.append(f"{leg}.suite=RTP")
        else:
            suite, send, receive = crypto
            fields += [f"{leg}.suite={suite}", f"{leg}.send-key={send.hex()}",
                       f"{leg}.recv-key={receive.hex()}"]
    return [*fields, *more]
