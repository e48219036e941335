# SPDX-License-Identifier: BSD-3-Clause
"""Call sheets (tests/traffic/call_sheet.h), as text."""
import itertools

_serial = itertools.count()

SUITES = ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AES_192_CM_HMAC_SHA1_80",
          "AES_192_CM_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32",
          "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"]


class Sheet:
    def __init__(self, *lines):
        self.lines = list(lines)

    def calls(self, n, a="RTP", b="RTP", **keys):
        """Between two parties of the generator at one address each of the relay; keys may be
        a_x for one leg, and _ stands for the dash."""
        fields = {"gen": "198.18.0.2", "b.gen": "198.18.0.3", "relay": "198.18.0.1",
                  "a.ports": "20032-29951",
                  "b.ports": "40000-49919", "a.suite": a, "b.suite": b}
        for key, value in keys.items():
            key = key.replace("_", "-")
            fields[key.replace("-", ".", 1) if key[:2] in ("a-", "b-") else key] = value
        self.lines.append(f"calls {n} " + " ".join(f"{k}={v}" for k, v in fields.items()))
        return self

    def call(self, *fields):
        self.lines.append("call " + " ".join(fields))
        return self

    def write(self, folder):
        path = folder / f"sheet{next(_serial)}.txt"
        path.write_text("\n".join(self.lines) + "\n", encoding="utf-8")
        return path
