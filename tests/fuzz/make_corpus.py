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


def made(suite, kind, ssrc, flags, length, ahead=None, more=0):
    """With just the room that the trailer needs, and 'more'."""
    tag = 16 if suite >= 6 else 4 if suite % 2 and not kind else 10
    room = suite % 5 + tag + 4 * kind + more
    op = [4 | kind] if ahead is None else [2 | kind, ahead >> 8, ahead & 0xFF]
    return bytes(op + [ssrc, flags, length, room])


def raw(kind, packet):
    """With no room at all behind it."""
    return bytes([kind, 0, len(packet)]) + packet + bytes([0])


def protect(suite):
    steps = [
        made(suite, 0, 0, 0, 20), made(suite, 1, 0, 0, 20), made(suite, 0, 1, 0x53, 0, more=3),
        made(suite, 0, 0, 0, 90, more=-1), made(suite, 1, 0, 0, 90, more=-1), bytes([6]),
        made(suite, 0, 0, 0, 9, ahead=30000), made(suite, 0, 0, 0, 9, ahead=0xFFFF),
        made(suite, 0, 0, 0, 9, ahead=0x7FFF), made(suite, 0, 7, 0, 9),
        raw(0, bytes([0x80]) + bytes(11)), raw(0, bytes([0x90]) + bytes(11)),
        raw(0, bytes([0x90]) + bytes(14)), raw(0, bytes([0x8F]) + bytes(20)),
        raw(0, bytes([0x40]) + bytes(20)), raw(0, b""), raw(1, bytes([0x80]) + bytes(7)),
        raw(1, bytes([0x80])), raw(1, bytes([0x40]) + bytes(20)),
    ]
    return key(suite) + b"".join(steps)


def protect_long(suite):
    steps = [made(suite, i % 7 // 6, i % 5 // 4, 0, i) for i in range(90)]
    return key(suite) + b"".join(steps)


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
