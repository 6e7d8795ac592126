"""Of "write_a_speaker": whether emotions show on portraits, and what they cost the lips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.blendshapes import open_landmarker, score_shapes
from benchmarks.intervals import Interval as Row
from benchmarks.intervals import cell, compare, interval
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import RESEARCH
from talkinghead.errors import InputError
from talkinghead.face.expressions import MOUTH_EXPRESSIONS
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.media import VideoReader, read_image, save_image
from talkinghead.methods import get_method, get_renderer
from talkinghead.methods.write_a_speaker import load_generator
from talkinghead.methods.write_a_speaker.emotion import balance_jaw, emotion_weights
from talkinghead.methods.write_a_speaker.motion import WriteASpeakerMotion
from talkinghead.methods.write_a_speaker.recordings import read_stretches
from talkinghead.methods.write_a_speaker.scores import mouth_landmarks, predict_mouth
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.closure import bilabial_closures
from talkinghead.speech.emotions import EMOTIONS
from talkinghead.speech.say import say
from talkinghead.store import Store
from talkinghead.tracking import portrait_from_image
from talkinghead.types import ImageArray, Interval, Motion, Portrait, Speech

SHAPES: Mapping[str, tuple[str, ...]] = {
    "happy": ("mouthSmile",),
    "angry": ("browDown",),
    "surprised": ("browInnerUp", "browOuterUp", "eyeWide"),
    "sad": ("browInnerUp", "mouthFrown"),
}
"""Of each emotion the shapes that it must raise."""

_SENTENCE = "Maybe papa bought a big bamboo boat."
_PORTRAITS = 20
_SIDE = 448  # px of a portrait
_EVERY = 8  # frames of which one is scored
_SHOWN = 0.6  # of the sentence: where the sheet shows it
_SHEET = 160  # px of a picture of the sheet
_MEAD_EVERY = 10
_TITLE = f"""## Emotions

