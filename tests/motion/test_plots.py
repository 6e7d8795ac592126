"""Curves of a motion as a picture."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from talkinghead.errors import InputError
from talkinghead.face.rest import lip_gap
from talkinghead.motion import plots
from talkinghead.motion.editing import scale_head
from talkinghead.motion.plots import motion_curves, plot_motion


@pytest.mark.parametrize("piece", [7, 4096])
def test_curves(speaking, monkeypatch, piece):
    monkeypatch.setattr(plots, "_PIECE", piece)
    curves = motion_curves(speaking)
    assert list(curves) == [
        *("opening, eye distances", "lip width, eye distances"),
        *("pitch, degrees", "yaw, degrees", "roll, degrees", "blink"),
    ]
    np.testing.assert_allclose(curves["opening, eye distances"], lip_gap(speaking.landmarks))
    np.testing.assert_allclose(curves["yaw, degrees"], np.degrees(speaking.rotation[:, 1]))
    width = np.linalg.norm(speaking.landmarks[3, 54] - speaking.landmarks[3, 48])
    assert curves["lip width, eye distances"][3] == pytest.approx(width)
    looking = motion_curves(replace(speaking, gaze=np.full((50, 2), [0.1, -0.2])))
    assert looking["gaze yaw, degrees"][7] == pytest.approx(np.degrees(0.1))
    assert looking["gaze pitch, degrees"][7] == pytest.approx(np.degrees(-0.2))


def test_gaze_that_was_not_there_before_is_drawn(speaking, tmp_path):
    plot_motion(replace(speaking, gaze=np.zeros((50, 2))), tmp_path / "plot.svg", before=speaking)
    assert "gaze pitch" in (tmp_path / "plot.svg").read_text()


def test_png_has_both_colours(speaking, tmp_path):
    path = tmp_path / "plot.png"
    plot_motion(speaking, path)
    alone = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
    plot_motion(scale_head(speaking, 2.0), path, before=speaking, overwrite=True)
    both = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)

    def has(pixels, colour):
        return bool((np.abs(pixels.astype(int) - colour).max(axis=1) < 6).any())

    orange, grey = (0xC2, 0x41, 0x0C), (0x94, 0xA3, 0xB8)
    assert has(alone, orange)
    assert not has(alone, grey)
    assert has(both, orange)
    assert has(both, grey)
    assert [file.name for file in tmp_path.iterdir()] == ["plot.png"]


def test_svg_is_the_same_twice_and_names_the_curves(speaking, tmp_path):
    for name in ("a.svg", "b.svg"):
        plot_motion(speaking[10:30], tmp_path / name, before=speaking, start=0.4)
    first = (tmp_path / "a.svg").read_text()
    assert first == (tmp_path / "b.svg").read_text()
    for heading in motion_curves(speaking):
        assert f"<!-- {heading} -->" in first


def test_other_suffixes_are_refused(speaking, tmp_path):
    with pytest.raises(InputError, match=r"unknown suffix '.pdf': choose .png or .svg"):
        plot_motion(speaking, tmp_path / "plot.pdf")
