"""Speed of the whole way and of each stage, beside the time x264 alone needs for the same frames."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from talkinghead.media import VideoReader, read_speech, save_image, save_video
from talkinghead.pipeline import TalkingHead
from talkinghead.speech.say import say
from talkinghead.tracking import read_portrait
from talkinghead.types import Frames, Speech, Video

_TEXT = "The quick brown fox jumps over the lazy dog while five wizards box with jugs of liquor. "
FPS = 25.0
SECONDS, SIDE = 20.0, 256
"""Of speech, and px of the picture, with which methods are compared."""

WHOLE = "whole command, without import and model load"
_RENDERED = "render, frames per second"


def write_speech(seconds: float, path: Path) -> None:
    """Write so many seconds of synthesised speech (16 kHz mono WAV)."""
    import soundfile
    from scipy.signal import resample_poly

    once = say(_TEXT)
    samples = resample_poly(once.samples, 320, 441).astype(np.float32)
    repeats = int(np.ceil(seconds * 16_000 / len(samples)))
    soundfile.write(path, np.tile(samples, repeats)[: round(seconds * 16_000)], 16_000)


def _warm(head: TalkingHead, folder: Path) -> None:
    """Compile and load what is compiled and loaded once."""
    write_speech(1.0, folder / "warm.wav")
    save_video(head(folder / "warm.wav", folder / "face.png"), folder / "warm.mp4", overwrite=True)


def _chunks(frames: list[Frames]) -> Iterator[Frames]:
    yield from frames


def measure(head: TalkingHead, *, seconds: float = SECONDS) -> dict[str, float]:
    """Seconds per second of video, 512x512 at 25 frames per second: the whole, its stages, and x264 alone.

    The stages are timed one after the other; in the whole they overlap, so that they add up to more than it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_image(data.astronaut(), folder / "face.png")
        write_speech(seconds, folder / "speech.wav")
        _warm(head, folder)
        out = folder / "out.mp4"

        times: dict[str, float] = {}
        start = time.perf_counter()
        save_video(head(folder / "speech.wav", folder / "face.png", fps=FPS), out, overwrite=True)
        times[WHOLE] = time.perf_counter() - start

        def note_time(stage: str, since: float) -> float:
            times[stage] = time.perf_counter() - since
            return time.perf_counter()

        start = time.perf_counter()
        speech: Speech = read_speech(folder / "speech.wav")
        start = note_time("read the speech", start)
        portrait = read_portrait(folder / "face.png")
        start = note_time("read and track the face", start)
        motion = head.motion(speech, portrait, fps=FPS)
        start = note_time("motion", start)
        frames = list(head.renderer.render(motion, portrait))
        start = note_time("render", start)
        save_video(Video(_chunks(frames), speech, FPS, len(motion)), out, overwrite=True)
        start = note_time("convert, mark, encode and write", start)
        times["x264 alone (its own input format, same settings)"] = _x264_alone(frames)
        decoded = sum(len(chunk) for chunk in VideoReader(out).chunks())
        assert decoded == round(seconds * FPS), (decoded, seconds)
    result = {stage: value / seconds for stage, value in times.items()}
    result[_RENDERED] = len(motion) / times["render"]
    result["cores"] = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return result


def frames_per_second(renderers: Mapping[str, str]) -> dict[str, float]:
    """Of each method, by its renderer, the whole way, files to file, with a picture of ``SIDE`` px and ``SECONDS`` of
    speech.
    """
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_image(cv2.resize(data.astronaut(), (SIDE, SIDE), interpolation=cv2.INTER_AREA), folder / "face.png")
        write_speech(SECONDS, folder / "speech.wav")
        for method, renderer in renderers.items():
            head = TalkingHead.from_pretrained(method, renderer=renderer)
            _warm(head, folder)
            start = time.perf_counter()
            video = head(folder / "speech.wav", folder / "face.png")
            save_video(video, folder / "out.mp4", overwrite=True)
            found[method] = video.num_frames / (time.perf_counter() - start)
    return found


def _x264_alone(frames: list[Frames]) -> float:
    """Seconds that x264 takes for frames that are already in its format."""
    import av

    pictures = [
        av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        for chunk in frames
        for image in chunk.images
    ]
    with tempfile.TemporaryDirectory() as folder, av.open(str(Path(folder) / "x.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=round(FPS), options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = pictures[0].width, pictures[0].height, "yuv420p"
        start = time.perf_counter()
        for number, picture in enumerate(pictures):
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        return time.perf_counter() - start


def table(result: Mapping[str, float]) -> str:
    """The result as Markdown."""
    lines = [
        "# Speed",
        "",
        f"20 s of speech, 512x512, 25 frames per second, {int(result['cores'])} cores, no GPU.",
        "The stages are timed one after the other; in the whole command they overlap.",
        "",
        "| stage | s per s of video | over x264 alone |",
        "|---|---|---|",
    ]
    floor = next(value for name, value in result.items() if name.startswith("x264"))
    for name, value in result.items():
        if name not in ("cores", _RENDERED):
            lines.append(f"| {name} | {value:.3f} | {value / floor:.2f} |")
    lines += ["", f"The warp renderer alone: {result[_RENDERED]:.0f} frames per second."]
    return "\n".join(lines) + "\n"
