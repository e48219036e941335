# SPDX-License-Identifier: BSD-3-Clause
"""Two processes, no hardware: the generator's calls through the relay over vhost-user, each packet
decrypted and compared. All suites, address families, RTCP, VLAN."""
import pytest

from rig import DataPlane, Driver, Generator, Sheet
from rig.driver import check_identity, drops
from rig.sheet import SUITES


def relay(profile, sheet, vlan=None, **options):
    with DataPlane(profile) as plane, Driver(profile) as driver:
        driver.install(sheet)
        options = {"seconds": 1, **options}
        if vlan is not None:
            options["vlan"] = vlan
        with Generator.loopback(profile, sheet, **options) as generator:
            result = generator.passed()
        counters = driver.counters()
        check_identity(counters)
        assert drops(counters) == {}
        assert plane.running()
    return result, counters


@pytest.mark.parametrize("suite", SUITES)
def test_rtp_to_suite(profile, suite):
    relay(profile.loopback(), Sheet().calls(40, b=suite))


@pytest.mark.parametrize("suite", SUITES)
def test_suite_to_itself(profile, suite):
    relay(profile.loopback(), Sheet().calls(40, a=suite, b=suite))


def test_every_suite_to_every_other(profile):
    sheet = Sheet("")
    for i, a in enumerate(SUITES):
        for j, b in enumerate(SUITES):
            at = (i * len(SUITES) + j) * 64
            sheet.calls(1, a=a, b=b, seed=at, a_ports=f"{20032 + at}-{20095 + at}",
                        b_ports=f"{40000 + at}-{40063 + at}", ssrc=0x1000 + 2 * at)
    relay(profile.loopback(), sheet)


V4 = {"gen": "198.18.0.2", "relay": "198.18.0.1"}
V6 = {"gen": "2001:2::2", "relay": "2001:2::1"}


@pytest.mark.parametrize("a, b, suites", [
    (V6, V6, ("RTP", "AES_CM_128_HMAC_SHA1_80")),
    (V4, V6, ("RTP", "AES_CM_128_HMAC_SHA1_80")),
    (V6, V4, ("RTP", "AES_CM_128_HMAC_SHA1_80")),
    (V4, V6, ("AEAD_AES_128_GCM", "RTP")),
    (V6, V4, ("AEAD_AES_128_GCM", "AES_256_CM_HMAC_SHA1_32")),
], ids=["6to6", "4to6", "6to4", "4to6srtp", "6to4srtp"])
def test_address_families(profile, a, b, suites):
    other = {"198.18.0.2": "198.18.0.3", "2001:2::2": "2001:2::3"}
    sheet = Sheet().calls(40, *suites, a_gen=a["gen"], a_relay=a["relay"], b_gen=other[b["gen"]],
                          b_relay=b["relay"])
    relay(profile.loopback(), sheet)


@pytest.mark.parametrize("a, b", [("mux", "mux"), ("own", "own"), ("mux", "own"), ("own", "mux")])
def test_rtcp(profile, a, b):
    sheet = Sheet().calls(20, "RTP", "AES_CM_128_HMAC_SHA1_80", a_rtcp=a, b_rtcp=b)
    sheet.calls(20, "AEAD_AES_128_GCM", "AEAD_AES_256_GCM", a_rtcp=a, b_rtcp=b, seed=2,
                ssrc=0x2000, a_ports="31040-31999", b_ports="51008-51967")
    result, _ = relay(profile.loopback(), sheet, rtcp=0.1)
    assert result["trial"]["rtcp"]["sent"] > 0
    assert result["trial"]["rtcp"]["received"] == result["trial"]["rtcp"]["sent"]


def test_vlan(profile):
    profile.loopback(addresses=("198.18.0.1/24", "2001:2::1/64"), vlan=42)
    sheet = Sheet().calls(20, b="AEAD_AES_128_GCM")
    sheet.calls(20, a_gen=V6["gen"], a_relay=V6["relay"], seed=2, ssrc=0x2000,
                a_ports="31040-31999", b_ports="51008-51967")
    relay(profile, sheet, vlan=42)


def test_several_addresses(profile):
    profile.loopback(addresses=("198.18.0.1/24", "198.18.0.9/24", "2001:2::1/64", "2001:2::9/64"))
    sheet = Sheet().calls(40, b="AES_CM_128_HMAC_SHA1_80", b_relay="198.18.0.9")
    sheet.calls(40, a_gen="2001:2::2", b_gen="2001:2::3", a_relay="2001:2::9", b_relay="2001:2::1",
                seed=2, ssrc=0x2000)
    relay(profile, sheet)


@pytest.mark.parametrize("codec", ["opus", "video"])
def test_codecs(profile, codec):
    relay(profile.loopback(), Sheet().calls(10, b="AES_CM_128_HMAC_SHA1_80"), codec=codec)
