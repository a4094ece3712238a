"""What all tests share: where their files are, and how long hypothesis searches."""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

# Stores of tests live for a moment and need no disk. In a container the folder in memory may be missing, or tiny.
_MEMORY, _ROOM = Path("/dev/shm"), 2 << 30  # tempfile makes the folders in it
if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

# `make test` gives the same answer twice; `make campaign` looks elsewhere each time, and longer (tests/effort.py).
# Machines differ too much for deadlines, and a store for each example is slow to hypothesis.
_ANYWHERE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.register_profile("default", _ANYWHERE, max_examples=100, derandomize=True, database=None)
settings.register_profile("campaign", _ANYWHERE, max_examples=1000, print_blob=True)
settings.load_profile("default")
