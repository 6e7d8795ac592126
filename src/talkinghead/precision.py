"""Where networks run, and in which precision: bfloat16 if the hardware multiplies it, else float32."""

from __future__ import annotations

import platform
from typing import Any

import torch

_UNITS = ("amx_bf16", "avx512_bf16")
"""Processor features of which one is needed: without them bfloat16 is emulated and takes 8 to 18 times as long as
float32 (convolutions on a processor with only AVX2)."""


def choose_device() -> torch.device:
    """An NVIDIA or AMD GPU if torch can use one, else the processor."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 in hardware, and so is faster with it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and any(_capabilities().get(unit, False) for unit in _UNITS)


def processor() -> str:
    """The processor's name, and the precision of networks on it."""
    capabilities = _capabilities()
    name = str(capabilities.get("cpu_name") or capabilities.get("architecture") or "unknown processor").strip()
    return f"{name}, {'bfloat16' if has_bfloat16(torch.device('cpu')) else 'float32'}"


def autocast(device: torch.device) -> torch.autocast:
    """The context for running networks on a device: bfloat16 if that is faster, else their own precision."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=has_bfloat16(device))


def _capabilities() -> dict[str, Any]:
    """What the processor is and can do."""
    if hasattr(torch.cpu, "get_capabilities"):
        return dict(torch.cpu.get_capabilities())
    # Earlier versions of torch, such as 2.6, ask for one feature at a time.
    asked = {"avx512_bf16": "_is_avx512_bf16_supported", "amx_bf16": "_is_amx_tile_supported"}
    found = {unit: bool(getattr(torch.cpu, name, bool)()) for unit, name in asked.items()}
    return {"architecture": platform.machine(), **found}
