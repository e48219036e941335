# SPDX-License-Identifier: BSD-3-Clause
"""ffmpeg and GStreamer as parties of a call: a sine tone out, A-law in 20 ms packets, sound in."""
import array
import base64
import math

from .process import Process
from .site import host

RATE = 8000
KEY_BYTES = {"AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30,
             "AES_256_CM_HMAC_SHA1_80": 46, "AES_256_CM_HMAC_SHA1_32": 46,
             "AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44}
GST_SUITES = {"AES_CM_128_HMAC_SHA1_80": ("aes-128-icm", "hmac-sha1-80"),
              "AES_CM_128_HMAC_SHA1_32": ("aes-128-icm", "hmac-sha1-32"),
              "AES_256_CM_HMAC_SHA1_80": ("aes-256-icm", "hmac-sha1-80"),
              "AES_256_CM_HMAC_SHA1_32": ("aes-256-icm", "hmac-sha1-32"),
              "AEAD_AES_128_GCM": ("aes-128-gcm", "null"),
              "AEAD_AES_256_GCM": ("aes-256-gcm", "null")}
# Under the first name ffmpeg shortens the tag of SRTCP as well, against RFC 4568.
FFMPEG_SUITES = {"AES_CM_128_HMAC_SHA1_32": "SRTP_AES128_CM_HMAC_SHA1_32",
                 "AES_CM_128_HMAC_SHA1_80": "AES_CM_128_HMAC_SHA1_80"}


class Tool(Process):
    """Nothing of it is wanted but its sound; ffmpeg takes seconds to end by itself."""

    def __exit__(self, *_):
        self.kill()


class Party:
    """Where it is, where the relay is for it, and its keys (suite, sends under, receives under)."""

    def __init__(self, site, name, address, port, relay, relay_port, crypto, ssrc):
        self.site, self.name, self.address, self.port = site, name, address, port
        self.relay, self.relay_port, self.crypto, self.ssrc = relay, relay_port, crypto, ssrc

    def _process(self, what, argv):
        return Tool(argv, self.site.profile.folder / f"{self.name}-{what}.log",
                    self.site.peers)

    def sound(self):
        return self.site.profile.folder / f"{self.name}.raw"


class Ffmpeg(Party):
    def sender(self, tone):
        argv = ["ffmpeg", "-nostdin", "-hide_banner", "-re", "-f", "lavfi", "-i",
                f"sine=frequency={tone}:sample_rate={RATE}", "-c:a", "pcm_alaw", "-ac", "1",
                "-ssrc", self.ssrc, "-f", "rtp"]
        scheme = "rtp"
        if self.crypto is not None:
            scheme = "srtp"
            argv += ["-srtp_out_suite", FFMPEG_SUITES[self.crypto[0]], "-srtp_out_params",
                     base64.b64encode(self.crypto[1]).decode()]
        # its receiver has the party's port: it sends from another, two on
        return self._process("sends", [
            *argv, f"{scheme}://{host(self.relay)}:{self.relay_port}?localaddr={self.address}"
            f"&localrtpport={self.port + 2}&pkt_size=172"])

    def receiver(self, ssrc):
        sdp = self.site.profile.folder / f"{self.name}.sdp"
        family = "IP6" if ":" in self.address else "IP4"
        profile, crypto = "AVP", ""
        if self.crypto is not None:
            profile = "SAVP"
            key = base64.b64encode(self.crypto[2]).decode()
            crypto = f"a=crypto:1 {FFMPEG_SUITES[self.crypto[0]]} inline:{key}\r\n"
        sdp.write_text(f"v=0\r\no=- 0 0 IN {family} {self.address}\r\ns=-\r\n"
                       f"c=IN {family} {self.address}\r\nt=0 0\r\n"
                       f"m=audio {self.port} RTP/{profile} 8\r\n{crypto}", encoding="utf-8")
        return self._process("receives", [
            "ffmpeg", "-nostdin", "-hide_banner", "-y", "-protocol_whitelist",
            "file,srtp,rtp,udp", "-probesize", "32", "-analyzeduration", "0",
            "-i", sdp, "-f", "s16le", "-ac", "1", "-ar", RATE, "-flush_packets", "1",
            self.sound()])


class Gstreamer(Party):
    def sender(self, tone):
        srtp = []
        if self.crypto is not None:
            cipher, auth = GST_SUITES[self.crypto[0]]
            srtp = ["!", "srtpenc", f"key={self.crypto[1].hex()}", f"rtp-cipher={cipher}",
                    f"rtp-auth={auth}", f"rtcp-cipher={cipher}", f"rtcp-auth={auth}"]
        return self._process("sends", [
            "gst-launch-1.0", "audiotestsrc", "is-live=true", f"freq={tone}",
            "samplesperbuffer=160", "!", f"audio/x-raw,rate={RATE},channels=1", "!", "alawenc",
            "!", "rtppcmapay", f"ssrc={self.ssrc}", "min-ptime=20000000", "max-ptime=20000000",
            *srtp, "!", "udpsink", f"host={self.relay}", f"port={self.relay_port}",
            f"bind-address={self.address}", f"bind-port={self.port + 2}"])

    def receiver(self, ssrc):
        caps = ("media=(string)audio,payload=(int)8,clock-rate=(int)8000,"
                f"encoding-name=(string)PCMA,ssrc=(uint){ssrc}")
        if self.crypto is None:
            caps, decode = f"application/x-rtp,{caps}", []
        else:
            cipher, auth = GST_SUITES[self.crypto[0]]
            caps = (f"application/x-srtp,{caps},srtp-key=(buffer){self.crypto[2].hex()},"
                    f"srtp-cipher=(string){cipher},srtp-auth=(string){auth},"
                    f"srtcp-cipher=(string){cipher},srtcp-auth=(string){auth},roc=(uint)0")
            decode = ["!", "srtpdec"]
        return self._process("receives", [
            "gst-launch-1.0", "udpsrc", f"address={self.address}", f"port={self.port}",
            f"caps={caps}", *decode, "!", "rtppcmadepay", "!", "alawdec", "!", "filesink",
            f"location={self.sound()}", "buffer-mode=2"])


def tone_share(path, tone):
    """How much of the sound's power is at that frequency, over its last second: 1 is pure."""
    samples = array.array("h")
    data = path.read_bytes()
    samples.frombytes(data[:len(data) // 2 * 2])
    assert len(samples) >= RATE * 3 // 2, f"{path.name}: {len(samples)} samples"
    samples = samples[-RATE:]
    step = 2 * math.pi * tone / RATE
    real = sum(s * math.cos(step * i) for i, s in enumerate(samples))
    imaginary = sum(s * math.sin(step * i) for i, s in enumerate(samples))
    power = sum(s * s for s in samples)
    assert power > 1e6 * RATE, f"{path.name} is silent"  # an amplitude of some 1400
    return 2 * (real * real + imaginary * imaginary) / (power * RATE)
