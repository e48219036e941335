# SPDX-License-Identifier: BSD-3-Clause
"""The relay's figures: on vhost-user, sluice-dataplane on one core, sluice-trafficgen on another.

For each row the highest rate without loss, beside what the same link does with testpmd (5tswap:
the I/O limit) and what the crypto library does alone (the crypto limit); cycles by stage and latency
at 80 % of that rate, of the median of three runs; goodput at twice of it. Run by scripts/bench.sh relay.

On a machine that others share a worker is taken away for milliseconds, and each time packets are
lost, however fast it is: then the rate without loss tells of the machine. So each row also has
what the core does in its busy time under twice the load: the median of windows of 50 ms, by the
worker's own count of cycles.
"""
import argparse
import json
import os
import re
import subprocess
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
from rig import DataPlane, Driver, Generator, Machine, Profile, Sheet  # noqa: E402
from rig.machine import OTHER_CORE, WORKER_CORE, program  # noqa: E402
from rig.process import Process  # noqa: E402

CM, GCM = "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"
KINDS = [("rtp-rtp", None), ("rtp-srtp", CM), ("rtp-srtp", GCM), ("srtp-srtp", CM),
         ("srtp-srtp", GCM)]
PAYLOADS, CALLS = (160, 1200), (100, 10000, 100000)
ADDRESSES = 10            # of the relay: 100,000 calls need 200,000 ports
PRESEALED_MB = 1200
WINDOW = 0.05             # seconds
RUNS = 3                  # at 80 %: the one with the median p99.9 is shown
HUGEPAGES = 2048          # 100,000 calls: contexts, records, packets
STAGES = ("rx", "classify", "flow", "unprotect", "route", "protect", "encap", "tx")


