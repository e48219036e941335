# SPDX-License-Identifier: BSD-3-Clause
"""Kamailio with scripts/examples/kamailio.cfg as it is, and stunnel beside it."""
import time
from pathlib import Path

from .exchange import ADDRESS
from .process import Process

EXAMPLES = Path(__file__).resolve().parents[3] / "scripts/examples"


class Kamailio(Process):
    def __init__(self, exchange, relay, ca=None):
        folder = exchange.folder / "kamailio"
        folder.mkdir(exist_ok=True)
        settings = [("INSIDE", f"udp:{ADDRESS['inside']}:5060"),
                    ("OUTSIDE", f"udp:{ADDRESS['outside']}:5060"), ("RELAY", f'"{relay}"')]
        argv = ["kamailio", "-DD", "-E", "-f", EXAMPLES / "kamailio.cfg", "-Y", folder, "-w",
                folder, "-m", "64", "-M", "8", "-dd"]
        for name, value in settings:
            argv += ["-A", f"{name}={value}"]
        super().__init__(argv, exchange.folder / "kamailio.log", exchange.namespace,
                         env={"SSL_CERT_FILE": str(ca)} if ca else None)

    def start(self):
        super().start()
        try:
            return self.wait_for("support for it enabled", 5)  # of the relay, once it answered a ping
        except BaseException:
            self.stop()
            raise


class Stunnel(Process):
    """A client certificate for who has none to show."""

    def __init__(self, exchange, certificate, key, ca):
        text = (EXAMPLES / "stunnel.conf").read_text()
        for ours, value in (("/etc/kamailio/relay-client.crt", certificate),
                            ("/etc/kamailio/relay-client.key", key),
                            ("/etc/kamailio/relay-ca.crt", ca),
                            ("relay.example:8443", "127.0.0.1:8443"),
                            ("checkHost = relay.example", "checkHost = relay.test")):
            assert ours in text, ours
            text = text.replace(ours, str(value))
        path = exchange.folder / "stunnel.conf"
        path.write_text(text)
        super().__init__(["stunnel", path], exchange.folder / "stunnel.log", exchange.namespace)

    def start(self):
        super().start()
        return self.wait_for("Configuration successful")
