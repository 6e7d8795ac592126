"""The pictures of the README, from real output: ``python -m benchmarks.gallery FOLDER_OF_PORTRAITS``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from talkinghead.media import VideoReader, save_image, save_video
from talkinghead.pipeline import TalkingHead
from talkinghead.speech.say import say
from talkinghead.tracking import portrait_from_image, read_portrait
from talkinghead.types import ImageArray, Portrait, Speech

_IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
_TEXT = "Mona Lisa said: I have a voice now, for what it is worth."
# Works and official pictures in the public domain.
_PORTRAITS = ("Text2Video__astronaut.png", "avatarify-python__mona.jpg", "LivePortrait__s0.jpg", "LivePortrait__s4.jpg")
_TILE = 240


def _render(head: TalkingHead, portrait: Portrait, speech: Speech) -> ImageArray:
    """(T, H, W, 3) the decoded frames of the video."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mp4"
        save_video(head(speech, portrait), out)
        return np.concatenate([chunk.images for chunk in VideoReader(out).chunks()])


def _close_up(frames: ImageArray, portrait: Portrait, *, reach: float) -> ImageArray:
    """The frames cut to a square around the face, (T, 240, 240, 3)."""
    face = portrait.track.landmarks[portrait.best, :, :2]
    centre, half = face.mean(axis=0), reach * float(np.ptp(face[:, 0]))
    left, top = np.maximum(centre - half, 0).astype(int)
    right, bottom = (centre + half).astype(int)
    return np.stack(
        [cv2.resize(f[top:bottom, left:right], (_TILE, _TILE), interpolation=cv2.INTER_AREA) for f in frames]
    )


def main(folder: Path) -> None:
    """Make ``gallery.png`` and ``frames.png``."""
    head, speech = TalkingHead.from_pretrained(), say(_TEXT)
    rows = []
    for name in _PORTRAITS:
        portrait = read_portrait(folder / name)
        frames = _close_up(_render(head, portrait, speech), portrait, reach=1.0)
        rows.append(np.concatenate(frames[np.linspace(0, len(frames) - 8, 7).round().astype(int)], axis=1))
    save_image(np.concatenate(rows), _IMAGES / "gallery.png")

    portrait = portrait_from_image(data.astronaut())
    frames = _close_up(_render(head, portrait, speech), portrait, reach=0.62)
    sounds = [phone for phone in speech.phones or () if phone.label != "sil"]
    chosen = [sounds[k] for k in np.linspace(0, len(sounds) - 1, 16).round().astype(int)]
    tiles = []
    for phone in chosen:
        tile = Image.fromarray(frames[min(round(25 * (phone.start + phone.end) / 2), len(frames) - 1)])
        caption = Image.new("RGB", (_TILE, 36), "white")
        text = f"{phone.label}  {phone.start:.2f} s"
        ImageDraw.Draw(caption).text((_TILE / 2, 18), text, fill="black", anchor="mm", font=ImageFont.load_default(20))
        tiles.append(np.concatenate([np.asarray(tile), np.asarray(caption)]))
    save_image(np.concatenate([np.concatenate(tiles[k : k + 8], axis=1) for k in (0, 8)]), _IMAGES / "frames.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
