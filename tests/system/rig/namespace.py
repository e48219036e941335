# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces, and veth pairs between them."""
import contextlib
import ctypes
import itertools
import json
import os
import subprocess

_serial = itertools.count()
_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


def run(argv, check=True):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=30)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, argv))}: {done.stderr or done.stdout}")
    return done.stdout


class Namespace:
    def __init__(self, role):
        self.name = f"slt-{os.getpid()}-{next(_serial)}-{role}"

    def argv(self, argv):
        return ["ip", "netns", "exec", self.name, *argv]

    def run(self, *argv, check=True):
        return run(self.argv(argv), check)

    def ip(self, *argv, check=True):
        return run(["ip", "-n", self.name, *argv], check)

    def links(self):
        return {link["ifname"] for link in json.loads(self.ip("-j", "link"))}

    @contextlib.contextmanager
    def entered(self):
        """Sockets that this thread makes meanwhile are in the namespace, and stay there."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        away = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            if _libc.setns(away, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            yield self
        finally:
            _libc.setns(home, _CLONE_NEWNET)
            os.close(home)
            os.close(away)

    def __enter__(self):
        run(["ip", "netns", "add", self.name])
        # addresses are used at once: nobody else has them
        self.run("sh", "-c", "for f in all default; do echo 0 > /proc/sys/net/ipv6/conf/$f/dad_transmits;"
                 " echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad; done")
        self.ip("link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        run(["ip", "netns", "del", self.name], check=False)


def connect(a, b, queues=1, far="eth0"):
    """A veth pair, eth0 in both, or 'far' in b. The kernel leaves checksums partial on veth unless
    told."""
    run(["ip", "link", "add", "eth0", "netns", a.name, "numtxqueues", queues, "numrxqueues", queues,
         "type", "veth", "peer", "name", far, "netns", b.name, "numtxqueues", queues,
         "numrxqueues", queues])
    for n, link in ((a, "eth0"), (b, far)):
        n.run("ethtool", "-K", link, "tx", "off", "rx", "off", "gro", "off", "tso", "off",
              "gso", "off")
        n.ip("link", "set", link, "up")


def mac(namespace, link="eth0"):
    return json.loads(namespace.ip("-j", "link", "show", link))[0]["address"]
