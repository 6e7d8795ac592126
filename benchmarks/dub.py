"""Dubbed videos: do the lips say the new words, does all else stay, does the mouth flicker, how fast is it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from benchmarks.intervals import Interval, cell, interval
from talkinghead import TalkingHead, save_video
from talkinghead.dubbing import prepare_dub
from talkinghead.face.landmarks import OUTER_LIP_CONTOUR
from talkinghead.face.pose import head_landmarks
from talkinghead.media import ArrayVideo, VideoReader, read_speech
from talkinghead.media.speech_parts import cut_speech
from talkinghead.metrics.aperture import aperture_correlation, aperture_correlation_in_step
from talkinghead.metrics.flicker import flicker
from talkinghead.metrics.sync import sync_score
from talkinghead.metrics.syncnet import load_syncnet
from talkinghead.tracking import track_faces
from talkinghead.tracking.appearance import Appearance, find_appearance
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Frames, ImageArray, Speech, Video

CLIPS = (
    "clips/vid2speech__grid_s4_sgac2a.mp4",
    "clips/MimicTalk__May_5s.mp4",
    "clips/SadTalker__WDA_EdMarkey0_000.mp4",
)
"""Videos, each of which says what the next one says, and then its own words again."""

_SECONDS = 2.0
_EDGE = 0.12  # mouth widths of the band around the lips in which flicker is measured
_SPEED_SIZE, _SPEED_FACE = (1280, 720), 200  # px
_TIMED_S = 1.4
_TITLE = """# Dubbing

{clips} videos of {seconds:g} seconds, of people of whom some have taught the lips (GRID) and some have not. Each is
given the sound of another one (*other words*); the result is then dubbed with the video's own sound (*its own words
again*), so that the lips that were replaced must come back. All is measured on frames that were not encoded again.

