# SPDX-License-Identifier: BSD-3-Clause
"""Endpoints come and go by the thousand while others are relayed without a loss."""
import pytest

from rig import DataPlane, Driver, Generator, Sheet
from rig.driver import check_identity, drops

RATE = 20000  # installed and removed a second; what it can do is for the benchmark to say


@pytest.mark.parametrize("suite", ["RTP", "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"])
def test_churn_loses_nothing(profile, suite):
    calls = Sheet().calls(20, b="AES_CM_128_HMAC_SHA1_80")
    others = Sheet().calls(200, a=suite, b=suite, a_ports="50048-53247", b_ports="53248-56447")
    with DataPlane(profile.loopback()), Driver(profile) as driver:
        driver.install(calls)
        with Generator.loopback(profile, calls, seconds=4) as generator:
            generator.wait_for(" 1 s ")
            path = others.write(profile.folder)
            churned = driver.do(f"churn {path} seconds=2 rate={RATE}")
            generator.passed()
        counters = driver.counters()
        check_identity(counters)
        assert drops(counters) == {}
        assert counters["endpoints_removed"] == churned["churned"] > 0
        assert counters["endpoints_installed"] == churned["churned"] + 40
        print(f"{churned['per_second']} a second")
        assert churned["per_second"] > RATE / 4, churned  # on a machine with other work, too
        assert len(driver.endpoints()) == 40


def test_all_endpoints_of_the_profile(profile):
    """As many as there may be, then all gone, three times: nothing leaks."""
    # the default is for AES-CM; contexts of AES-GCM are larger
    profile.groups["media"].update(endpoints=4000, crypto_memory_mb=16)
    sheet = Sheet().calls(2000, a="AES_CM_128_HMAC_SHA1_80", b="AEAD_AES_128_GCM")
    with DataPlane(profile.loopback()), Driver(profile) as driver:
        for _ in range(3):
            assert driver.install(sheet)["installed"] == 4000
            one_more = Sheet().calls(1, a_ports="50048-50111", b_ports="50112-50175")
            answer = driver.say(f"install {one_more.write(profile.folder)}")
            assert "No space" in answer["error"], answer
            path = sheet.write(profile.folder)
            assert driver.do(f"adopt {path}") == {"adopted": 4000, "missing": 0}
            assert driver.do("remove")["removed"] == 4000
            assert driver.endpoints() == {}
