"""Named controls of a face: smile, frown, open mouth, pucker, brows, lids, gaze, pose, and ARKit's expressions.

The shapes are displacement fields over the 68 landmarks in the head frame, the same for every face. Our own are
symmetric and smooth functions of the place on the mean face, so that neighbours move alike. Facing points of the inner
lips move alike in all of them except ``open``, so that no other parts or crosses the lips. Those with ARKit's names are
the face model's.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from types import MappingProxyType

import numpy as np

from talkinghead.errors import InputError
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.gaze import LOOKS
from talkinghead.face.landmarks import BROWS, JAW, LIPS, MESH_OF_68, canonical_face
from talkinghead.face.rest import LOWER_INNER, UPPER_INNER
from talkinghead.motion.expressions import landmark_basis
from talkinghead.motion.eye_weights import BLINK_NAMES
from talkinghead.types import NUM_LANDMARKS, FloatArray

# All in eye distances, at value 1, which is about the most that faces do.
_SMILE_OUT, _SMILE_UP, _SMILE_BACK = 0.075, 0.075, 0.05
_FROWN_DOWN, _FROWN_IN, _FROWN_CHIN = 0.055, 0.01, 0.015
_PUCKER_IN, _PUCKER_FORWARD, _PUCKER_FULL = 0.085, 0.07, 0.015
_RAISE, _RAISE_ENDS = 0.085, 0.6
_KNIT_IN, _KNIT_DOWN = 0.03, 0.045

_LOWER_SHARE = 0.9  # of an opening: part made by the lower lip
_CHIN_SHARE = 0.7  # of an opening: distance by which the chin drops
_CORNER_DOWN, _CORNER_IN = 0.3, 0.12  # of the opening
_CHIN_REACH = 2.5  # points of the jaw


@dataclass(frozen=True)
class Control:
    """One control.

    Attributes:
        unit: of its values.
        low: the least value.
        high: the greatest value.
        field: makes the displacement (68, 3) at value 1; None: it moves no landmarks.
    """

    unit: str
    low: float
    high: float
    field: Callable[[], FloatArray] | None = None


@lru_cache(maxsize=1)
def _mean_face() -> FloatArray:
    return np.asarray(canonical_face()[0][MESH_OF_68])


def _across_lips() -> FloatArray:
    """(20,) position of the lips' points between the corners, from -1 to 1."""
    x = _mean_face()[LIPS, 0].copy()
    inner = LOWER_INNER - LIPS.start
    x[inner] = x[UPPER_INNER - LIPS.start]  # which nearly holds on the mean face
    return np.asarray(x / x.max())


def _cheeks() -> FloatArray:
    """(17,) weights of points of the jaw: 1 beside the mouth, 0 at the chin and the ears."""
    beside = np.minimum(np.arange(17), 16 - np.arange(17))
    return np.asarray(np.exp(-0.5 * ((beside - 4.0) / 1.5) ** 2))


def _chin() -> FloatArray:
    """(17,) weights of points of the jaw: 1 at the chin, 0 far from it."""
    return np.asarray(np.exp(-0.5 * ((np.arange(17) - 8) / _CHIN_REACH) ** 2))


def _smile() -> FloatArray:
    """Corners of the mouth out, up and back around the teeth; the middle stays; the cheeks swell a little."""
    field, across = np.zeros((NUM_LANDMARKS, 3)), _across_lips()
    field[LIPS] = np.stack([_SMILE_OUT * across, -_SMILE_UP * across**2, _SMILE_BACK * across**2], axis=-1)
    field[JAW, 0] = 0.2 * _SMILE_OUT * _cheeks() * np.sign(_mean_face()[JAW, 0])
    return field


def _frown() -> FloatArray:
    """Corners of the mouth down and a little in; the middle and the chin pushed up."""
    field, across = np.zeros((NUM_LANDMARKS, 3)), _across_lips()
    field[LIPS, 0] = -_FROWN_IN * across
    field[LIPS, 1] = _FROWN_DOWN * across**2 - _FROWN_CHIN * (1 - across**2)
    field[JAW, 1] = -0.5 * _FROWN_CHIN * _chin()
    return field


def _open() -> FloatArray:
    """The jaw down so that the lips part by 1 in the mean over the three facing pairs of inner points."""
    field, across, face = np.zeros((NUM_LANDMARKS, 3)), _across_lips(), _mean_face()
    middle = 1 - across**4  # rounder than a parabola, which looks pointed
    middle /= middle[UPPER_INNER - LIPS.start].mean()
    lower = face[LIPS, 1] > face[48, 1] + 0.02  # below the corners
    field[LIPS, 1] = _CORNER_DOWN * across**2 + middle * np.where(lower, _LOWER_SHARE, _LOWER_SHARE - 1)
    field[LIPS, 0] = -_CORNER_IN * across * np.abs(across)
    field[JAW, 1] = _CHIN_SHARE * _chin()
    return field