| | lips asked for | real lips | AV confidence | AV offset, frames |
|---|---|---|---|---|
"""


def measure(corpus: Path, clips: Sequence[str] = CLIPS, *, seconds: float = _SECONDS) -> dict[str, Any]:
    """What becomes of videos that are dubbed.

    Args:
        corpus: the folder of recordings.
        clips: files of it.
        seconds: of each video that are used.

    Returns:
        rows: for each kind of video the ``Interval`` of each measure over the clips; "unchanged": of how many frames in
        how many every pixel outside the band around the jaw is the same; "speed": CPU seconds per second of video.
    """
    head = TalkingHead.from_pretrained()
    videos = [_read(corpus / name, seconds) for name in clips]
    speeches = [
        cut_speech(read_speech(corpus / name), [(0.0, len(video.frames) / video.fps)])
        for name, video in zip(clips, videos)
    ]
    found = [
        _measure_clip(head, video, own, speeches[(k + 1) % len(clips)])
        for k, (video, own) in enumerate(zip(videos, speeches))
    ]
    rows: dict[str, dict[str, Interval]] = {}
    for kind in found[0]["rows"]:
        names = found[0]["rows"][kind]
        rows[kind] = {name: interval([float(each["rows"][kind][name]) for each in found]) for name in names}
    return {
        "clips": len(clips),
        "seconds": seconds,
        "rows": rows,
        "frames": sum(each["frames"] for each in found),
        "unchanged": sum(each["unchanged"] for each in found),
        "flicker": interval([each["flicker"] for each in found]),
        "speed": _measure_speed(head, corpus / clips[0], speeches[1]),
    }


def _read(path: Path, seconds: float) -> ArrayVideo:
    reader = VideoReader(path)
    count, images = round(seconds * reader.fps), []
    for chunk in reader.chunks():
        images.append(chunk.images)
        if sum(map(len, images)) >= count:
            break
    return ArrayVideo(Frames(np.concatenate(images)[:count], reader.fps))


def _measure_clip(head: TalkingHead, video: ArrayVideo, own: Speech, other: Speech) -> dict[str, Any]:
    images = video.frames.images
    real = find_appearance(video)
    first = prepare_dub(head, real, other, length="video")
    foreign = _draw(first.video())
    replaced = find_appearance(ArrayVideo(Frames(foreign, video.fps)))
    second = prepare_dub(head, replaced, own, length="video")
    back = _draw(second.video())
    returned = track_faces([Frames(back, video.fps)])
    wanted = [np.asarray(each.motion.landmarks, float) for each in (first, second)]
    lips = head_landmarks(real.track)
    rows = {
        "real video, its own sound": _row(images, real.track, own, None, None),
        "real video, other words": _row(images, real.track, other, (lips, wanted[0]), None),
        "dubbed, other words": _row(foreign, replaced.track, other, (head_landmarks(replaced.track), wanted[0]), None),
        "dubbed, its own words again": _row(
            back, returned, own, (head_landmarks(returned), wanted[1]), (head_landmarks(returned), lips)
        ),
    }
    outside = [~_near_jaw(image.shape, mesh) for image, mesh in zip(images, real.track.landmarks)]
    same = [bool((old[where] == new[where]).all()) for old, new, where in zip(images, foreign, outside)]
    edge = _edge(real)
    return {
        "rows": rows,
        "frames": len(images),
        "unchanged": sum(same),
        "flicker": float(np.mean(flicker(foreign, edge)) / np.mean(flicker(images, edge))),
    }


def _row(
    images: ImageArray,
    track: FaceTrack,
    speech: Speech,
    wanted: tuple[FloatArray, FloatArray] | None,
    real: tuple[FloatArray, FloatArray] | None,
) -> dict[str, float]:
    network = load_syncnet()
    crops = network.crop(images, network.places(np.asarray(track.landmarks, float)))
    score = sync_score(
        network.embed_video(crops, track.fps), network.embed_audio(speech, len(images) * 25 // round(track.fps))
    )
    row = {"confidence": score.confidence, "offset": float(score.offset)}
    if wanted is not None:
        row["wanted"] = aperture_correlation(*wanted)
    if real is not None:
        row["real"] = aperture_correlation_in_step(*real)
    return row


def _draw(video: Video) -> ImageArray:
    return np.concatenate([chunk.images for chunk in video.frames])


def _near_jaw(shape: tuple[int, ...], mesh: FloatArray) -> BoolArray:
    """(H, W) below the eyes, and no further from the face than the skin follows the jaw."""
    hull = cv2.convexHull(np.ascontiguousarray(mesh[:468, :2], np.float32)).round().astype(np.int32)
    face = cv2.fillConvexPoly(np.zeros(shape[:2], np.uint8), hull, 1)
    reach = int(0.27 * np.ptp(mesh[:, 0]))
    near = cv2.dilate(face, np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
    near[: int(mesh[[145, 374], 1].max())] = False
    return np.asarray(near)


def _edge(appearance: Appearance) -> BoolArray:
    """(H, W) a band around the lips, where they are in the middle of the video."""
    mesh = np.asarray(appearance.track.landmarks[len(appearance.track) // 2], np.float32)
    contour = mesh[OUTER_LIP_CONTOUR, :2].round().astype(np.int32)
    width, height = appearance.video.size
    band = np.zeros((height, width), np.uint8)
    cv2.polylines(band, [contour], True, 1, thickness=max(2, round(2 * _EDGE * np.ptp(contour[:, 0]))))
    return np.asarray(band > 0)


def _measure_speed(head: TalkingHead, clip: Path, speech: Speech) -> dict[str, float]:
    """CPU seconds per second of a video of 720p with a face of 200 px."""
    video = _read(clip, _TIMED_S)
    track = find_appearance(video).track
    face = float(np.median(np.ptp(track.landmarks[:, :, 0], axis=1)))
    zoom, (width, height) = _SPEED_FACE / face, _SPEED_SIZE
    middle = track.landmarks[:, :, :2].mean(axis=(0, 1))
    affine = np.array([[zoom, 0, width / 2 - zoom * middle[0]], [0, zoom, height / 2 - zoom * middle[1]]])
    images = np.stack(
        [
            cv2.warpAffine(image, affine, _SPEED_SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
            for image in video.frames.images
        ]
    )
    seconds = len(images) / video.fps
    with TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        save_video(Video(iter([Frames(images, video.fps)]), None, video.fps, len(images)), path)
        reader = VideoReader(path)
        taken = {"decode": _cpu(lambda: sum(map(len, reader.chunks())))}
        found: list[Appearance] = []
        taken["decode and track"] = _cpu(lambda: found.append(find_appearance(reader)))
        plain = lambda: Video(reader.chunks(), None, video.fps, len(images))  # noqa: E731
        taken["decode and encode"] = _cpu(lambda: save_video(plain(), Path(folder) / "plain.mp4"))
        dubbing = prepare_dub(head, found[0], speech, length="video")
        taken["motion of the lips"] = _cpu(lambda: prepare_dub(head, found[0], speech, length="video"))
        taken["decode, redraw and encode"] = _cpu(lambda: save_video(dubbing.video(), Path(folder) / "out.mp4"))
    return {name: value / seconds for name, value in taken.items()}


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def table(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    lines = [_TITLE.format(clips=result["clips"], seconds=result["seconds"])]
    for kind, row in result["rows"].items():
        cells = [cell(row[name], digits) if name in row else "" for name, digits in _COLUMNS]
        lines[-1] += f"| {kind} | {' | '.join(cells)} |\n"
    speed = result["speed"]
    floor = speed["decode and track"] + speed["decode and encode"]
    whole = speed["decode and track"] + speed["motion of the lips"] + speed["decode, redraw and encode"]
    lines.append(
        f"""Lips are tracked anew in the result. *Lips asked for*: correlation of their opening with that of the
motion that was drawn; *real lips*: with that of the real video, its own offset taken off. Our SyncNet judges synchrony.

- **All else stays:** in {result["unchanged"]} of {result["frames"]} frames every pixel above the lower lids, and
  further from the face than the skin follows the jaw, is that of the video.
- **Flicker** in a band around the lips, relative to that of the real video: {cell(result["flicker"], 2)}.

## Time

A video of {_SPEED_SIZE[0]} x {_SPEED_SIZE[1]} px at 25 frames per second with a face of {_SPEED_FACE} px; CPU seconds
per second of video, summed over all cores.

| | CPU s |
|---|---|"""
    )
    lines += [f"| {name} | {value:.2f} |" for name, value in speed.items()]
    lines.append(f"| the floor: track, decode and encode | {floor:.2f} |\n| all of a dubbing | {whole:.2f} |")
    return "\n".join(lines) + "\n"


_COLUMNS = (("wanted", 2), ("real", 2), ("confidence", 2), ("offset", 1))
