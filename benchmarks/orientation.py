"""Faces that are not upright, or whose mouth is covered: found where they are, refused, or wrong without a word."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from talkinghead.cancellation import checkpoint
from talkinghead.data.corpus import Corpus
from talkinghead.errors import InputError
from talkinghead.face.landmarks import FACE_OVAL, JAW, MESH_OF_68
from talkinghead.face.pose import fit_pose
from talkinghead.media import VideoReader, read_image
from talkinghead.tracking.portrait import find_mesh
from talkinghead.types import FloatArray, ImageArray

SIDE = 512
"""px of the longer side of a picture, at most."""

TURNS = tuple(range(0, 360, 30))
"""Degrees by which a picture is turned."""

MASKS: Mapping[str, tuple[int, int, int] | None] = {
    "black": (24, 24, 26),
    "white": (236, 238, 240),
    "blue": (120, 170, 215),
    "like skin": None,  # the median colour of the face
}
"""Colours of masks that are painted over mouth and nose."""

MISPLACED = 0.25
"""Eye distances by which the 68 landmarks lie elsewhere, on average, where a face is misread."""

CHOSEN_ON = (
    *("AAAI22__d1", "AAAI22__statue2", "FACEGOOD__zsmeif", "LivePortrait__s10", "LivePortrait__s7", "MakeItTalk__girl"),
    *("MimicTalk__Trump_10s", "PC-AVS__681600002", "PC-AVS__Input__00002", "PC-AVS__Pose_Source__620900105"),
    *("SadTalker__art_10", "SadTalker__art_15", "Text2Video__astronaut", "V-Express__AOC", "avatarify-python__obama"),
    *("dr-pato-avsi__grid_s30_pgbb4s", "dreamtalk__male_face", "rizkiarm-LipNet__grid_s26_swiz3n"),
    *("spectre__MEAD_M026_level_3_disgusted_018", "spectre__MEAD_W040_level_3_happy_029"),
    *("vid2speech__grid_s4_bbwgza", "video-retalking__face5"),
)
"""Pictures on whose variants the weights of ``tracking.upright`` were fitted."""

OUTCOMES = ("right", "right, and said", "wrong, and said", "refused", "not found", "wrong without a word")

_SUFFIXES = {".jpg", ".jpeg", ".png"}
_GREY = (128, 128, 128)
_SHADE = 0.25  # of the face's light that remains on a mask
_TITLE = f"""# Faces that are not upright, or not all visible

Every picture of the shared folder and a frame of a clip of every speaker, {SIDE} px large at most, is turned in steps
of 30 degrees, with a grey border that cuts nothing off, and painted with masks over mouth and nose, in four colours.
Where the landmarks should lie is known from the upright picture. They are misplaced where the 68 lie more than
{MISPLACED:g} eye distances elsewhere on average. The right end of a mask is a refusal, for lips would be drawn over it.
How readings are weighed was fitted on {len(CHOSEN_ON)} of the pictures, which are told apart from the others.
"""


class Variant(NamedTuple):
    """A picture changed, and where its landmarks are then."""

    kind: str
    image: ImageArray
    mesh: FloatArray


class Seen(NamedTuple):
    """What became of a picture: landmarks (478, 3) px or None, what was announced, and the refusal or ""."""

    mesh: FloatArray | None
    said: tuple[str, ...]
    refusal: str


def read_pictures(corpus: Path) -> dict[str, ImageArray]:
    """All portraits, and the middle frame of the first clip of every speaker, by name."""
    found = {
        path.stem: _shrink(read_image(path))
        for path in sorted((corpus / "portraits").iterdir())
        if path.suffix in _SUFFIXES
    }
    first = {recording.speaker: recording for recording in reversed(Corpus.open(corpus).table)}
    for recording in sorted(first.values(), key=lambda one: one.name):
        video = VideoReader(recording.video)
        found[recording.name] = _shrink(np.array(video.frame(video.num_frames // 2)))
    return found


def _shrink(image: ImageArray) -> ImageArray:
    scale = SIDE / max(image.shape[:2])
    return image if scale >= 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def turn(image: ImageArray, mesh: FloatArray, degrees: float) -> tuple[ImageArray, FloatArray]:
    """A picture turned clockwise, with a border that cuts nothing off, and its landmarks (478, 3) px."""
    height, width = image.shape[:2]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    axes = np.array([[cosine, -sine], [sine, cosine]])
    size = np.abs(axes) @ (width, height)
    shift = (size - 1) / 2 - axes @ ((width - 1) / 2, (height - 1) / 2)
    whole = tuple(int(side) for side in np.round(size))
    turned = cv2.warpAffine(image, np.column_stack([axes, shift]), whole, flags=cv2.INTER_LINEAR, borderValue=_GREY)
    return turned, np.concatenate([mesh[:, :2] @ axes.T + shift, mesh[:, 2:]], axis=1)


def paint_mask(image: ImageArray, mesh: FloatArray, colour: tuple[int, int, int] | None) -> ImageArray:
    """A picture with a mask over mouth and nose; ``colour`` None: that of the face."""
    points = mesh[MESH_OF_68, :2]
    jaw = points[JAW]
    cheeks = np.array([jaw[2] + 0.1 * (jaw[14] - jaw[2]), jaw[14] + 0.1 * (jaw[2] - jaw[14])])
    outline = np.concatenate([jaw[2:15], cheeks[1:], points[28:29], cheeks[:1]])
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [outline.round().astype(np.int32)], 255)
    size = float(np.linalg.norm(jaw[16] - jaw[0]))
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.6, size / 120))[..., None] / 255.0
    if colour is None:
        face = np.zeros(image.shape[:2], np.uint8)
        cv2.fillPoly(face, [mesh[FACE_OVAL, :2].round().astype(np.int32)], 1)
        chosen = np.median(image[face > 0], axis=0) if face.any() else np.array(_GREY, np.float64)
    else:
        chosen = np.array(colour, np.float64)
    # Light and shade of the face, without its features, fall on the mask.
    light = cv2.GaussianBlur(image.mean(axis=-1), (0, 0), max(1.0, size / 8))
    shade = light / max(1.0, float(light[mask > 0].mean())) if mask.any() else np.ones_like(light)
    painted = chosen * (1 - _SHADE + _SHADE * shade)[..., None]
    return (image * (1 - soft) + painted * soft).clip(0, 255).astype(np.uint8)


def vary(image: ImageArray, mesh: FloatArray) -> Iterator[Variant]:
    """A picture turned by each of ``TURNS``, and with each of ``MASKS``."""
    for degrees in TURNS:
        yield Variant(str(degrees), *turn(image, mesh, degrees))
    for name, colour in MASKS.items():
        yield Variant(name, paint_mask(image, mesh, colour), mesh)


@contextmanager
def _listen() -> Iterator[list[str]]:
    """What is announced meanwhile."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, handler = logging.getLogger("talkinghead"), Keep()
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)


