#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seed corpora of the fuzz targets into tests/fuzz/corpus, one file a suite, and
some that are long enough for bursts which are worked on in parts.

The formats are those that fuzz_read_key() in fuzz.c and step() of each target read."""
import pathlib
import struct

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


def u32(n):
    return (n & 0xFFFFFFFF).to_bytes(4, "big")


def le(*fields):
    """Words of a message: (value, bytes) each."""
    return b"".join(value.to_bytes(size, "little") for value, size in fields)


IPV4 = bytes([192, 0, 2, 9]) + bytes(12) + le((4000, 2), (4, 1), (0, 1))
# of fuzz_link_command: the first four write counters, the next two slots
COMMAND_HEAD, INJECT_HEAD, EVENT_TAIL, PUNT_TAIL, WRITE_COMMAND, WRITE_INJECT = range(1, 7)
TAKE_COMMAND, TAKE_INJECTED, SEND_EVENT, SEND_PUNT, SLEEP = range(7, 12)


def link_command():
    """A client that keeps the rules on one worker, and breaks them on the other."""
    command = le((1, 2), (1, 1), (31, 1), (7, 4), (0, 4), (1, 4), (0, 2), (20000, 2)) + IPV4
    command += le((1, 1), (1, 1), (3, 1), (0, 3), (8, 2), (0, 16))
    packet = le((0, 4), (1, 4)) + IPV4 + le((100, 2)) + bytes(34)
    long = le((0, 4), (1, 4)) + IPV4 + le((65535, 2)) + bytes(34)
    return b"".join([
        bytes([WRITE_COMMAND, 0]) + command, bytes([COMMAND_HEAD, 1, TAKE_COMMAND, TAKE_COMMAND]),
        bytes([WRITE_INJECT, 0]) + packet, bytes([WRITE_INJECT, 1]) + long,
        bytes([INJECT_HEAD, 2, TAKE_INJECTED, TAKE_INJECTED, TAKE_INJECTED]),
        bytes([SEND_EVENT] * 17), bytes([EVENT_TAIL, 9, SEND_EVENT, EVENT_TAIL, 3, SEND_EVENT]),
        bytes([SEND_PUNT, 0, 100, SEND_PUNT, 7, 0xC0, SEND_PUNT, 7, 0xC1, PUNT_TAIL, 200]),
        bytes([SEND_PUNT, 0, 1, SLEEP, 128 | COMMAND_HEAD, 9, 128 | TAKE_COMMAND]),
        bytes([128 | INJECT_HEAD, 0xFF]), u32(-1), bytes([128 | TAKE_INJECTED, 128 | SLEEP]),
        bytes([0]), u32(64), bytes([64]), bytes(range(64)),
    ])


def plane_client(hello):
    """A data plane that says what it should, then what it should not."""
    record, event, punt, command_tail, inject_tail, install, send, take, read, slot, sleep = (
        range(1, 12))
    good = le((1, 2), (1, 1), (0, 1), (7, 4), (0, 4), (1, 4)) + IPV4 + bytes(28)
    bad = le((1, 2), (9, 1), (0, 1), (7, 4), (9, 4), (1, 4)) + IPV4 + bytes(28)
    stun = le((0, 4), (1, 4)) + IPV4 + le((20, 2), (1, 1)) + bytes(33)
    long = le((0, 4), (1, 4)) + IPV4 + le((65535, 2), (1, 1)) + bytes(33)
    identity = le((1, 1), (1, 1), (1, 1), (3, 1), (0, 1), (6, 1), (255, 1), (0, 1), (1, 4))
    identity += le((0, 2), (20000, 2)) + IPV4 + le((0, 16), (8, 2), (0, 2))
    seen = le((1 << 63 | 70000, 8), (5, 4), (1 << 31 | 3, 4))
    return hello + b"".join([
        bytes([install, 0, install, 1, install, 5, command_tail, 1, take, install, 2]),
        bytes([event, 0]) + good, bytes([event, 0]) + bad, bytes([event | 128, 0]) + good,
        bytes([punt, 0]) + stun, bytes([punt, 0]) + long, bytes([take]),
        bytes([record, 0, 0, 8, len(identity)]) + identity,
        bytes([record, 0, 0, 80, len(seen)]) + seen, bytes([record, 0, 0, 144, len(seen)]) + seen,
        bytes([record, 1, 0, 0, 1, 1]), bytes([read, 0, 0, slot, 0, 0, 3, 1, slot, 1, 9, 4, 1]),
        bytes([send, 0, 0, 100, send, 5, 8, 0, inject_tail, 1, send, 0, 0, 0, sleep]),
        bytes([command_tail, 0, take, event, 0xFF]) + good, bytes([take, sleep, install, 0]),
        bytes([0]), u32(300), bytes([64]), bytes(range(64)), bytes([read, 0, 0]),
    ])


def write_contract(top):
    seeds = {
        "link_command": {"both": link_command()},
        "plane_client": {
            "good": plane_client(bytes([0])),
            "hello": plane_client(bytes([1, 32, 4, 2, 0, 0, 0])),
            "geometry": bytes([1, 32, 24]) + bytes([255] * 24),
        },
    }
    for target, files in seeds.items():
        (top / target).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (top / target / name).write_bytes(content)


def frame(family, payload, tags=b"", options=b"", fragment=0):
    """To an address of fuzz_classify.c, without UDP checksum; a right IPv4 header checksum."""
    udp = struct.pack("!4H", 4000, 20000, 8 + len(payload), 0) + payload
    if family == 4:
        start = struct.pack("!BBHHHBB", 0x45 + len(options) // 4, 0, 20 + len(options) + len(udp),
                            0, fragment, 64, 17)
        end = bytes([10, 0, 0, 9, 10, 0, 0, 2]) + options
        total = sum(struct.unpack(f"!{(len(start) + len(end)) // 2}H", start + end))
        total = (total & 0xFFFF) + (total >> 16)
        ip = start + struct.pack("!H", ~total & 0xFFFF) + end
    else:
        host = bytes([0x20, 1, 0xD, 0xB8]) + bytes(11)
        ip = struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + host + b"\x09" + host + b"\x02"
    return bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]) + tags + \
        (b"\x08\x00" if family == 4 else b"\x86\xdd") + ip + udp


def write_classify(top):
    rtp = bytes([0x80, 96]) + bytes(30)
    stun = bytes([0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42]) + bytes(12)
    vlan, qinq = b"\x81\x00\x00\x64", b"\x88\xa8\x00\x65"
    seeds = {
        "rtp4": frame(4, rtp),
        "rtp6": frame(6, rtp),
        "rtcp6_vlan": frame(6, bytes([0x81, 201]) + bytes(6), vlan),
        "dtls4_options": frame(4, bytes([22, 254, 253]), options=bytes([1] * 8)),
        "stun4_qinq": frame(4, stun, qinq + vlan) + bytes(5),
        "fragment4": frame(4, rtp, fragment=0x2000),
    }
    (top / "classify").mkdir(parents=True, exist_ok=True)
    for name, content in seeds.items():
        (top / "classify" / name).write_bytes(content)


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
    write_contract(top)
    write_classify(top)


main()
