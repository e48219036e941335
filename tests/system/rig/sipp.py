# SPDX-License-Identifier: BSD-3-Clause
"""SIPp as a phone: scenarios of tests/system/sipp, plain RTP, a tone."""
import contextlib
import time
from pathlib import Path

from .process import Process
from .sluice import ADDRESS
from .sound import write_alaw

SCENARIOS = Path(__file__).resolve().parents[1] / "sipp"


class Sipp:
    def __init__(self, exchange, name, tone, side="inside"):
        self.exchange, self.side, self.tone = exchange, side, tone
        number, self.namespace, self.address = exchange.site(side)
        self.user = f"{name}{number}"
        self.folder = exchange.folder / self.user
        self.folder.mkdir()
        write_alaw(self.folder / "tone.al", tone)

    def run(self, scenario, service, *options, seconds=2, calls=1):
        """A process that ends with status 0 if the dialogue went as the scenario says; 'seconds'
        is how long it talks."""
        return Process(
            ["env", "-C", self.folder, "sipp", f"{ADDRESS[self.side]}:5060", "-s", service,
             "-sf", SCENARIOS / f"{scenario}.xml", "-i", self.address, "-p", 5060,
             "-m", calls, "-l", calls, "-r", 20, "-d", int(seconds * 1000),
             "-nostdin", "-timeout", 40, "-timeout_error",
             "-trace_err", "-error_file", self.folder / "errors.log", *options],
            self.folder / f"{scenario}.log", self.namespace)

    def register(self):
        with self.run("register", self.user) as process:
            assert process.wait(10) == 0, self.errors(process)
        return self

    def errors(self, process):
        path = self.folder / "errors.log"
        return process.text()[-3000:] + (path.read_text() if path.exists() else "")

    @contextlib.contextmanager
    def answer(self, scenario="answer", calls=1):
        """Once it listens. An ACK that comes twice, as on a busy machine, must not end the call."""
        with self.run(scenario, self.user, "-default_behaviors", "all,-abortunexp",
                      calls=calls) as process:
            until = time.monotonic() + 10
            while ":13C4 " not in Path(f"/proc/{process.pid}/net/udp").read_text():
                assert process.running() and time.monotonic() < until, self.errors(process)
                time.sleep(0.02)
            yield process

    def passed(self, process, seconds=40):
        status = process.wait(seconds)
        assert status == 0, f"{self.user}: status {status}\n{self.errors(process)}"
