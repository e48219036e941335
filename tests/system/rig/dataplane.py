# SPDX-License-Identifier: BSD-3-Clause
"""sluice-dataplane, from ready to stopped."""
from .machine import program
from .process import Process


class DataPlane(Process):
    def __init__(self, profile, namespace=None, log="dataplane.log"):
        super().__init__([program("sluice-dataplane"), profile.write()], profile.folder / log,
                         namespace)
        self.profile = profile

    def start(self):
        super().start()
        try:
            return self.wait_for(" ready profile=")
        except BaseException:
            self.stop()
            raise
