# SPDX-License-Identifier: BSD-3-Clause
"""What system tests are built from. Everything that one starts is a context manager, and gone at
its end: processes by their own pid, namespaces by a name that carries ours."""
from .dataplane import DataPlane
from .driver import Driver
from .generator import Generator
from .machine import Machine
from .namespace import Namespace, connect
from .process import Process
from .profile import Profile
from .sheet import Sheet

__all__ = ["DataPlane", "Driver", "Generator", "Machine", "Namespace", "Process", "Profile",
           "Sheet", "connect"]
