"""bfloat16 only where it is fast."""

from __future__ import annotations

import platform

import pytest
import torch
from torch import nn

from talkinghead.precision import autocast, has_bfloat16, processor

CPU = torch.device("cpu")


def pretend(monkeypatch: pytest.MonkeyPatch, **units: bool | str) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, **units}, raising=False)


@pytest.mark.parametrize(
    ("units", "fast"),
    [({}, False), ({"avx512_f": True}, False), ({"avx512_bf16": True}, True), ({"amx_bf16": True}, True)],
)
def test_processors_with_units_for_it_use_it(
    monkeypatch: pytest.MonkeyPatch, units: dict[str, bool], fast: bool
) -> None:
    pretend(monkeypatch, **units)
    assert has_bfloat16(CPU) is fast
    layer, rows = nn.Linear(3, 2), torch.ones(1, 3)
    with torch.inference_mode(), autocast(CPU):
        assert layer(rows).dtype == (torch.bfloat16 if fast else torch.float32)


@pytest.mark.parametrize(("unit", "fast"), [("avx512_bf16", True), ("amx_tile", True), ("avx2", False)])
def test_earlier_versions_of_torch_are_asked_for_one_unit(
    monkeypatch: pytest.MonkeyPatch, unit: str, fast: bool
) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    for name in ("avx2", "avx512_bf16", "amx_tile"):
        monkeypatch.setattr(torch.cpu, f"_is_{name}_supported", lambda name=name: name == unit)
    assert has_bfloat16(CPU) is fast
    assert processor() == f"{platform.machine()}, {'bfloat16' if fast else 'float32'}"


@pytest.mark.skipif(not hasattr(torch.cpu, "get_capabilities"), reason="an earlier version of torch")
def test_the_names_of_the_units_are_torchs() -> None:
    known = torch.cpu.get_capabilities()
    if known.get("architecture") == "x86_64":
        assert {"amx_bf16", "avx512_bf16"} <= set(known)


@pytest.mark.parametrize("fast", [False, True])
def test_gpus_are_asked(monkeypatch: pytest.MonkeyPatch, fast: bool) -> None:
    asked: list[bool] = []

    def supported(including_emulation: bool = True) -> bool:
        asked.append(including_emulation)
        return fast

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert has_bfloat16(torch.device("cuda")) is fast
    assert asked == [False]


def test_other_devices_compute_as_they_are() -> None:
    assert not has_bfloat16(torch.device("mps"))


@pytest.mark.parametrize(("units", "said"), [({}, "A chip, float32"), ({"amx_bf16": True}, "A chip, bfloat16")])
def test_the_processor_is_named(monkeypatch: pytest.MonkeyPatch, units: dict[str, bool], said: str) -> None:
    pretend(monkeypatch, cpu_name="A chip ", **units)
    assert processor() == said
