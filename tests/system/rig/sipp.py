# SPDX-License-Identifier: BSD-3-Clause
"""SIPp as a phone: scenarios of tests/system/sipp, plain RTP, a tone."""
from pathlib import Path

from .exchange import ADDRESS
from .process import Process
from .sound import write_alaw

SCENARIOS = Path(__file__).resolve().parents[1] / "sipp"


class Sipp:
    def __init__(self, exchange, name, tone, side="inside"):
        self.exchange, self.name, self.side, self.tone = exchange, name, side, tone
        self.namespace, self.address = exchange.site(side)
        self.folder = exchange.folder / name
        self.folder.mkdir()
        write_alaw(self.folder / "tone.al", tone)

    def run(self, scenario, service, *options, seconds=2):
        """A process that ends with status 0 if the dialogue went as the scenario says."""
        return Process(
            ["env", "-C", self.folder, "sipp", f"{ADDRESS[self.side]}:5060", "-sf",
             SCENARIOS / f"{scenario}.xml", "-s", service, "-i", self.address, "-p", 5060, "-m", 1,
             "-d", int(seconds * 1000), "-nostdin", "-timeout", 40, "-timeout_error",
             "-trace_err", "-error_file", self.folder / "errors.log", *options],
            self.folder / f"{scenario}.log", self.namespace)

    def register(self):
        with self.run("register", self.name) as process:
            assert process.wait(10) == 0, self.errors(process)
        return self

    def errors(self, process):
        path = self.folder / "errors.log"
        return process.text()[-3000:] + (path.read_text() if path.exists() else "")

    def passed(self, process, seconds=40):
        status = process.wait(seconds)
        assert status == 0, f"{self.name}: status {status}\n{self.errors(process)}"
