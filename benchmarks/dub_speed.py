"""How much time and memory a dubbing takes, beside what it cannot do without: decoding, tracking and encoding."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import cv2
import numpy as np
import soundfile
import torch

from benchmarks.memory import peaks
from talkinghead import TalkingHead, save_video
from talkinghead.data.corpus import Corpus
from talkinghead.dubbing import prepare_dub
from talkinghead.media import ArrayVideo, VideoReader, speech_from_array
from talkinghead.media.coded_video import open_coded
from talkinghead.tracking.appearance import Appearance, find_appearance
from talkinghead.types import FloatArray, Frames, ImageArray, Speech, Video, num_frames

SIZE, FACE_PX = (1280, 720), 200
_CLIP, _SMALL_CLIP = "vid2speech__grid_s4_sgac2a", "rizkiarm-LipNet__grid_s5_lbax4n"
_SECONDS, _TURNS = 30.0, 5
_LENGTHS = (10, 60, 600)  # s, of the videos whose memory is measured
_PIECE = 32  # frames
_TITLE = """# Time and memory of dubbing

A video of {seconds:g} s, {width} x {height} px at 25 frames per second with a face of {face} px (a clip of GRID's s4,
enlarged and played back and forth), on {cores} cores. Seconds per second of video: on the clock, and CPU seconds of all
cores. Each number is the median of {turns} turns, in each of which every step is done once; in brackets the least and
the most. Networks are loaded and loops compiled before.

