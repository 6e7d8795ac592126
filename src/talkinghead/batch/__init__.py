"""Many jobs from a table, on all cores or on a cluster: the door for a night's work."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from talkinghead.batch.manifest import read_manifest
    from talkinghead.batch.run import run_batch

__all__ = ["read_manifest", "run_batch"]

_MODULES = {"read_manifest": "batch.manifest", "run_batch": "batch.run"}


def __getattr__(name: str) -> Any:
    # Lazy, as in production.
    if name in _MODULES:
        return getattr(importlib.import_module(f"talkinghead.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
