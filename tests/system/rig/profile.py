# SPDX-License-Identifier: BSD-3-Clause
"""Hardware profiles for tests, as text."""
from .machine import OTHER_CORE, WORKER_CORE


def text(value):
    """In the syntax of libconfig."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + " ".join(f"{k} = {text(v)};" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "( " + ", ".join(text(v) for v in value) + " )"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


class Profile:
    """Groups are dicts that a test may change before 'write'."""

    def __init__(self, folder, prefix):
        self.folder = folder
        self.groups = {
            "eal": {"main_core": OTHER_CORE, "memory_mb": 192, "file_prefix": prefix},
            "ports": [],
            "workers": [{"core": WORKER_CORE}],
            "media": {"endpoints": 4096},
            "control": {"socket": str(folder / "plane.sock")},
            # beside the generator and the kernel, on as few cores
            "idle": {"policy": "backoff", "sleep_us": 50},
        }

    @property
    def socket(self):
        return self.groups["control"]["socket"]

    @property
    def port(self):
        return self.groups["ports"][0]

    def loopback(self, addresses=("198.18.0.1/24", "2001:2::1/64"), vlan=None):
        """vhost-user: the generator's side is a virtio-user of the same path."""
        self.vhost = str(self.folder / "vhost.sock")
        neighbour = {"ip": "default", "mac": "02:00:00:00:00:02"}
        rows = [{"ip": a} for a in addresses]
        if vlan is not None:
            neighbour["vlan"] = vlan
            for row in rows:
                row["vlan"] = vlan
        self.groups["ports"].append({
            "name": "loop", "device": f"net_vhost0,iface={self.vhost},queues=1",
            "rx_descriptors": 256, "tx_descriptors": 256, "rx_checksum": "software",
            "tx_checksum": "software", "steering": "single", "exception": "none",
            "promiscuous": True, "neighbours": [neighbour], "addresses": rows})
        return self

    def _kernel(self, device, addresses, **more):
        self.groups["ports"].append({
            "name": "net", "device": device, "rx_checksum": "software",
            "tx_checksum": "software", "steering": "rss", "exception": "tap", "promiscuous": True,
            "addresses": list(addresses), **more})
        return self

    def af_packet(self, addresses, queues=1):
        return self._kernel(
            f"net_af_packet0,iface=eth0,qpairs={queues},blocksz=65536,framesz=2048,"
            "framecnt=2048,qdisc_bypass=1", addresses)

    def af_xdp(self, addresses):
        return self._kernel("net_af_xdp0,iface=eth0,start_queue=0,queue_count=1,busy_budget=0",
                            addresses, rx_descriptors=2048, tx_descriptors=2048)

    def write(self, name="test.conf"):
        path = self.folder / name
        path.write_text("".join(f"{k} = {text(v)};\n" for k, v in self.groups.items()),
                        encoding="utf-8")
        return path
