"""One portrait says sentences of synthesised voices, and recordings in other languages; sheets to look at."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from benchmarks.voices import (
    Sample,
    Score,
    add_up,
    close_portrait,
    known_speaker,
    predict_landmarks,
    rate_cell,
    rates,
    track_again,
    with_phones,
    without_phones,
)
from talkinghead.data.manifest import manifest_rows
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.media import read_image, read_speech, save_image
from talkinghead.pipeline import TalkingHead
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import resample
from talkinghead.speech.say import say
from talkinghead.tracking import track_faces
from talkinghead.types import FloatArray, ImageArray, Motion, Portrait, Speech

FPS = 25.0
VOICES = ("en-us", "en-us+f3", "en-gb")
SENTENCES = (
    "Bob packed my bag before the boat came back.",
    "Five brave men fought for their very lives.",
    "Please put a warm plum pie upon the table.",
    "My mother makes more jam than Paul can eat.",
    "The number of people who vote keeps falling.",
    "Maybe Peter will help me move the piano.",
    "Never leave the oven on overnight, Vivian.",
    "A bright lamp hung above the empty bed.",
    "Tom climbed up the steep path with a map.",
    "Half of the coffee fell off the shelf.",
    "We hope to be home by the first of November.",
    "The baby grabbed a big blue rubber ball.",
    "Some of them simply stop at the bottom.",
    "I believe the river flows through five villages.",
    "Pam swam from the ship to the beach.",
    "Give me a cup of tea, and leave the milk out.",
    "Both of my brothers jumped over the bumpy fence.",
    "The lawyer read the whole long letter aloud.",
    "Imagine a place where nobody ever complains.",
    "He left without a word, and she followed him.",
)
LANGUAGES = {
    "en": "English",
    "zh": "Mandarin",
    "fr": "French",
    "it": "Italian",
    "es": "Spanish",
    "ja": "Japanese",
    "ko": "Korean",
    "de": "German",
    "ru": "Russian",
}
_CALM = "LivePortrait__s0.jpg"
_REAL_CLIPS = 12
_RECORDINGS = 2  # of each language
_SECONDS = 7.0  # of each recording
_MOVING = 0.15  # eye distances per second of the opening; the tracker's noise makes about 0.05
_PICTURES = 12
_CAPTION = 22  # px


def text(head: TalkingHead, corpus: Path, cache: Path) -> dict[str, dict[str, list[Score]]]:
    """Portrait -> what made the landmarks -> for each sentence what ``voices.rates`` counts.

    The ceiling is what rendering and tracking leave of real lips: the motion of clips of GRID s1 (val), given to the
    same portrait.

    Args:
        head: what to measure.
        corpus: the folder of the recordings.
        cache: folder for the tracks of GRID s1.
    """
    real = known_speaker(corpus / "grid_s1", cache, limit=_REAL_CLIPS)
    spoken = {voice: [say(sentence, voice=voice) for sentence in SENTENCES] for voice in VOICES}
    result: dict[str, dict[str, list[Score]]] = {}
    for name, image in (("smiling", data.astronaut()), ("lips closed", read_image(corpus / "portraits" / _CALM))):
        portrait, rows = close_portrait(image), result.setdefault(name, {})
        for voice, speeches in spoken.items():
            for speech in speeches:
                phones = speech.phones or ()
                seen = rates(track_again(head, speech, portrait, FPS)[0], phones, FPS)
                rows.setdefault(f"{voice}, re-tracked output", []).append(seen)
                meant = rates(predict_landmarks(head.generator, speech, portrait, FPS), phones, FPS)
                rows.setdefault("all voices, predicted landmarks", []).append(meant)
        rows["a real mouth's motion, re-tracked"] = [_real_motion(head, sample, portrait) for sample in real]
    return result


def _real_motion(head: TalkingHead, sample: Sample, portrait: Portrait) -> Score:
    """What is counted when the portrait is given the motion of a real mouth."""
    own, others = (head_landmarks(p.track)[0] for p in (portrait, sample.portrait))
    landmarks = closed_mouth(own) + sample.reference - closed_mouth(others)
    count = len(landmarks)
    still = np.zeros((count, 3))
    video = head.video(Motion(sample.fps, landmarks, still, still, np.zeros(count), own), portrait)
    return rates(head_landmarks(track_faces(video.frames)), sample.speech.phones or (), sample.fps)


def _recordings(folder: Path, language: str) -> list[Path]:
    """Recordings of different speakers, where there are several."""
    rows = [row for row in manifest_rows(folder) if row["language"] == language and float(row["seconds"]) > 4]
    rows = [row for row in rows if language != "en" or "LibriSpeech" in row["file"]]
    by_speaker = {row["speaker"]: folder / row["file"] for row in reversed(rows)}
    return list(reversed(by_speaker.values()))[:_RECORDINGS]


def _beginning(speech: Speech) -> Speech:
    return dataclasses.replace(speech, samples=speech.samples[: round(_SECONDS * speech.sample_rate)], sound=None)


def movement(landmarks: FloatArray, speech: Speech) -> dict[str, float]:
    """Of the frames with speech: the share in which the opening changes, and its mean, in eye distances."""
    gap = lip_gap(landmarks)
    activity = voice_activity(resample(speech.samples, speech.sample_rate), FPS)[: len(gap)]
    speaking = np.flatnonzero(activity > 0.5)
    speed = np.abs(np.gradient(gap)) * FPS
    return {"moving": float((speed[speaking] > _MOVING).mean()), "opening": float(gap[speaking].mean())}


def languages(head: TalkingHead, folder: Path, out: Path) -> dict[str, list[Score]]:
    """Language -> for each recording ``movement`` and ``voices.rates`` of the re-tracked output.

    Args:
        head: what to measure.
        folder: the shared folder ``speech``.
        out: gets one sheet per language, of its first recording.
    """
    portrait = close_portrait(data.astronaut())
    out.mkdir(parents=True, exist_ok=True)
    result: dict[str, list[Score]] = {}
    for language, name in LANGUAGES.items():
        for path in _recordings(folder, language):
            speech = with_phones(_beginning(read_speech(path)), None)
            landmarks, frames = track_again(head, without_phones(speech), portrait, FPS)
            counted = rates(landmarks, speech.phones or (), FPS)
            row: Score = {"recording": path.name, **movement(landmarks, speech), **counted}
            if name not in result:
                save_image(_sheet(frames, lip_gap(landmarks)), out / f"{name.lower()}.png")
            result.setdefault(name, []).append(row)
    return result


def _telling(gap: FloatArray) -> list[tuple[int, str]]:
    """Six frames where the mouth is widest and six where it is narrowest between them, in order of time."""
    inner = np.arange(1, len(gap) - 1)
    peaks = inner[(gap[inner] >= gap[inner - 1]) & (gap[inner] > gap[inner + 1])]
    half = _PICTURES // 2
    peaks = np.sort(peaks[np.argsort(-gap[peaks], kind="stable")][:half])
    stops = [*peaks[1:], len(gap)]
    valleys = [start + int(gap[start:stop].argmin()) for start, stop in zip(peaks, stops)]
    return sorted([(int(peak), "open") for peak in peaks] + [(int(valley), "shut") for valley in valleys])


def _sheet(frames: ImageArray, gap: FloatArray) -> ImageArray:
    """Two rows of six pictures, with their times, what they were chosen for, and the opening."""
    font, tiles = ImageFont.load_default(15), []
    for number, what in _telling(gap):
        height, width = frames.shape[1:3]
        tile = Image.new("RGB", (width, height + _CAPTION), "white")
        tile.paste(Image.fromarray(frames[number]), (0, 0))
        caption = f"{number / FPS:.2f} s  {what}  {gap[number]:.3f}"
        ImageDraw.Draw(tile).text((width / 2, height + _CAPTION / 2), caption, fill="black", anchor="mm", font=font)
        tiles.append(np.asarray(tile))
    tiles += [np.full_like(tiles[0], 255)] * (_PICTURES - len(tiles))
    half = _PICTURES // 2
    return np.concatenate([np.concatenate(tiles[k : k + half], axis=1) for k in (0, half)])


def summarise_text(result: Mapping[str, Mapping[str, Sequence[Score]]]) -> dict[str, dict[str, Any]]:
    """The result of ``text`` without its sentences: their number, and the phones of all of them together."""
    return {
        portrait: {name: {"sentences": len(scores), **add_up(scores)} for name, scores in rows.items()}
        for portrait, rows in result.items()
    }


def summarise_languages(result: Mapping[str, Sequence[Score]]) -> dict[str, dict[str, Any]]:
    """The result of ``languages`` without its recordings: their number, means, and the phones of all of them."""
    return {
        name: {
            "recordings": len(rows),
            **{key: float(np.mean([row[key] for row in rows])) for key in ("moving", "opening")},
            **add_up(rows),
        }
        for name, rows in result.items()
    }


def text_table(result: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """What ``summarise_text`` gives as Markdown."""
    lines = ["| portrait | landmarks from | sentences | p b m | f v |", "|---|---|---|---|---|"]
    for portrait, rows in result.items():
        for name, row in rows.items():
            cells = [portrait, name, str(row["sentences"]), rate_cell(row, "p b m"), rate_cell(row, "f v")]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def languages_table(result: Mapping[str, Mapping[str, Any]]) -> str:
    """What ``summarise_languages`` gives as Markdown."""
    lines = ["| language | recordings | mouth moves | opening, of English | p b m | f v |", "|---|---|---|---|---|---|"]
    english = result["English"]["opening"]
    for name, row in result.items():
        cells = [name, str(row["recordings"]), f"{row['moving']:.0%} of speech", f"{row['opening'] / english:.2f}"]
        cells += [rate_cell(row, "p b m"), rate_cell(row, "f v")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
