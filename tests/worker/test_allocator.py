"""The C library gives freed memory of big numbers back, even between numbers that stay."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc has the setting"
)

MB = 2**20
GAPS = f"""
from pi_tui.worker.allocator import return_freed_memory

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

return_freed_memory()
bytes({30 * MB})  # freed: glibc takes shorter blocks from the heap from now on
blocks = [bytearray(b"x") * {3 * MB} for _ in range(20)]
full = resident()
del blocks[::2]
print(full - resident())
"""


def given_back(**environment: str) -> int:
    """Return how many bytes of 30 MiB go back to the system when every second block is freed."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("MALLOC_")}
    command = [sys.executable, "-c", GAPS]
    return int(subprocess.check_output(command, env=clean | environment))


def test_freed_memory_blocks_between_used_ones_go_back_to_the_system() -> None:
    assert given_back() > 28 * MB


def test_allocator_setting_of_the_user_is_not_changed() -> None:
    assert given_back(MALLOC_MMAP_THRESHOLD_=str(32 * MB)) < 5 * MB
