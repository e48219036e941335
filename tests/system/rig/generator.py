# SPDX-License-Identifier: BSD-3-Clause
"""sluice-trafficgen over a virtio-user or AF_PACKET device."""
import itertools
import json

from .machine import OTHER_CORE, program
from .process import Process

_serial = itertools.count()


class Generator(Process):
    """Extra options as --key value; True for those without a value."""

    def __init__(self, folder, sheet, device, dst_mac="02:00:00:00:00:01", namespace=None,
                 **options):
        self.json = folder / f"generator{next(_serial)}.json"
        argv = [program("sluice-trafficgen"), "--sheet", sheet.write(folder), "--port", device,
                "--dst-mac", dst_mac, "--file-prefix", folder.name, "--core", OTHER_CORE,
                "--json", self.json]
        for key, value in options.items():
            argv.append("--" + key.replace("_", "-"))
            if value is not True:
                argv.append(value)
        super().__init__(argv, folder / f"{self.json.stem}.log", namespace)

    @classmethod
    def loopback(cls, profile, sheet, **options):
        device = f"net_virtio_user0,path={profile.vhost},queues=1,mac=02:00:00:00:00:02"
        return cls(profile.folder, sheet, device, **options)

    @classmethod
    def af_packet(cls, folder, sheet, namespace, dst_mac, **options):
        device = ("net_af_packet0,iface=eth0,qpairs=1,blocksz=65536,framesz=2048,framecnt=2048,"
                  "qdisc_bypass=1")
        return cls(folder, sheet, device, dst_mac, namespace, **options)

    def result(self, seconds=60):
        """Its JSON, when it has ended; whether its checks held is for passed()."""
        status = self.wait(seconds)
        assert status in (0, 1), f"generator: status {status}\n{self.text()}"
        with open(self.json, encoding="utf-8") as f:
            result = json.load(f)
        assert result["passed"] == (status == 0), self.text()
        return result

    def passed(self, seconds=60):
        """All packets came, and right. A busy machine may have sent them late."""
        result = self.result(seconds)
        assert set(result["failed"]) <= {"rate"}, self.text()
        assert result["trial"]["sent"] > 0 and result["trial"]["lost"] == 0, self.text()
        return result
