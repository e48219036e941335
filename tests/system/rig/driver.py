# SPDX-License-Identifier: BSD-3-Clause
"""plane-driver: sentences in, JSON out. See tests/driver/driver.h."""
import json
import select
import subprocess
import time

from .machine import program


class Driver:
    def __init__(self, profile):
        self.socket = profile.socket
        self.folder = profile.folder
        self.popen = None

    def __enter__(self):
        # errors of call sheets and the like go to the test's own output
        self.popen = subprocess.Popen([program("plane-driver"), self.socket], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            assert self.say("alive") == {"alive": True}  # attached
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.popen.poll() is None:
            self.popen.stdin.close()  # the end of input is "quit"
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self.popen.stdout.close()

    def kill(self):
        self.popen.kill()
        self.popen.wait()

    def send(self, sentence):
        self.popen.stdin.write(sentence + "\n")
        self.popen.stdin.flush()

    def answer(self, seconds=30):
        ready, _, _ = select.select([self.popen.stdout], [], [], seconds)
        assert ready, "plane-driver does not answer"
        line = self.popen.stdout.readline()
        assert line, f"plane-driver ended: {self.popen.wait()}"
        return json.loads(line)

    def say(self, sentence, seconds=30):
        self.send(sentence)
        return self.answer(seconds)

    def do(self, sentence, seconds=30):
        """What must not fail."""
        answer = self.say(sentence, seconds)
        assert not answer.get("error") and not answer.get("refused"), f"{sentence}: {answer}"
        return answer

    def install(self, sheet, *options):
        path = sheet.write(self.folder)
        return self.do(" ".join(["install", str(path), *options]))

    def counters(self):
        """When they stand still, as workers publish what few packets change only now and then;
        or soon, if they don't."""
        before = None
        for _ in range(10):
            now = self.say("counters")
            if before is not None and all(now[k] == before[k] for k in now if "poll" not in k):
                break
            before = now
            time.sleep(0.03)
        return now

    def endpoints(self):
        """By local port."""
        return {e["local_port"]: e for e in self.say("endpoints")}


def drops(counters):
    return {k[5:]: v for k, v in counters.items() if k.startswith("drop_") and v > 0}


def check_identity(counters):
    """Every packet received went somewhere."""
    gone = counters["tx_packets"] + counters["punt_packets"] + sum(drops(counters).values())
    assert counters["rx_packets"] == gone, counters