def look(image: ImageArray) -> Seen:
    """What becomes of a picture."""
    with _listen() as said:
        try:
            mesh, _ = find_mesh(image)
        except InputError as error:
            return Seen(None, tuple(said), str(error))
    return Seen(mesh, tuple(said), "")


def judge(seen: Seen, mesh: FloatArray) -> str:
    """One of ``OUTCOMES``, for landmarks that should lie at ``mesh``."""
    if seen.mesh is None:
        return "not found" if "no face was found" in seen.refusal else "refused"
    unit = float(fit_pose(mesh[None])[2][0])
    away = float(np.linalg.norm((seen.mesh - mesh)[MESH_OF_68, :2], axis=-1).mean()) / unit
    if away <= MISPLACED:
        return "right, and said" if seen.said else "right"
    return "wrong, and said" if seen.said else "wrong without a word"


def measure(corpus: Path) -> dict[str, dict[str, str]]:
    """Name of a picture -> kind of its variants -> one of ``OUTCOMES``; none where the upright picture is refused."""
    result: dict[str, dict[str, str]] = {}
    for name, image in read_pictures(corpus).items():
        seen = look(image)
        found: dict[str, str] = {}
        if seen.mesh is not None:
            for variant in vary(image, seen.mesh):
                checkpoint()
                found[variant.kind] = judge(look(variant.image), variant.mesh)
        result[name] = found
    return result


def summarise(result: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Of the pictures that are read upright: set of pictures -> kind of variant -> outcome -> how many."""
    read = {name: kinds for name, kinds in result.items() if kinds}
    sets = {
        "fitted on": [kinds for name, kinds in read.items() if name in CHOSEN_ON],
        "others": [kinds for name, kinds in read.items() if name not in CHOSEN_ON],
    }
    kinds = (*(str(degrees) for degrees in TURNS), *MASKS)
    counts = {name: {kind: dict(Counter(one[kind] for one in found)) for kind in kinds} for name, found in sets.items()}
    return {"refused upright": sorted(set(result) - set(read)), "counts": counts}


def table(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as Markdown."""
    head = f"| | {' | '.join(OUTCOMES)} |\n|---|{'---|' * len(OUTCOMES)}"
    lines = [_TITLE]
    for name, title in (("others", "Pictures not fitted on"), ("fitted on", "Pictures fitted on")):
        lines += [f"## {title}\n", head]
        rows = {
            f"turned by {kind}°" if kind.isdigit() else f"mask, {kind}": found
            for kind, found in result["counts"][name].items()
        }
        lines += [
            f"| {what} | {' | '.join(str(found.get(outcome, 0)) for outcome in OUTCOMES)} |"
            for what, found in rows.items()
        ]
        for what in ("turned", "mask"):
            total: Counter[str] = Counter()
            for kind, found in rows.items():
                total.update(found if kind.startswith(what) else {})
            count = max(1, sum(total.values()))
            shares = " | ".join(f"{100 * total[outcome] / count:.1f} %" for outcome in OUTCOMES)
            lines.append(f"| all {what} ({sum(total.values())}) | {shares} |")
        lines.append("")
    lines.append(f"Not read although upright, and left out: {', '.join(result['refused upright']) or 'none'}.\n")
    return "\n".join(lines)
