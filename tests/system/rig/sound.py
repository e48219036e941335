# SPDX-License-Identifier: BSD-3-Clause
"""Tones, A-law, and what RTP carries of them."""
import array
import bisect
import math
import socket
import threading
import time
import wave

from .media import RATE
from .packets import rtp

def _expand(code):
    """G.711: one byte of A-law."""
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    value = (mantissa << 4) + 8
    if exponent:
        value = (value + 0x100) << exponent - 1
    return value if code & 0x80 else -value


_EXPANDED = [_expand(code) for code in range(256)]
_ORDER = sorted(range(256), key=_EXPANDED.__getitem__)
_VALUES = [_EXPANDED[code] for code in _ORDER]


def _compress(sample):
    return _ORDER[min(bisect.bisect_left(_VALUES, sample), 255)]


def _samples(tone, seconds):
    step = 2 * math.pi * tone / RATE
    return [int(12000 * math.sin(step * i)) for i in range(RATE * seconds)]


def write_wav(path, tone, seconds=30):
    with wave.open(str(path), "wb") as f:
        f.setparams((1, 2, RATE, 0, "NONE", ""))
        f.writeframes(array.array("h", _samples(tone, seconds)).tobytes())
    return path


def write_alaw(path, tone, seconds=1):
    """Seamless when repeated: a whole number of periods."""
    path.write_bytes(bytes(_compress(s) for s in _samples(tone, seconds)))
    return path


class Speaker:
    """Says a tone from a phone's port, in plain RTP, as a stream of its own."""

    def __init__(self, phone, port, target, tone):
        self._packets = [bytes(_compress(s) for s in _samples(tone, 1)[i:i + 160])
                         for i in range(0, RATE, 160)]
        with phone.namespace.entered():
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((phone.address, port))
        self._target = target
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)

    def _speak(self):
        due, seq = time.monotonic(), 0
        while not self._ends.wait(max(0, due - time.monotonic())):
            packet = rtp(seq, 0x5EA4E2, self._packets[seq % len(self._packets)])
            self._socket.sendto(packet, self._target)
            seq += 1
            due += 0.02

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
        self._socket.close()


def tone_share(samples, tone):
    """How much of the sound's power is at that frequency, over most fifths of its last second: 1 is
    pure, and a packet lost does not matter."""
    assert len(samples) >= RATE, f"{len(samples)} samples"
    window, step = RATE // 5, 2 * math.pi * tone / RATE
    shares = []
    for start in range(len(samples) - RATE, len(samples), window):
        part = samples[start:start + window]
        real = sum(s * math.cos(step * i) for i, s in enumerate(part))
        imaginary = sum(s * math.sin(step * i) for i, s in enumerate(part))
        power = sum(s * s for s in part)
        assert power > 1e6 * window, "silence"  # an amplitude of some 1400
        shares.append(2 * (real * real + imaginary * imaginary) / (power * window))
    return sorted(shares)[len(shares) // 2]


def of_packets(packets):
    """What these packets of RTP say."""
    return [_EXPANDED[code] for packet in packets for code in packet[12:]]


def of_wav(path):
    with wave.open(str(path)) as f:
        assert (f.getnchannels(), f.getsampwidth(), f.getframerate()) == (1, 2, RATE)
        return array.array("h", f.readframes(f.getnframes()))