The same sentence ("{_SENTENCE}", a synthetic voice) on {_PORTRAITS} portraits, photos and drawings, with each
emotion at strength 1, drawn by the warping renderer, without blinks. The scores are those of MediaPipe's
FaceLandmarker, an independent network; "raised" is the share of portraits on which the shape's mean score is higher
than in the neutral version. "MEAD" is the same score of real actors (tier research): of their clips with this emotion,
and of a neutral one of another person. Closures are p, b and m of the sentence on which the lips meet, over all
portraits; "opening" is the correlation of the lips' distance with the real one's on GRID s1 test, from the text. *
marks rows than which neutral is better. How far surprise and sadness go was chosen on these portraits.
"""


def measure(corpus: Path, store: Path, sheet: Path) -> dict[str, Any]:
    """Changes of shapes, closures and openings by emotion.

    Args:
        corpus: with portraits, clips and the network of the scores.
        store: keeps tracks, weights and phones.
        sheet: the picture to look at, a row for each portrait.

    Raises:
        InputError: mediapipe is not installed.
    """
    generator = load_generator(get_method("write_a_speaker").find_weights())
    speech, renderer = say(_SENTENCE), get_renderer("warp")
    shapes: dict[str, dict[str, list[list[float]]]] = {
        name: {shape: [] for shape in wanted} for name, wanted in SHAPES.items()
    }
    closures: dict[str, list[float]] = {name: [] for name in EMOTIONS}
    rows = []
    with open_landmarker(corpus / "models" / "face_landmarker.task") as landmarker:
        for portrait in _portraits(corpus / "portraits", landmarker):
            scored, pictures = {}, []
            for name in EMOTIONS:
                motion = _speak(generator, speech, portrait, name)
                closed = bilabial_closures(motion.landmarks, speech.phones or (), motion.fps)
                closures[name].append(float(closed.mean()))
                shown = np.unique(np.r_[0 : len(motion) : _EVERY, round(_SHOWN * len(motion))])
                frames = np.concatenate([chunk.images for chunk in renderer.render(motion[shown], portrait)])
                scored[name] = _mean_scores(landmarker, frames)
                pictures.append(_square(frames[np.searchsorted(shown, round(_SHOWN * len(motion)))]))
            rows.append(np.concatenate(pictures, axis=1))
            for name, wanted in shapes.items():
                for shape, pairs in wanted.items():
                    pairs.append([_score(scored["neutral"], shape), _score(scored[name], shape)])
        mead = _measure_mead(corpus, landmarker)
    save_image(np.concatenate(rows), sheet)
    return {
        "shapes": shapes,
        "closures": closures,
        "opening": _measure_openings(generator, corpus, store),
        "mead": mead,
    }


def summarise(found: Mapping[str, Any]) -> dict[str, Any]:
    """Shares and means of shapes; intervals of closures and openings, compared with neutral."""
    shapes = {
        name: {
            shape: {
                "portraits": len(pairs),
                "raised": float(np.mean([after > before for before, after in pairs])),
                "neutral": float(np.mean([before for before, _ in pairs])),
                "emotion": float(np.mean([after for _, after in pairs])),
            }
            for shape, pairs in wanted.items()
        }
        for name, wanted in found["shapes"].items()
    }
    return {
        "shapes": shapes,
        "closures": _against_neutral(found["closures"]),
        "opening": _against_neutral(found["opening"]),
        "mead": found["mead"],
    }


def section(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = [_TITLE, "| emotion | shape | raised | neutral | emotion | MEAD, neutral | MEAD |", "|---" * 7 + "|"]
    for name, wanted in result["shapes"].items():
        for shape, row in wanted.items():
            mead = [result["mead"].get(who, {}).get(shape) for who in ("neutral", name)]
            real = ["-" if value is None else f"{value:.2f}" for value in mead]
            lines.append(
                f"| {name} | {shape} | {100 * row['raised']:.0f} % of {row['portraits']} | {row['neutral']:.2f} | "
                f"{row['emotion']:.2f} | {' | '.join(real)} |"
            )
    lines += ["", "| | closures | opening |", "|---|---|---|"]
    for name in result["closures"]:
        closed = cell(result["closures"][name], 1, scale=100, unit=" %")
        lines.append(f"| {name} | {closed} | {cell(result['opening'][name], 3)} |")
    return "\n".join([*lines, ""])


def _against_neutral(rows: Mapping[str, Sequence[float]]) -> dict[str, Row]:
    return {
        name: interval(own) if name == "neutral" else compare(own, rows["neutral"], higher_is_better=True)
        for name, own in rows.items()
    }


def _portraits(folder: Path, landmarker: Any) -> Iterator[Portrait]:
    """The first portraits whose face both trackers find."""
    found = 0
    for file in sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png")):
        image = _shrink(read_image(file))
        try:
            portrait = portrait_from_image(image)
        except InputError:
            continue
        if not score_shapes(landmarker, image):
            continue
        yield portrait
        found += 1
        if found == _PORTRAITS:
            return


def _speak(generator: WriteASpeakerMotion, speech: Speech, portrait: Portrait, emotion: str) -> Motion:
    emotions = None if emotion == "neutral" else (Interval(emotion, 0.0, speech.duration),)
    motion = generator.generate(replace(speech, emotions=emotions), portrait)
    return replace(motion, blink=np.zeros(len(motion)))


def _mean_scores(landmarker: Any, frames: ImageArray) -> dict[str, float]:
    scores = [found for frame in frames if (found := score_shapes(landmarker, frame))]
    return {name: float(np.mean([found[name] for found in scores])) for name in (scores[0] if scores else ())}


def _score(scores: Mapping[str, float], shape: str) -> float:
    """The score of a shape, of both sides together; 0 where no face was found."""
    own = [value for name, value in scores.items() if name in (shape, f"{shape}Left", f"{shape}Right")]
    return float(np.mean(own)) if own else 0.0


def _measure_openings(generator: WriteASpeakerMotion, corpus: Path, store: Path) -> dict[str, list[float]]:
    """Correlations of the opening on GRID s1 test, by emotion."""
    shown = balance_jaw(emotion_weights(), canonical_face()[0][MESH_OF_68])[:, MOUTH_EXPRESSIONS]
    found: dict[str, list[float]] = {name: [] for name in EMOTIONS}
    for stretch in read_stretches(Corpus.open(corpus).recordings("test"), Store(store)):
        made, real = predict_mouth(generator.mouth, stretch.phones[-1]), stretch.weights[:, MOUTH_EXPRESSIONS]
        for number, name in enumerate(EMOTIONS):
            lips = (mouth_landmarks(weights + add) for weights, add in ((made, shown[number]), (real, 0.0)))
            found[name].append(aperture_correlation(*lips))
    return found


def _measure_mead(corpus: Path, landmarker: Any) -> dict[str, dict[str, float]]:
    """Mean scores of MEAD's clips by emotion; those that are not there are left out."""
    found: dict[str, list[dict[str, float]]] = {}
    for recording in Corpus.open(corpus).recordings():
        name = next((emotion for emotion in EMOTIONS if f"_{emotion}_" in recording.video.stem), None)
        if recording.tier != RESEARCH or name is None or "MEAD" not in recording.video.stem:
            continue
        frames = np.concatenate([chunk.images for chunk in VideoReader(recording.video).chunks()])[::_MEAD_EVERY]
        found.setdefault(name, []).append(_mean_scores(landmarker, frames))
    shapes = {shape for wanted in SHAPES.values() for shape in wanted}
    return {
        name: {shape: float(np.mean([_score(scores, shape) for scores in clips])) for shape in sorted(shapes)}
        for name, clips in found.items()
    }


def _shrink(image: ImageArray) -> ImageArray:
    """A picture (H, W, 3) whose longer side is at most _SIDE."""
    scale = min(1.0, _SIDE / max(image.shape[:2]))
    size = tuple(round(scale * side) for side in image.shape[1::-1])
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA)) if scale < 1 else image


def _square(image: ImageArray) -> ImageArray:
    """The upper square of a picture, small."""
    side = min(image.shape[:2])
    left = (image.shape[1] - side) // 2
    cut = image[:side, left : left + side]
    return np.asarray(cv2.resize(cut, (_SHEET, _SHEET), interpolation=cv2.INTER_AREA))
