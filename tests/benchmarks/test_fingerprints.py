"""What a report knows of the weights that it was measured with."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fingerprints import describe_changes, fingerprints


def test_what_was_trained_again_is_named() -> None:
    then = {"content": "a", "mouth": "b"}
    assert describe_changes(then, then) == ""
    assert describe_changes(then, {"content": "c", "mouth": "b"}) == "Since then: content trained again."
    assert describe_changes(then, {**then, "voice": "d"}) == "Since then: voice added."
    assert describe_changes(then, {"content": "c", "mouth": "b", "voice": "d"}) == (
        "Since then: content trained again; voice added."
    )
    assert describe_changes({**then, "gone": "d"}, {"content": "a"}) == "Since then: gone no longer shipped."


def test_a_part_depends_on_its_own_weights(tmp_path: Path) -> None:
    for name, room in {"content": "makeittalk", "phones": "speech", "syncnet": "metrics"}.items():
        (tmp_path / room / "weights").mkdir(parents=True, exist_ok=True)
        (tmp_path / room / "weights" / f"{name}.safetensors").write_bytes(name.encode())
    assert list(fingerprints("recogniser", tmp_path)) == ["phones"]
    assert list(fingerprints("speed", tmp_path)) == ["content", "phones"]
    (tmp_path / "another" / "weights").mkdir(parents=True)
    (tmp_path / "another" / "weights" / "gaze.safetensors").write_bytes(b"gaze")
    assert list(fingerprints("speed", tmp_path)) == ["content", "phones"]
    assert set(fingerprints("evaluation", tmp_path)) == {"content", "gaze", "phones"}
    assert set(fingerprints("evaluation", tmp_path, left_out=["another"])) == {"content", "phones"}
    assert fingerprints("tracking_noise", tmp_path) == {}
    before = fingerprints("recogniser", tmp_path)
    (tmp_path / "speech" / "weights" / "phones.safetensors").write_bytes(b"other")
    assert fingerprints("recogniser", tmp_path)["phones"] != before["phones"]


def test_the_shipped_ones_are_found() -> None:
    assert {"content", "mouth", "phones"} <= set(fingerprints("voices"))