def _pucker() -> FloatArray:
    """Corners of the mouth in, the lips forward and fuller, as for "oo"."""
    field, across, face = np.zeros((NUM_LANDMARKS, 3)), _across_lips(), _mean_face()
    middle = 1 - across**2
    inwards = -_PUCKER_IN * across * (1 + across**2) / 2  # most at the corners: the middle would look pointed
    field[LIPS] = np.stack([inwards, np.zeros(20), -_PUCKER_FORWARD * (0.4 + 0.6 * middle)], axis=-1)
    above = face[48:60, 1] < face[48, 1]
    field[48:60, 1] += np.where(above, -_PUCKER_FULL, _PUCKER_FULL) * middle[:12]
    field[JAW, 0] = -0.15 * _PUCKER_IN * _cheeks() * np.sign(face[JAW, 0])
    return field


def _along_brow() -> FloatArray:
    """(10,) position on the brows: 0 at the inner end, 1 at the outer end."""
    x = np.abs(_mean_face()[BROWS, 0])
    return np.asarray((x - x.min()) / (x.max() - x.min()))


def _brows() -> FloatArray:
    """Brows up, most at their middle."""
    field, along = np.zeros((NUM_LANDMARKS, 3)), _along_brow()
    arch = 1 - (1 - _RAISE_ENDS) * (2 * along - 1) ** 2
    field[BROWS, 1] = -_RAISE * arch
    return field


def _brow_frown() -> FloatArray:
    """Inner ends of the brows together and down; the outer ends stay."""
    field, along = np.zeros((NUM_LANDMARKS, 3)), _along_brow()
    inner = (1 + np.cos(np.pi * along)) / 2
    field[BROWS, 0] = -_KNIT_IN * inner * np.sign(_mean_face()[BROWS, 0])
    field[BROWS, 1] = _KNIT_DOWN * inner
    return field


def _expression(name: str) -> FloatArray:
    """One of ARKit's expressions, from the face model."""
    return np.asarray(landmark_basis()[EXPRESSION_NAMES.index(name)])


def _arkit_controls() -> dict[str, Control]:
    eyes = {name: Control("1: shut, both eyes", 0.0, 1.0) for name in BLINK_NAMES}
    eyes |= {name: Control("1: as far as eyes turn, both of them", 0.0, 1.0) for names in LOOKS for name in names}
    return {
        name: eyes.get(name) or Control("1: the whole expression", -1.0, 1.0, partial(_expression, name))
        for name in EXPRESSION_NAMES
    }


CONTROLS: Mapping[str, Control] = MappingProxyType(
    {
        "smile": Control("1: a broad smile", -1.0, 2.0, _smile),
        "frown": Control("1: corners of the mouth well down", -1.0, 2.0, _frown),
        "open": Control("eye distances between the lips, more than there are", -1.0, 1.0, _open),
        "pucker": Control("1: as for oo", -1.0, 2.0, _pucker),
        "brows": Control("1: well up", -1.0, 2.0, _brows),
        "brow-frown": Control("1: well knit", -1.0, 2.0, _brow_frown),
        "blink": Control("1: shut", 0.0, 1.0),
        "gaze-yaw": Control("degrees, eyes to the left of the picture", -35.0, 35.0),
        "gaze-pitch": Control("degrees, eyes down", -25.0, 35.0),
        "pitch": Control("degrees, chin down", -90.0, 90.0),
        "yaw": Control("degrees, nose to the left of the picture", -90.0, 90.0),
        "roll": Control("degrees, clockwise", -90.0, 90.0),
        "x": Control("eye distances to the right", -10.0, 10.0),
        "y": Control("eye distances down", -10.0, 10.0),
        **_arkit_controls(),
    }
)
"""All controls; each adds to the motion, except that blinks set a minimum for how far the lids close."""


@lru_cache(maxsize=len(CONTROLS))
def shape_field(name: str) -> FloatArray:
    """(68, 3) displacement by a shape control at value 1, in eye distances.

    Raises:
        ValueError: the control moves no landmarks.
    """
    make = CONTROLS[name].field
    if make is None:
        raise ValueError(f"{name} moves no landmarks")
    field = make()
    field.setflags(write=False)
    return field


def check_control(name: str, value: float) -> None:
    """Raise ``InputError`` unless the control exists and the value is in its range."""
    if name not in CONTROLS:
        known = {control.lower(): control for control in CONTROLS}
        near = [known[found] for found in difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)]
        if not near:
            own = [control for control in CONTROLS if control not in EXPRESSION_NAMES]
            near = [*own, "an ARKit name such as jawOpen"]
        raise InputError(
            f"there is no control {name!r}: choose {', '.join(near[:-1])}{' or ' * (len(near) > 1)}{near[-1]}."
        )
    control = CONTROLS[name]
    if not control.low <= value <= control.high:
        raise InputError(
            f"{name}={value:g} is out of range: choose a number from {control.low:g} to {control.high:g} "
            f"({control.unit})."
        )
