# SPDX-License-Identifier: BSD-3-Clause
"""A program under test or beside it, with its output in a file."""
import os
import signal
import subprocess
import time


class Process:
    def __init__(self, argv, log, namespace=None, stdin=subprocess.DEVNULL, env=None):
        self.argv = [str(a) for a in argv]
        self.log = log
        self.namespace = namespace
        self._stdin = stdin
        self._env = env
        self.popen = None

    def start(self):
        argv = self.argv
        if self.namespace is not None:
            argv = self.namespace.argv(argv)  # which ends in exec: the pid is the program's
        env = dict(os.environ, **self._env) if self._env else None
        with open(self.log, "wb") as out:
            self.popen = subprocess.Popen(argv, stdin=self._stdin, stdout=out, stderr=out, env=env)
        return self

    @property
    def pid(self):
        return self.popen.pid

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def wait_for(self, words, seconds=60):
        """Until its output has these words; fails if it ends before."""
        until = time.monotonic() + seconds
        while True:
            ended = not self.running()
            if words in self.text():
                return self
            if ended:
                raise AssertionError(f"{self.argv[0]} ended ({self.popen.poll()}):\n{self.text()}")
            if time.monotonic() > until:
                raise AssertionError(f"{self.argv[0]} does not say '{words}':\n{self.text()}")
            time.sleep(0.02)

    def wait(self, seconds=30):
        return self.popen.wait(seconds)

    def kill(self):
        """As a crash does."""
        self.popen.kill()
        self.popen.wait()

    def stop(self, seconds=10, number=signal.SIGTERM):
        """Its exit status; -9 if it had to be killed."""
        if self.popen is None:
            return None
        if self.running():
            self.popen.send_signal(number)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
