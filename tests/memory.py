"""How much memory this process has taken."""

from __future__ import annotations

import sys


def peak_memory_mb() -> float:
    """The most memory that this process has had."""
    if sys.platform == "win32":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
