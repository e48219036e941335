# SPDX-License-Identifier: BSD-3-Clause
"""ffmpeg and GStreamer call each other through the relay, over the kernel's interfaces. Each sends
another tone, and must hear the other's."""
import os
import time

import pytest

from rig import DataPlane, Driver, Sheet
from rig.driver import check_identity, drops
from rig.machine import has
from rig.media import KEY_BYTES, Ffmpeg, Gstreamer, tone_share
from rig.site import A, B, RELAY, Site, call

SECONDS = 2  # of sound
CM80, CM32 = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"
CM256 = "AES_256_CM_HMAC_SHA1_80"
GCM128, GCM256 = "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"

pytestmark = pytest.mark.skipif(not has("ffmpeg") or not has("gst-launch-1.0"),
                                reason="ffmpeg or gst-launch-1.0 is missing: scripts/deps.sh")


def keys(suite):
    if suite == "RTP":
        return None
    return suite, os.urandom(KEY_BYTES[suite]), os.urandom(KEY_BYTES[suite])


def hear(*parties):
    """Until all have heard enough, or are late."""
    until = time.monotonic() + 20
    while time.monotonic() < until and not all(
            p.sound().exists() and p.sound().stat().st_size >= 2 * 8000 * SECONDS for p in parties):
        time.sleep(0.1)


def talk(profile, kind, a, b, family=(4, 4)):
    (a_tool, a_suite), (b_tool, b_suite) = a, b
    a_keys, b_keys = keys(a_suite), keys(b_suite)
    with Site(profile, kind) as site, DataPlane(profile, site.relay), Driver(profile) as driver:
        sheet = Sheet().call(*call(a_keys, b_keys, family=family, rtcp="own"))
        # a party's sender and receiver are two processes, so they have two ports
        driver.install(sheet, "source=any")
        one = a_tool(site, "a", A[family[0]], 5000, RELAY[family[0]], 20032, a_keys, 1234)
        two = b_tool(site, "b", B[family[1]], 6000, RELAY[family[1]], 20096, b_keys, 5678)
        with one.receiver(5678), two.receiver(1234):
            time.sleep(0.5)
            with one.sender(440) as sends, two.sender(600):
                hear(one, two)
                log = sends.text()
        counters = driver.counters()
        check_identity(counters)
        assert two.sound().exists() and tone_share(two.sound(), 440) > 0.95, (counters, log)
        assert one.sound().exists() and tone_share(one.sound(), 600) > 0.95, (counters, log)
        assert drops(counters) == {}, counters


@pytest.mark.parametrize("a, b", [
    ((Ffmpeg, CM80), (Gstreamer, "RTP")),
    ((Ffmpeg, "RTP"), (Gstreamer, GCM256)),
    ((Ffmpeg, CM32), (Gstreamer, GCM128)),
    ((Ffmpeg, CM80), (Gstreamer, CM256)),
    ((Ffmpeg, CM80), (Ffmpeg, CM32)),
    ((Gstreamer, GCM128), (Gstreamer, GCM256)),
], ids=lambda p: f"{p[0].__name__}-{p[1]}")
def test_af_packet(profile, a, b):
    talk(profile, "af_packet", a, b)


@pytest.mark.parametrize("family", [(6, 6), (4, 6)], ids=["6to6", "4to6"])
def test_af_packet_ipv6(profile, family):
    talk(profile, "af_packet", (Gstreamer, CM80), (Gstreamer, GCM128), family)


@pytest.mark.parametrize("a, b", [
    ((Ffmpeg, CM80), (Gstreamer, "RTP")),
    ((Ffmpeg, CM32), (Gstreamer, GCM128)),
    ((Gstreamer, GCM256), (Gstreamer, CM256)),
], ids=lambda p: f"{p[0].__name__}-{p[1]}")
def test_af_xdp(profile, a, b):
    talk(profile, "af_xdp", a, b)
