"""How much time and memory a dubbing takes, beside what it cannot do without: decoding, tracking and encoding."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np

from talkinghead import TalkingHead, save_video
from talkinghead.dubbing import prepare_dub
from talkinghead.media import VideoReader
from talkinghead.media.coded_video import open_coded
from talkinghead.tracking.appearance import Appearance, find_appearance
from talkinghead.types import Frames, ImageArray, Speech, Video, num_frames

SIZE, FACE_PX = (1280, 720), 200
_SECONDS = (10, 60, 600)  # of the videos whose memory is measured
_PROCESS = "import sys; from benchmarks.dub_speed import dub_once; dub_once(*sys.argv[1:])"


def measure_speed(head: TalkingHead, images: ImageArray, fps: float, speech: Speech) -> dict[str, float]:
    """CPU seconds of all cores per second of a video, step by step.

    Args:
        head: makes the motion.
        images: (T, H, W, 3) of a video, enlarged to 720p with a face of 200 px.
        fps: frames per second.
        speech: to be said.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        large = _enlarge(images)
        save_video(Video(iter([Frames(large, fps)]), None, fps, len(large)), path, visible_mark=False)
        reader = VideoReader(path, quick=True)
        found: list[Appearance] = [find_appearance(reader)]  # once before, so that nothing is loaded on the clock
        dubbing = prepare_dub(head, found[0], speech, length="video")
        source = open_coded(reader)

        def copy() -> None:
            save_video(Video(source.chunks(), None, fps, len(large)), Path(folder) / "copy.mp4", overwrite=True)

        def draw() -> None:
            save_video(dubbing.video(), Path(folder) / "out.mp4", overwrite=True)

        draw()
        steps: dict[str, Callable[[], object]] = {
            "decode": lambda: sum(map(len, source.chunks())),
            "decode and track": lambda: find_appearance(reader),
            "decode and encode": copy,
            "motion of the lips": lambda: prepare_dub(head, found[0], speech, length="video"),
            "decode, redraw and encode": draw,
        }
        return {name: _time(step, len(large) / fps) for name, step in steps.items()}


def _time(step: Callable[[], object], seconds: float) -> float:
    began = time.process_time()
    step()
    return (time.process_time() - began) / seconds


def _enlarge(images: ImageArray) -> ImageArray:
    track = find_appearance_of(images)
    face = float(np.median(np.ptp(track[:, :, 0], axis=1)))
    zoom, (width, height) = FACE_PX / face, SIZE
    middle = track[:, :, :2].mean(axis=(0, 1))
    affine = np.array([[zoom, 0, width / 2 - zoom * middle[0]], [0, zoom, height / 2 - zoom * middle[1]]])
    return np.stack(
        [cv2.warpAffine(image, affine, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT) for image in images]
    )


def find_appearance_of(images: ImageArray) -> np.ndarray:
    """(T, 478, 3) px the face in pictures (T, H, W, 3) at 25 frames per second."""
    from talkinghead.media import ArrayVideo

    return np.asarray(find_appearance(ArrayVideo(Frames(images, 25.0))).track.landmarks)


def measure_memory(clip: Path, lengths: tuple[int, ...] = _SECONDS) -> dict[str, float]:
    """Largest memory (MiB) of a process that dubs a clip played again and again, by the seconds that makes."""
    with TemporaryDirectory() as folder:
        peaks = {}
        for seconds in lengths:
            path = Path(folder) / f"{seconds}.mp4"
            _repeat(clip, path, seconds)
            done = subprocess.run(
                [sys.executable, "-c", _PROCESS, str(path), str(clip)], capture_output=True, text=True, check=True
            )
            peaks[str(seconds)] = float(done.stdout.split()[-1])
            path.unlink()
        return peaks


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


def dub_once(video: str, sound: str) -> None:
    """Dub a file with the sound of another, which is repeated, and print the largest memory of this process in MiB."""
    from talkinghead.media import read_speech, speech_from_array

    seconds = VideoReader(video, quick=True).duration
    said = read_speech(sound)
    times = int(np.ceil(seconds * said.sample_rate / len(said.samples)))
    speech = speech_from_array(np.tile(said.samples, times), said.sample_rate)
    head = TalkingHead.from_pretrained()
    appearance = find_appearance(VideoReader(video, quick=True))
    dubbing = prepare_dub(head, appearance, speech, length="video")
    with TemporaryDirectory() as folder:
        save_video(dubbing.video(), Path(folder) / "out.mp4")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
