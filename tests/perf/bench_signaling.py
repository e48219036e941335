# SPDX-License-Identifier: BSD-3-Clause
"""Signalling: offer and answer pairs a second, each call deleted after its answer.

sluice-controlplane over TLS with client certificates, with a data plane behind it that opens the
ports; and beside it rtpengine-daemon as Debian has it, over UDP, as proxies speak to it. Each gets
one processor; generator and data plane have the others. Run by scripts/bench.sh signaling.
"""
import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
from rig import Machine  # noqa: E402
from rig.control import free_port  # noqa: E402
from rig.machine import has, program  # noqa: E402
from rig.planes import Planes  # noqa: E402
from rig.process import Process  # noqa: E402

GOAL = 10000              # pairs a second of one core
CONNECTIONS = (1, 64)
RATES = ("max", GOAL // 2)
WINDOW = {1: 64, 64: 4}   # calls at a time on each connection
LEGS = "rtp-srtp:AES_CM_128_HMAC_SHA1_80"
# A pair of ports rests for seconds after its call: each call takes two.
PLAIN = [f"198.18.0.{i}" for i in range(1, 5)]
SEALED = [f"198.18.0.{i}" for i in range(5, 9)]
ENDPOINTS = 65536
TICKS = os.sysconf("SC_CLK_TCK")

CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, OTHER_CPU = CPUS[-1], CPUS[0]
PLANE_CPU = CPUS[1] if len(CPUS) > 2 else OTHER_CPU


def cpu_seconds(pid):
    """Of all its threads, in user space and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pin(pid):
    """All its threads, to the processor of whoever is measured."""
    subprocess.run(["taskset", "-a", "-c", "-p", str(SERVER_CPU), str(pid)], check=True,
                   stdout=subprocess.DEVNULL)


class Server:
    def __init__(self, name, pid, arguments):
        self.name, self.pid, self.arguments = name, pid, arguments

    def measure(self, folder, connections, rate, seconds):
        """One row."""
        out = folder / "signaling.json"
        out.unlink(missing_ok=True)
        argv = ["taskset", "-c", OTHER_CPU, program("sluice-trafficgen"), "signaling",
                "--connections", connections, "--window", WINDOW[connections], "--rate", rate,
                "--seconds", seconds, "--legs", LEGS, "--json", out, *self.arguments]
        before, begun = cpu_seconds(self.pid), time.monotonic()
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False)
        spent, lasted = cpu_seconds(self.pid) - before, time.monotonic() - begun
        if not out.exists():
            sys.exit(f"bench: the generator ended with {done.returncode}:\n{done.stderr}")
        result = json.loads(out.read_text(encoding="utf-8"))
        return {
            "name": row_name(self.name, connections, rate), "unit": "pairs/s",
            "value": round(result["pairs_per_s"]),
            "asked": None if rate == "max" else rate,
            "cpu_us_per_pair": round(spent * 1e6 / max(1, result["answer"]["count"]), 1),
            "cpu_share": round(spent / lasted, 3),
            **{step: {k: result[step][k] for k in ("count", "p50_ns", "p99_ns", "max_ns")}
               for step in ("offer", "answer", "delete")},
            "sent_again": result["sent_again"], "wrong": result["wrong"],
            "wrong_by_text": result["wrong_by_text"], "passed": result["passed"],
        }


def row_name(server, connections, rate):
    return f"signaling/{server}/{connections}/{rate}"


@contextmanager
def sluice(folder):
    """Both planes, and a CA of this run."""
    with Planes(folder, PLAIN, SEALED, cores=(OTHER_CPU, PLANE_CPU), endpoints=ENDPOINTS,
                session_limit=ENDPOINTS // 4) as planes:
        pin(planes.control.pid)
        yield Server("sluice/tls", planes.control.pid, planes.arguments)


@contextmanager
def rtpengine(folder):
    """Without its kernel module, which has no part in signalling."""
    port = free_port(socket.SOCK_DGRAM)
    daemon = Process(["taskset", "-c", SERVER_CPU, "rtpengine", "--config-file=none", "--table=-1",
                      "--interface=lo/127.0.0.1", f"--listen-ng=127.0.0.1:{port}",
                      "--port-min=10000", "--port-max=60000", "--foreground", "--log-stderr",
                      "--log-level=3", f"--num-threads={len(CPUS)}"], folder / "rtpengine.log")
    with daemon:
        wait_for_port(daemon, port)
        yield Server("rtpengine/udp", daemon.pid, ["--ng", f"udp://127.0.0.1:{port}"])


def wait_for_port(process, port):
    """Until it answers a ping."""
    until = time.monotonic() + 20
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        s.settimeout(0.2)
        while time.monotonic() < until and process.running():
            try:
                s.send(b"1 d7:command4:pinge")
                if b"pong" in s.recv(2048):
                    return
            except OSError:
                time.sleep(0.1)
    sys.exit(f"bench: rtpengine does not answer:\n{process.text()}")


def print_row(r):
    cells = " ".join(f"{step} {r[step]['p50_ns'] / 1e6:.2f}/{r[step]['p99_ns'] / 1e6:.2f}"
                     for step in ("offer", "answer", "delete"))
    print(f"{r['name']:<36} {r['value']:>7,} pairs/s, {r['cpu_us_per_pair']:5.0f} us of processor a "
          f"pair ({100 * r['cpu_share']:3.0f} %); latency ms p50/p99: {cells}"
          f"{'; sent again ' + str(r['sent_again']) if r['sent_again'] else ''}"
          f"{'' if r['passed'] else '; ' + str(r['wrong']) + ' wrong, or too slow'}", flush=True)


def print_side_by_side(rows):
    by_name = {r["name"]: r for r in rows}
    for rate in RATES:
        for connections in CONNECTIONS:
            ours = by_name.get(row_name("sluice/tls", connections, rate))
            theirs = by_name.get(row_name("rtpengine/udp", connections, rate))
            if ours is not None and theirs is not None:
                print(f"{connections:>3} connections, {rate}: Sluice over TLS {ours['value']:,}, "
                      f"rtpengine over UDP {theirs['value']:,}: "
                      f"{ours['value'] / max(1, theirs['value']):.1f} times as many, at "
                      f"{ours['cpu_us_per_pair']:.0f} and {theirs['cpu_us_per_pair']:.0f} us of "
                      "processor a pair")


def parse():
    p = argparse.ArgumentParser(prog="scripts/bench.sh signaling")
    p.add_argument("--seconds", type=float, default=5, help="of a row")
    p.add_argument("--json", metavar="FILE", type=argparse.FileType("w", encoding="utf-8"))
    p.add_argument("--filter", default="", metavar="TEXT",
                   help="only rows whose name matches, a regular expression")
    return p.parse_args()


def run(args, folder):
    rows = []
    for name, server in (("sluice/tls", sluice), ("rtpengine/udp", rtpengine)):
        wanted = [(c, r) for r in RATES for c in CONNECTIONS
                  if re.search(args.filter, row_name(name, c, r))]
        if not wanted:
            continue
        if server is rtpengine and not has("rtpengine"):
            print("rtpengine is not installed: apt-get install rtpengine-daemon", flush=True)
            continue
        place = Path(tempfile.mkdtemp(dir=folder))
        with server(place) as s:
            for connections, rate in wanted:
                rows.append(s.measure(place, connections, rate, args.seconds))
                print_row(rows[-1])
    return rows


def main():
    args = parse()
    lacks = Machine.lacks()
    if lacks:
        sys.exit(f"bench: {lacks}")
    with tempfile.TemporaryDirectory(prefix="slbsig-") as folder, Machine(640):
        Path(folder).chmod(0o711)
        rows = run(args, Path(folder))
    if not rows:
        sys.exit(f"bench: no row's name matches '{args.filter}'")
    print_side_by_side(rows)
    if args.json:
        json.dump(rows, args.json, indent=1)
        args.json.write("\n")


@contextmanager
def preferred():
    """All that is measured, alike, before other sessions of this machine."""
    group = Path("/proc/self/autogroup")
    nice = group.read_text(encoding="utf-8").split()[-1] if group.exists() else None
    os.nice(-15)
    try:
        if nice is not None:
            group.write_text("-15", encoding="utf-8")
        yield
    finally:
        if nice is not None:
            time.sleep(0.2)  # the kernel takes no two changes at once
            group.write_text(nice, encoding="utf-8")


if __name__ == "__main__":
    with preferred():
        main()
