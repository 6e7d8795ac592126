"""Animated pictures give all their frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from talkinghead.errors import InputError
from talkinghead.media.animation import Animation

COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255))


def save(path: Path, *, duration: int = 40) -> Path:
    frames = [Image.new("RGB", (40, 32), colour) for colour in COLOURS]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=duration, lossless=True)
    return path


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_all_frames_in_order(tmp_path: Path, name: str) -> None:
    animation = Animation(save(tmp_path / name))
    assert (animation.num_frames, animation.fps) == (3, 25.0)
    for _ in range(2):
        images = [chunk.images for chunk in animation.chunks()]
        assert [image.shape for image in images] == [(1, 32, 40, 3)] * 3
        assert [tuple(image[0, 5, 5].tolist()) for image in images] == list(COLOURS)


def test_a_picture_that_stands_still(tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(path)
    animation = Animation(path)
    assert animation.num_frames == 1
    (chunk,) = animation.chunks()
    assert (chunk.images == 255).all()


def test_pages_are_no_animation(tmp_path: Path) -> None:
    assert Animation(save(tmp_path / "pages.tiff")).num_frames == 1


def test_a_damaged_end_is_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)) for _ in range(4)]
    path = tmp_path / "cut.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 5 // 8])
    assert 1 <= len(list(Animation(path).chunks())) < 4


def test_what_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "text.gif"
    path.write_text("no picture")
    with pytest.raises(InputError, match=r"text\.gif"):
        Animation(path)
