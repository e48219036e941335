# SPDX-License-Identifier: BSD-3-Clause
"""Tones, A-law, and what RTP carries of them."""
import array
import bisect
import math
import wave

from .media import RATE, tone_share

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


def alaw_share(path, packets, tone):
    """How much of what these packets of RTP say is the tone; 'path' is where to leave it."""
    sound = array.array("h")
    for packet in packets:
        sound.extend(_EXPANDED[code] for code in packet[12:])
    path.write_bytes(sound.tobytes())
    return tone_share(path, tone)
