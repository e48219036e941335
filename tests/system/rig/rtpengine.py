# SPDX-License-Identifier: BSD-3-Clause
"""rtpengine of Debian, all in user space, in the relay's place."""
from .exchange import ADDRESS, NG_PORT
from .process import Process


class Rtpengine(Process):
    passes_keys = True  # from one SRTP leg to the other
    token_port = certificate_port = 8443  # it asks for neither

    def __init__(self, exchange):
        self.exchange = exchange
        super().__init__(
            ["rtpengine", "--config-file=none", "--table=-1",
             *(f"--interface={side}/{address}" for side, address in ADDRESS.items()),
             f"--listen-ng=127.0.0.1:{NG_PORT}", f"--listen-https=127.0.0.1:{self.token_port}",
             f"--https-cert={exchange.server[0]}", f"--https-key={exchange.server[1]}",
             "--port-min=30000", "--port-max=31000",
             "--num-threads=2", "--foreground", "--log-stderr", "--log-level=6",
             f"--pidfile={exchange.folder}/rtpengine.pid"],
            exchange.folder / "rtpengine.log", exchange.namespace)

    def start(self):
        for address in ADDRESS.values():
            self.exchange.namespace.ip("addr", "add", f"{address}/24", "dev", "eth0")
        super().start()
        return self.wait_for("Startup complete")
