"""``talkinghead train`` of the networks that serve every method."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.command import Run

Refused = Callable[..., str]
NETWORKS = {
    "phones": "talkinghead.training.phones.train_phones",
    "syncnet": "talkinghead.training.syncnet.train_syncnet",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shared_network_is_trained(name: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(NETWORKS[name], lambda *arguments: asked.append(arguments))
    out = tmp_path / "new"
    outcome = run("train", name, "--corpus", tmp_path, "--out", out, "--config", "tiny", "--steps", 3)
    assert (outcome.code, outcome.stdout) == (0, f"{out}\n")
    run("train", name, "--corpus", tmp_path, "--out", out)
    assert asked == [(tmp_path, out, "tiny", {"steps": 3}), (tmp_path, out, "small", {})]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shared_network_has_sizes_and_no_stages(name: str, refused: Refused, tmp_path: Path) -> None:
    folders = ("--corpus", tmp_path, "--out", tmp_path)
    refused("train", name, "content", *folders, names="'content'", remedy="leave out")
    refused("train", name, *folders, "--config", "huge", names="'huge'", remedy="choose one of small, tiny")


def test_a_corpus_without_mouths_is_named(refused: Refused, tmp_path: Path) -> None:
    said = refused("train", "syncnet", "--corpus", tmp_path, "--out", tmp_path, names="splits.json", remedy="name the")
    assert "grid_s1" in said
