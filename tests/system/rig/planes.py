# SPDX-License-Identifier: BSD-3-Clause
"""Both planes on the loopback profile, with a throw-away CA: what a generator places calls with."""
import contextlib
import ipaddress
import os
import subprocess

from .control import NOBODY, Control, free_port
from .dataplane import DataPlane
from .machine import OTHER_CORE, WORKER_CORE, program
from .pki import SERVER, Authority
from .profile import Profile

CALLER = "caller.test"
DESCRIPTORS = 4096


class Planes(contextlib.ExitStack):
    """Interface "plain" is for RTP, "sealed" for SRTP. 'cores' are the data plane's main one and its
    worker's. 'arguments' are those of the generator's that it is reached by."""

    def __init__(self, folder, plain, sealed, cores=(OTHER_CORE, WORKER_CORE), endpoints=4096,
                 **top):
        super().__init__()
        self.folder, self.top = folder, top
        self.interfaces = [{"name": "plain", "addresses": plain, "encryption": "forbidden"},
                           {"name": "sealed", "addresses": sealed, "encryption": "required"}]
        self.profile = Profile(folder, folder.name + "-dp").loopback(
            [a + ("/64" if ":" in a else "/24") for a in [*plain, *sealed]])
        # long enough for the pauses of a busy machine
        self.profile.port["rx_descriptors"] = self.profile.port["tx_descriptors"] = DESCRIPTORS
        groups = self.profile.groups
        groups["eal"].update(main_core=cores[0], memory_mb=0, share_main_core=cores[0] == cores[1])
        groups["workers"] = [{"core": cores[1]}]
        groups["media"].update(endpoints=endpoints, crypto_memory_mb=endpoints // 256 + 16)
        groups["control"]["user"] = "nobody"

    def _prepare(self):
        self.folder.chmod(0o711)
        self.ca = Authority(self.folder, "ca", NOBODY)
        self.relay = self.ca.issue("relay", usage=SERVER,
                                   addresses=[ipaddress.ip_address("127.0.0.1")])
        self.caller = self.ca.issue("caller", [CALLER])
        self.state, self.key = self.folder / "state", self.folder / "node.key"
        self.state.mkdir(mode=0o700)
        subprocess.run([program("sluice-controlplane"), "--new-node-key", self.key], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in (self.state, self.key):
            os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)

    def _control(self):
        self.port = free_port()
        listener = {"name": "callers", "type": "ng-tls", "address": "127.0.0.1", "port": self.port,
                    "certificate": str(self.relay[0]), "key": str(self.relay[1]),
                    "client_ca": str(self.ca.file), "client_names": [CALLER]}
        return Control(self.folder, [listener], interfaces=self.interfaces, **{
            "state_directory": str(self.state), "node_key": str(self.key), "log_level": "info",
            "dataplane_socket": self.profile.socket, **self.top})

    def __enter__(self):
        super().__enter__()
        try:
            self._prepare()
            self.dataplane = self.enter_context(DataPlane(self.profile))
            self.control = self.enter_context(self._control())
        except BaseException:
            self.close()
            raise
        return self

    @property
    def arguments(self):
        return ["--ng", f"tls://127.0.0.1:{self.port}", "--ca", self.ca.file,
                "--certificate", self.caller[0], "--key", self.caller[1],
                "--interface-plain", "plain", "--interface-sealed", "sealed"]
