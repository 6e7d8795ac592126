"""The pages of Rhythmic Head Motion: what is compared, and what they tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.rhythmic_ablations import (
    WHOLE,
    WITHOUT_WARPING,
    build_renderers,
    load_trained,
    measure_ablations,
    summarise_ablations,
)
from benchmarks.rhythmic_clips import CLIPS, HeldFrames, choose_takes, groups, portraits_of
from benchmarks.rhythmic_head import FULL, ROWS, page, summarise
from benchmarks.rhythmic_renderer import turn_head

from benchmarks import rhythmic_clips, rhythmic_motion
from talkinghead.rendering.crop import Crop
from talkinghead.store import NOTHING_KEPT
from talkinghead.types import Frames, Motion, Portrait


def clip(turn: float, better: float) -> dict[str, object]:
    scores = {row: {"SSIM": 0.7 + (better if row == FULL else 0.0), "CSIM": 0.9} for row in ROWS}
    return {"turn": turn, **scores}


def test_the_page_of_the_renderer() -> None:
    rows = [clip(turn, better) for turn, better in ((9.0, 0.11), (8.0, 0.10), (7.0, 0.12), (2.0, 0.09))]
    result = {
        "table 2": {"VoxCeleb2": {"clips": rows, "frechet": dict.fromkeys(ROWS, 0.05)}},
        "ablations": {name: [{"SSIM": 0.9 - 0.1 * (name != WHOLE)}] * 3 for name in (WHOLE, "with warping")},
        "speed": {"cores": 2.0, "load": 0.5, "K = 1": 21.04, "K = 32": 20.5},
        "turned": {"a": 0.01, "b": 0.15, "c": 0.02},
    }
    summary = summarise(result)
    assert summary["table 2"]["moving"]["SSIM"][FULL]["clips"] == 3
    text = page(summary)
    assert "VoxCeleb2 (4 clips):" in text
    assert "| warp | 0.7000 (0.7000 to 0.7000) * | 0.9000 (0.9000 to 0.9000) | 0.0500 |" in text
    assert "| with warping | 0.8000 (0.8000 to 0.8000) * | - |" in text
    assert "| 21.0 | 20.5 |" in text
    assert "trained without each part" not in text
    assert "before FlowNet's warping was switched off" not in text
    summary["ablations"][WITHOUT_WARPING] = summary["ablations"].pop("with warping")
    assert "before FlowNet's warping was switched off" in page(summary)
    result["trained apart"] = {WHOLE: [{"SSIM": 0.75}] * 3}
    assert "trained without each part" in page(summarise(result))
    assert "| 3 | 0.020 | 0.150 |" in text
    assert "Where SSIM is lost" not in text
    for row in rows:
        row["real frames, moved by 1 px"] = {"SSIM": 0.95, "SSIM, face": 0.96, "SSIM, around": 0.94}
        row[FULL] |= {"SSIM, face": 0.85, "SSIM, around": 0.7}  # type: ignore[operator]
    text = page(summarise(result))
    assert (
        "| composition, K = 8 | 0.805 | 0.850 | 0.700 |\n| real frames, moved by 1 px | 0.950 | 0.960 | 0.940 |" in text
    )


def test_a_part_that_is_switched_off() -> None:
    scores = {WHOLE: [{"SSIM": 0.9}, {"SSIM": 0.8}], "image matting": [{"SSIM": 0.7}, {"SSIM": 0.6}]}
    found = summarise_ablations(scores)
    assert found[WHOLE]["SSIM"]["mark"] == ""
    assert found["image matting"]["SSIM"]["mean"][0] == pytest.approx(0.65)
    networks = {name: renderer._network.config for name, renderer in build_renderers().items()}
    assert networks[WHOLE].corrected
    assert not networks["image matting"].corrected
    assert [config.projected for config in networks.values()].count(False) == 1


def test_networks_trained_apart_are_left_out_where_there_are_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert load_trained(tmp_path) == {}
    assert 'the row "image matting" of networks trained apart is left out' in caplog.text
    assert measure_ablations(tmp_path, NOTHING_KEPT, 4, {}) == {}


def test_references_come_from_the_first_frames(calm: Portrait) -> None:
    frames = [calm.picture] * 12
    track = calm.track[np.zeros(12, int)]
    portraits = portraits_of(track, frames)
    assert {count: len(portrait.frames) for count, portrait in portraits.items()} == {1: 1, 8: 8, 32: 12}
    video = HeldFrames(np.stack(frames), 25.0)
    assert video.size == calm.size
    assert len(next(video.chunks())) == 12


def test_what_lies_beyond_the_picture_does_not_count() -> None:
    rows, columns = rhythmic_clips._inside(Crop(-32.0, 16.0, 128.0, 256), (80, 300))
    assert (columns.start, columns.stop) == (65, 223)
    assert (rows.start, rows.stop) == (0, 256)


def test_a_head_turns_to_either_side(calm: Portrait) -> None:
    class Showing:
        def render(self, motion: Motion, portrait: Portrait):  # type: ignore[no-untyped-def]
            self.turns = np.degrees(motion.rotation[:, 1])
            yield Frames(np.repeat(portrait.picture[None], len(motion), axis=0), motion.fps)

    renderer = Showing()
    assert len(turn_head(renderer, replace(calm, person=None))) == 7
    np.testing.assert_allclose(renderer.turns, [0, 10, 20, 30, -10, -20, -30])


def test_the_page_of_the_sound() -> None:
    heads = {
        "people": 10,
        "pieces": 40,
        "rows": {"given 3 s": {"told": 0.32, "range, deg": 9.2, "spectrum, dB": 6.0}},
        "border": {"largest step": 1.77},
        "half an hour": {"range of the reference, deg": 48.7},
    }
    lips = [{"LMD, % of the eye distance": 3.0, "opening": 0.7}] * 3
    pictures = {name: {"a": 1.0, "b": 2.0, "c": 3.0} for name in ("lmd", "csim", "ssim", "aperture-correlation")}
    result = {
        "heads": heads,
        "landmarks": {"HDTF": {"rhythmic_head": lips, "makeittalk": lips}},
        "pictures": {"rhythmic_head": pictures, "makeittalk": {**pictures, "csim": {"a": 0.5, "b": 0.5}}},
    }
    summary = rhythmic_motion.summarise(result)
    assert summary["pictures"]["makeittalk"]["csim"]["clips"] == 2
    text = rhythmic_motion.page(summary)
    assert "| rhythmic_head | 2.00 (1.00 to 3.00) |" in text
    assert "| given 3 s | 32% | 9.2 | 6.0 |" in text


@pytest.mark.corpus
def test_people_of_the_table_are_unseen(corpus: Path) -> None:
    found = groups(corpus)
    assert set(found) == set(CLIPS)
    assert all(recording.split in ("research", "unseen") for own in found.values() for recording in own)


def test_no_more_clips_than_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Take:
        def __init__(self, name: str) -> None:
            self.recording, self.track = name, range(50 if name == "short" else 100)

    read: list[str] = []

    def read_takes(recordings: list[str], store: object) -> list[Take]:
        read.extend(recordings)
        return [Take(name) for name in recordings]

    monkeypatch.setattr(rhythmic_clips, "read_takes", read_takes)
    found = choose_takes(["a", "short", "b", "c", "d"], 2, None)  # type: ignore[arg-type,list-item]
    assert [take.recording for take in found] == ["a", "b"]
    assert len(read) < 5
