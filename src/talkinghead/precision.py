"""In which precision networks run: bfloat16 where the machine multiplies it, float32 elsewhere."""

from __future__ import annotations

import torch

_UNITS = ("amx_bf16", "avx512_bf16")
"""What a processor must have one of: without, bfloat16 is worked out bit by bit and takes 8 to 18 times as long as
float32 (convolutions on a processor that has AVX2 alone)."""


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 itself, and so is faster with it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and any(torch.cpu.get_capabilities().get(unit, False) for unit in _UNITS)


def processor() -> str:
    """The processor's name and in which precision networks run on it."""
    capabilities = torch.cpu.get_capabilities()
    name = str(capabilities.get("cpu_name") or capabilities.get("architecture") or "unknown processor").strip()
    return f"{name}, {'bfloat16' if has_bfloat16(torch.device('cpu')) else 'float32'}"


def autocast(device: torch.device) -> torch.autocast:
    """The context in which networks on a device run: bfloat16 where that is faster, else as they are."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=has_bfloat16(device))