class Bench:
    def __init__(self, seconds, folder):
        self.seconds = seconds
        self.folder = folder

    def generator(self, sheet, vhost, **options):
        device = f"net_virtio_user0,path={vhost},queues=1,mac=02:00:00:00:00:02,queue_size=1024"
        options = {"verify": "sample", "presealed": PRESEALED_MB, "direction": "a", "warmup": 0.2,
                   "descriptors": 1024, "mbufs": 16384, "catch-up": 12, **options}
        return Generator(self.folder, sheet, device, **options)

    def generate(self, sheet, vhost, **options):
        with self.generator(sheet, vhost, **options) as generator:
            return generator.result(180)

    def highest(self, sheet, vhost, payload):
        """Mpps without loss, and what kept it from more."""
        result = self.generate(sheet, vhost, payload=payload, search="loss=0", seconds=self.seconds,
                               resolution=2, search_max=20000000)
        return result["search"]["rate_pps"] / 1e6, result["search"]["bound"]

    # limits: of each row anew, as a shared machine's link is now fast, now slow, by a half

    def io_limit(self, payload):
        with mirror(self.folder) as vhost:
            sheet = Sheet("calls 10000 gen=198.18.0.2 relay=198.18.0.1 ports=16384-36383 "
                          "suite=RTP echo")
            return self.highest(sheet, vhost, payload)[0]

    def crypto_limit(self, suite, payload, calls):
        """Of protect and of unprotect, alone on the core: Mpps by direction."""
        streams = max(calls, 1000)  # which bench_crypto has
        out = self.folder / "crypto.json"
        subprocess.run(["taskset", "-c", str(WORKER_CORE), program("tests/bench_crypto"),
                        "--seconds", "0.6", "--filter", f"{suite}/{payload}/{streams}",
                        "--json", out], check=True, stdout=subprocess.DEVNULL)
        rows = {r["name"]: r for r in json.loads(out.read_text(encoding="utf-8"))}
        return {d: rows[f"{d}/{suite}/{payload}/{streams}"]["value"]
                for d in ("protect", "unprotect")}

    def ideal(self, kind, suite, payload, calls, io):
        """1 / (crypto + I/O), Mpps."""
        spent = 1 / io
        if suite is not None:
            limit = self.crypto_limit(suite, payload, calls)
            spent += 1 / limit["protect"]
            spent += 1 / limit["unprotect"] if kind == "srtp-srtp" else 0
        return 1 / spent

    def calm(self, driver, sheet, vhost, payload, mpps):
        """Cycles and latencies at 80 % of the rate."""
        again(driver, sheet)
        before = driver.counters()
        trial = self.generate(sheet, vhost, payload=payload, rate=int(mpps * 0.8e6),
                              seconds=3 * self.seconds, verify="sample:8")["trial"]
        return {"cycles": by_stage(before, driver.counters()),
                "latency_ns": trial["latency_ns"], "histogram_ns": trial["histogram_ns"]}

    # one row

    def row(self, kind, suite, payload, calls):
        io = self.io_limit(payload)
        ideal = self.ideal(kind, suite, payload, calls, io)
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        with relay(folder, calls) as (vhost, driver):
            sheet = relay_sheet(kind, suite, calls)
            driver.install(sheet)
            mpps, bounded = self.highest(sheet, vhost, payload)
            calm = sorted((self.calm(driver, sheet, vhost, payload, mpps) for _ in range(RUNS)),
                          key=lambda run: run["latency_ns"]["p999"])
            again(driver, sheet)
            with self.generator(sheet, vhost, payload=payload, rate=int(mpps * 2e6),
                                seconds=3 * self.seconds, allow_loss=1000000) as flood:
                busy = busy_rate(driver, flood)
                trial = flood.result(180)["trial"]
        goodput = trial["received"] / trial["seconds"] / 1e6
        return {
            "name": f"relay/{kind}/{suite or 'RTP'}/{payload}/{calls}", "unit": "Mpps",
            "value": round(mpps, 3), "limit": round(ideal, 3), "share": round(mpps / ideal, 3),
            "io_limit": round(io, 3), "bound": bounded,
            "busy": round(busy, 3), "busy_share": round(busy / ideal, 3),
            **calm[RUNS // 2], "p999_ns_of_runs": [r["latency_ns"]["p999"] for r in calm],
            "goodput_at_twice": round(goodput, 3), "offered_at_twice": round(
                trial["sent"] / trial["seconds"] / 1e6, 3),
        }


def again(driver, sheet):
    """Another run of the generator begins its streams anew, which no context would take."""
    driver.do("remove")
    driver.install(sheet)


def busy_rate(driver, flood):
    """Mpps of the time in which the worker had packets, while the generator sends."""
    hz = driver.say("info")["tsc_hz"]
    windows, before = [], driver.say("counters")
    while flood.running():
        time.sleep(WINDOW)
        now = driver.say("counters")
        if "error" in now:  # the worker published at each try
            continue
        packets, cycles = (now[k] - before[k] for k in ("tx_packets", "busy_cycles"))
        if cycles > WINDOW * hz / 4:  # not as it begins, nor as it ends
            windows.append(packets / cycles)
        before = now
    return statistics.median(windows) * hz / 1e6 if windows else 0


def by_stage(before, after):
    """TSC cycles a packet."""
    packets = max(1, after["rx_packets"] - before["rx_packets"])
    return {s: round((after[f"cycles_{s}"] - before[f"cycles_{s}"]) / packets, 1) for s in STAGES}


def relay_sheet(kind, suite, calls):
    each = min(calls, 10000)
    sheet = Sheet()
    for i in range((calls + each - 1) // each):
        sheet.calls(each, a="RTP" if kind.startswith("rtp") else suite, b=suite or "RTP",
                    relay=f"198.18.0.{i + 1}", gen=f"198.18.1.{2 * i + 1}", seed=i,
                    **{"b_gen": f"198.18.1.{2 * i + 2}", "a_ports": "16384-36383",
                       "b_ports": "36416-56415", "ssrc": 0x10000000 + 2 * i * each})
    return sheet


@contextmanager
def relay(folder, calls):
    profile = Profile(folder, "slbench").loopback(
        [f"198.18.0.{i + 1}/16" for i in range(ADDRESSES)])
    profile.port["rx_descriptors"] = profile.port["tx_descriptors"] = 1024
    profile.groups["eal"]["memory_mb"] = 0
    profile.groups["media"].update(endpoints=2 * calls, crypto_memory_mb=calls // 150 + 16)
    profile.groups["idle"] = {"policy": "spin"}
    profile.groups["stage_cycles"] = True
    with DataPlane(profile), Driver(profile) as driver:
        yield profile.vhost, driver


@contextmanager
def mirror(folder):
    """testpmd, which sends each packet back with addresses and ports swapped."""
    vhost = folder / "mirror.sock"
    argv = ["dpdk-testpmd", "-l", f"{OTHER_CORE},{WORKER_CORE}", "--main-lcore", OTHER_CORE,
            "--no-pci", "--in-memory", "--single-file-segments", "--no-telemetry", "--vdev",
            f"net_vhost0,iface={vhost},queues=1", "--", "--nb-cores=1", "--rxq=1", "--txq=1",
            "--rxd=1024", "--txd=1024", "--burst=64", "--total-num-mbufs=16384",
            "--forward-mode=5tswap", "--auto-start"]
    process = Process(argv, folder / "mirror.log", stdin=subprocess.PIPE)
    with process:
        process.wait_for("Checking link statuses")
        yield vhost


def print_row(r):
    c = " ".join(f"{s} {r['cycles'][s]:.0f}" for s in STAGES)
    lat = r["latency_ns"]
    print(f"{r['name']:<52} {r['value']:6.2f} Mpps, {100 * r['share']:3.0f} % of {r['limit']:5.2f}"
          f" (bound by {r['bound']}); busy {r['busy']:5.2f}, "
          f"{100 * r['busy_share']:3.0f} %; at 2x {r['goodput_at_twice']:5.2f}; latency us p50 {lat['p50'] / 1e3:.0f} "
          f"p99 {lat['p99'] / 1e3:.0f} p99.9 {lat['p999'] / 1e3:.0f}; cycles {c}", flush=True)


def parse():
    p = argparse.ArgumentParser(prog="scripts/bench.sh relay")
    p.add_argument("--seconds", type=float, default=0.3, help="of a trial")
    p.add_argument("--json", metavar="FILE", type=argparse.FileType("w", encoding="utf-8"))
    p.add_argument("--filter", default="", metavar="TEXT", help="only rows whose name matches, a regular expression")
    return p.parse_args()


def main():
    args = parse()
    rows = [(k, s, p, c) for k, s in KINDS for p in PAYLOADS for c in CALLS
            if re.search(args.filter, f"relay/{k}/{s or 'RTP'}/{p}/{c}")]
    if not rows:
        sys.exit(f"bench: no row's name matches '{args.filter}'")
    lacks = Machine.lacks()
    if lacks:
        sys.exit(f"bench: {lacks}")
    done = []
    with tempfile.TemporaryDirectory(prefix="slbench-") as folder, Machine(HUGEPAGES):
        bench = Bench(args.seconds, Path(folder))
        for row in rows:
            done.append(bench.row(*row))
            print_row(done[-1])
    if args.json:
        json.dump(done, args.json, indent=1)
        args.json.write("\n")


if __name__ == "__main__":
    os.nice(-15)
    main()
