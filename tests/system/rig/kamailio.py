# SPDX-License-Identifier: BSD-3-Clause
"""Kamailio with scripts/examples/kamailio.cfg as it is, and stunnel beside it."""
import contextlib
from pathlib import Path

from .control import TOKEN
from .process import Process
from .sluice import ADDRESS, NG_PORT

EXAMPLES = Path(__file__).resolve().parents[3] / "scripts/examples"


class Kamailio(Process):
    def __init__(self, exchange, relay):
        folder = exchange.folder / "kamailio"
        folder.mkdir()
        port = {"udp": 5060, "tls": 5061}[exchange.sip]
        settings = [f"INSIDE=udp:{ADDRESS['inside']}:5060", f'RELAY="{relay}"',
                    f"OUTSIDE={exchange.sip}:{ADDRESS['outside']}:{port}"]
        if exchange.sip == "tls":
            (folder / "tls.cfg").write_text(
                f"[server:default]\nmethod = TLSv1.2+\ncertificate = {exchange.server[0]}\n"
                f"private_key = {exchange.server[1]}\n", encoding="utf-8")
            settings += ["WITH_TLS", f'CERTIFICATES="{folder}/tls.cfg"']
        # -dd: so that it says when the relay is there
        argv = ["kamailio", "-DD", "-E", "-dd", "-f", EXAMPLES / "kamailio.cfg", "-Y", folder,
                "-w", folder, "-m", "64", "-M", "8"]
        for setting in settings:
            argv += ["-A", setting]
        super().__init__(argv, exchange.folder / "kamailio.log", exchange.namespace,
                         env={"SSL_CERT_FILE": str(exchange.ca.file)})

    def start(self):
        super().start()
        try:
            return self.wait_for("found, support for it enabled", 20)
        except BaseException:
            self.stop()
            raise


class Stunnel(Process):
    """A client certificate for who has none to show: scripts/examples/stunnel.conf."""

    def __init__(self, exchange):
        text = (EXAMPLES / "stunnel.conf").read_text(encoding="utf-8")
        for theirs, ours in (
                ("/etc/kamailio/relay-client.crt", exchange.client[0]),
                ("/etc/kamailio/relay-client.key", exchange.client[1]),
                ("/etc/kamailio/relay-ca.crt", exchange.ca.file),
                ("relay.example:8443", f"127.0.0.1:{exchange.relay.certificate_port}"),
                ("relay.example", "relay.test")):
            assert theirs in text, theirs
            text = text.replace(theirs, str(ours))
        path = exchange.folder / "stunnel.conf"
        path.write_text(text, encoding="utf-8")
        super().__init__(["stunnel", path], exchange.folder / "stunnel.log", exchange.namespace)

    def start(self):
        super().start()
        try:
            return self.wait_for("Configuration successful", 10)
        except BaseException:
            self.stop()
            raise


@contextlib.contextmanager
def proxy(exchange):
    """Kamailio, and what it needs to reach the relay."""
    relay = {"udp": f"udp:127.0.0.1:{NG_PORT}",
             "wss": f"wss://127.0.0.1:{exchange.relay.token_port}/ng/{TOKEN}",
             "stunnel": "ws://127.0.0.1:8080/ng"}[exchange.way]
    with contextlib.ExitStack() as stack:
        if exchange.way == "stunnel":
            stack.enter_context(Stunnel(exchange))
        yield stack.enter_context(Kamailio(exchange, relay))