| | on the clock | CPU |
|---|---|---|
"""
_ROWS = {
    "decode": "decode",
    "track": "decode and track",
    "copy": "decode and encode",
    "motion": "motion of the lips",
    "draw": "decode, redraw and encode",
    "floor": "the floor: decode and track, then decode and encode",
    "whole": "**all of a dubbing**",
}
_WHOLE, _FLOOR = ("track", "motion", "draw"), ("track", "copy")


def measure(
    corpus: Path, *, seconds: float = _SECONDS, turns: int = _TURNS, lengths: tuple[int, ...] = _LENGTHS
) -> dict[str, Any]:
    """Time of each step of a dubbing per second of video, and the memory of dubbings of several lengths.

    Args:
        corpus: the folder of recordings.
        seconds: of the video whose dubbing is timed.
        turns: how often each step is timed.
        lengths: s, of the videos whose memory is measured.

    Returns:
        steps: for each of ``_ROWS`` "clock" and "cpu", s per second of video, in each turn; memory: for each length
            MiB of ``benchmarks.memory.peaks``.
    """
    known = {each.name: each for each in Corpus.open(corpus / "clips").recordings()}
    recording, small = known[_CLIP], known[_SMALL_CLIP]
    with TemporaryDirectory() as folder:
        clip = Path(folder) / "video.mp4"
        write_large(recording.video, clip, seconds)
        steps = measure_time(TalkingHead.from_pretrained(), clip, _tile(recording.speech(), seconds), turns)
        return {
            "seconds": seconds,
            "turns": turns,
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "steps": steps,
            "memory": measure_memory(small.video, small.speech(), Path(folder), lengths),
        }


def measure_time(head: TalkingHead, clip: Path, speech: Speech, turns: int) -> dict[str, dict[str, list[float]]]:
    """Seconds per second of a video file that the steps of its dubbing take, in each turn."""
    reader = VideoReader(clip, quick=True)
    source = open_coded(reader)
    copied, out = clip.with_name("copy.mp4"), clip.with_name("out.mp4")
    found: list[Appearance] = [find_appearance(reader)]  # once before, so that nothing is loaded on the clock
    dubbing = prepare_dub(head, found[0], speech, length="video")

    def copy() -> None:
        save_video(Video(source.chunks(), None, reader.fps, reader.num_frames), copied, overwrite=True)

    def draw() -> None:
        save_video(dubbing.video(), out, overwrite=True)

    draw()
    actions: dict[str, Callable[[], object]] = {
        "decode": lambda: sum(map(len, source.chunks())),
        "track": lambda: find_appearance(reader),
        "copy": copy,
        "motion": lambda: prepare_dub(head, found[0], speech, length="video"),
        "draw": draw,
    }
    taken = np.array([[_time(action) for action in actions.values()] for _ in range(turns)]) / reader.duration
    steps = dict(zip(actions, taken.swapaxes(0, 1)))
    steps |= {"floor": sum_of(steps, _FLOOR), "whole": sum_of(steps, _WHOLE)}
    return {name: {"clock": rows[:, 0].tolist(), "cpu": rows[:, 1].tolist()} for name, rows in steps.items()}


def sum_of(steps: Mapping[str, FloatArray], names: tuple[str, ...]) -> FloatArray:
    """(turns, 2) what steps that follow each other take together."""
    return np.asarray(np.sum([steps[name] for name in names], axis=0))


def _time(action: Callable[[], object]) -> tuple[float, float]:
    clock, cpu = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - clock, time.process_time() - cpu


def write_large(clip: Path, path: Path, seconds: float) -> None:
    """Write a clip at 720p with a face of 200 px, played back and forth for so long."""
    reader = VideoReader(clip)
    large = _enlarge(np.concatenate([chunk.images for chunk in reader.chunks()]))
    count = num_frames(seconds, reader.fps)
    there_and_back = np.r_[: len(large), len(large) - 2 : 0 : -1]
    order = np.resize(there_and_back, count)

    def frames() -> Iterator[Frames]:
        for start in range(0, count, _PIECE):
            yield Frames(large[order[start : start + _PIECE]], reader.fps)

    save_video(Video(frames(), None, reader.fps, count), path, visible_mark=False)


def _enlarge(images: ImageArray) -> ImageArray:
    track = np.asarray(find_appearance(ArrayVideo(Frames(images, 25.0))).track.landmarks)
    face = float(np.median(np.ptp(track[:, :, 0], axis=1)))
    zoom, (width, height) = FACE_PX / face, SIZE
    middle = track[:, :, :2].mean(axis=(0, 1))
    affine = np.array([[zoom, 0, width / 2 - zoom * middle[0]], [0, zoom, height / 2 - zoom * middle[1]]])
    return np.stack(
        [cv2.warpAffine(image, affine, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT) for image in images]
    )


def _tile(speech: Speech, seconds: float) -> Speech:
    """The speech again and again for so long."""
    samples = np.resize(speech.samples, round(seconds * speech.sample_rate))
    return speech_from_array(samples, speech.sample_rate)


def measure_memory(clip: Path, speech: Speech, folder: Path, lengths: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """Largest memory (MiB) of ``talkinghead dub`` on a clip played again and again, by the seconds that makes."""
    found = {}
    for seconds in lengths:
        video, sound, out = (folder / name for name in ("long.mp4", "long.wav", "long_out.mp4"))
        _repeat(clip, video, seconds)
        soundfile.write(sound, _tile(speech, seconds).samples, speech.sample_rate)
        found[str(seconds)] = peaks(["dub", str(video), str(sound), "-o", str(out), "--overwrite", "--length", "video"])
    return found


def _repeat(clip: Path, path: Path, seconds: int) -> None:
    """Write the packets of a clip's pictures again and again, for so many seconds."""
    with av.open(str(path), "w") as target:
        stream, done = None, 0
        rate = Fraction(VideoReader(clip).fps).limit_denominator(1001)
        while done < num_frames(seconds, float(rate)):
            with av.open(str(clip)) as source:
                if stream is None:
                    stream = target.add_stream_from_template(source.streams.video[0])
                packets = [packet for packet in source.demux(source.streams.video[0]) if packet.dts is not None]
                unit = packets[0].time_base
                assert unit is not None
                length = round(len(packets) / rate / unit)
                for packet in packets:
                    packet.pts, packet.dts = (
                        packet.pts + done * length // len(packets),
                        packet.dts + done * length // len(packets),
                    )
                    packet.stream = stream
                    target.mux(packet)
                done += len(packets)


def table(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    width, height = SIZE
    lines = _TITLE.format(
        seconds=result["seconds"],
        turns=result["turns"],
        cores=result["cores"],
        width=width,
        height=height,
        face=FACE_PX,
    )
    for name, called in _ROWS.items():
        step = result["steps"][name]
        lines += f"| {called} | {_spread(step['clock'])} | {_spread(step['cpu'])} |\n"
    lines += "\nLargest memory of `talkinghead dub`, of a clip played again and again (360 x 288 px), MiB:\n\n"
    lines += "| video | in all | without what is mapped from files |\n|---|---|---|\n"
    for seconds, peak in result["memory"].items():
        lines += f"| {seconds} s | {peak['resident']:.0f} | {peak.get('anonymous', float('nan')):.0f} |\n"
    return lines


def _spread(values: list[float]) -> str:
    return f"{np.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
