#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seed corpora of the fuzz targets into tests/fuzz/corpus, one file a suite, and
some that are long enough for bursts which are worked on in parts.

The formats are those that fuzz_read_key() in fuzz.c and step() of each target read."""
import pathlib

SUITES = 8
RAW_RTP, RAW_RTCP, SEND_RTP, SEND_RTCP, KEEP_RTP, KEEP_RTCP = range(6)
AGAIN, DAMAGE, CUT, GROW, SWAP_KIND, RUN = range(6, 12)


def key(suite):
    """Both backends, every suite; MKIs of 0 to 4 bytes; all windows; 1 to 8 SSRCs."""
    return bytes([suite % 4, suite, suite % 5 | (suite % 4) << 4, suite])


def send(op, ssrc=0, flags=0, length=20):
    return bytes([op, ssrc, flags, length])


def keep(ahead, ssrc=0, op=KEEP_RTP):
    return bytes([op]) + (ahead & 0xFFFF).to_bytes(2, "big") + bytes([ssrc, 0, 40])


def unprotect(suite):
    rtp = bytes([0x80, 96]) + bytes(26)
    rtcp = bytes([0x81, 200]) + bytes(34)
    steps = [
        send(SEND_RTP), send(SEND_RTP, flags=0x13), send(SEND_RTCP), send(SEND_RTP, 1, 0xD2, 0),
        bytes([AGAIN, 0]), bytes([RUN]), bytes([AGAIN, 1]),
        bytes([DAMAGE, 0, 0, 14, 1]), bytes([DAMAGE, 2, 0, 30, 0x80]), bytes([CUT, 0, 0, 13]),
        bytes([GROW, 0, 7]), bytes([SWAP_KIND, 0]), bytes([SWAP_KIND, 2]), bytes([RUN]),
        # the sequence wraps, jumps within a burst, and comes late
        keep(30000), keep(30000), keep(30000), bytes([AGAIN, 2, AGAIN, 1, AGAIN, 0]),
        keep(1), keep(2), keep(-1), bytes([AGAIN, 1, AGAIN, 0, AGAIN, 2]),
        keep(0x8000), bytes([AGAIN, 0]), keep(20000), keep(25000), bytes([AGAIN, 0, AGAIN, 1]),
        bytes([RUN]), keep(5, 2), bytes([AGAIN, 0]), send(SEND_RTCP, 2),
        bytes([RAW_RTP, 0, len(rtp)]) + rtp, bytes([RAW_RTCP, 0, len(rtcp)]) + rtcp,
        bytes([RAW_RTP, 0, 3, 0x80, 0, 0]),
    ]
    return key(suite) + b"".join(steps)


def unprotect_long(suite):
    """Full bursts: out of order, twice the same, and in order."""
    n = 78
    made = [keep(1, i % 3 // 2, KEEP_RTCP if i % 13 == 0 else KEEP_RTP) for i in range(n)]
    shuffled = [bytes([AGAIN, i * 31 % n]) for i in range(n)]
    sent = [send(SEND_RTP, 0, 0, i) for i in range(n)]
    return key(suite) + b"".join(made + shuffled + [bytes([RUN])] + shuffled[:20] + sent)


def protect(suite):
    made, jump, raw = 4, 2, 0
    steps = [
        bytes([made, 0, 0, 20, 4]), bytes([made | 1, 0, 0, 20, 4]), bytes([made, 1, 0x53, 0, 0]),
        bytes([made, 0, 0, 90, 5]), bytes([jump, 0x75, 0x30, 0, 0, 9, 4]), bytes([6]),
        bytes([jump, 0xFF, 0xFF, 0, 0, 9, 4]), bytes([jump, 0x7F, 0xFF, 0, 0, 9, 4]),
        bytes([raw, 0, 14]) + bytes([0x80]) + bytes(13) + bytes([2]),
        bytes([raw | 1, 0, 9]) + bytes([0x80]) + bytes(8) + bytes([0]),
        bytes([raw, 0, 12]) + bytes([0x1F]) + bytes(11) + bytes([0]),
    ]
    return key(suite) + b"".join(steps)


def protect_long(suite):
    return key(suite) + b"".join(bytes([4 + i % 7 // 6, i % 5 // 4, 0, i, 4]) for i in range(90))


def main():
    top = pathlib.Path(__file__).parent / "corpus"
    for target, seed, long_seed in (
        ("srtp_unprotect", unprotect, unprotect_long),
        ("srtp_protect", protect, protect_long),
    ):
        folder = top / target
        folder.mkdir(parents=True, exist_ok=True)
        for suite in range(SUITES):
            (folder / f"suite{suite}").write_bytes(seed(suite))
        for suite in (0, 3, 6):
            (folder / f"long{suite}").write_bytes(long_seed(suite))


main()
