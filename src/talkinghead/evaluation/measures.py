"""The measures: names, units, which way is better, sources; and the scores of a video."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy.typing as npt

from talkinghead.errors import InputError

Better = Literal["lower", "higher", "reference", ""]


@dataclass(frozen=True)
class Measure:
    """One number about a video.

    Attributes:
        name: for ``--metrics``.
        title: for tables.
        unit: of the value; "" if it has none.
        better: which way is better; "reference": closest to the real video's value; "": 0 is best.
        what: what it is, in one line.
        source: the paper that defines it.
        needs_reference: whether it needs a real video to compare with.
        group: its heading in tables.
    """

    name: str
    title: str
    unit: str
    better: Better
    what: str
    source: str
    needs_reference: bool
    group: str


@dataclass
class Scores:
    """The measurements of one video.

    Attributes:
        values: measure -> value, finite.
        reference: measure -> the real video's own value, for measures for which that is best.
        curves: name -> one number per frame of the common clock: "aperture" (eye distances), "pitch", "yaw", "roll"
            (rad), "blink" in [0, 1], and those of the real video with "reference " before the name.
        fps: frames per second of the common clock.
        missing: requested measure -> why it could not be made, in one sentence.
        notes: what was done to make the two comparable, a sentence each.
        features: for measures over many videos: "mouth", "inception" (n, d), with "reference " as above.
    """

    values: dict[str, float] = field(default_factory=dict)
    reference: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    fps: float = 0.0
    missing: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    features: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


LIPS, HEAD, PICTURES, IDENTITY, SYNC, LIFE = (
    "lips and jaw",
    "face and head",
    "pictures",
    "identity",
    "synchrony",
    "liveliness",
)
GROUPS = (LIPS, HEAD, PICTURES, IDENTITY, SYNC, LIFE)
"""Headings in the order of tables."""

_MAKEITTALK = "Zhou et al. 2020 (MakeItTalk), section 5.3"
_ATTENTIONAL = "Wang et al. 2020 (Attentional Landmarks), table 2"
_WRITE = "Li et al. 2021 (Write-a-Speaker), table"
_FACIAL = "Zhang et al. 2021 (FACIAL), table 1"
_RHYTHMIC = "Chen et al. 2020 (Rhythmic Head Motion), table 2"
_OURS = "this package"

_TABLE: tuple[tuple[str, str, str, Better, str, str, bool, str], ...] = (
    ("d-ll", "D-LL", "of lip width", "lower", "distance of jaw and lip points", _MAKEITTALK, True, LIPS),
    ("d-vl", "D-VL", "of lip width per frame", "lower", "difference of their velocities", _MAKEITTALK, True, LIPS),
    ("d-a", "D-A", "of largest area", "lower", "difference of the open mouth's area", _MAKEITTALK, True, LIPS),
    (
        "aperture-correlation",
        "aperture correlation",
        "",
        "higher",
        "correlation of the mouth's opening over time",
        _OURS,
        True,
        LIPS,
    ),
    (
        "aperture-correlation-in-step",
        "aperture correlation in step",
        "",
        "higher",
        "the same of each half at the lag of the other: the recording's own offset is taken off",
        _OURS,
        True,
        LIPS,
    ),
    ("width-correlation", "width correlation", "", "higher", "the same of the mouth's width", _OURS, True, LIPS),
    (
        "lag",
        "aperture lag",
        "frames",
        "",
        "shift that correlates the openings best; positive is late",
        _OURS,
        True,
        LIPS,
    ),
    ("lmd", "LMD", "px", "lower", "distance of lip points, their means removed", "Chen et al. 2018", True, LIPS),
    ("lmd-128", "LMD at 128", "px", "lower", "LMD with the face's square scaled to 128 px", _ATTENTIONAL, True, LIPS),
    ("lip-lmd-3d", "LMD 3D", "eye distances", "lower", "distance of lip points in space", f"{_WRITE} 1", True, LIPS),
    (
        "mouth-mse",
        "mouth MSE",
        "eye distances²",
        "lower",
        "squared error of lip coordinates, in place of the paper's blendshape weights",
        f"{_WRITE} 1",
        True,
        LIPS,
    ),
    ("closures", "closures", "", "reference", "share of p, b and m on which the lips meet", _OURS, False, LIPS),
    (
        "closures-control",
        "closures on vowels",
        "",
        "reference",
        "the same of open vowels: high where the mouth hardly moves",
        _OURS,
        False,
        LIPS,
    ),
    ("contacts", "contacts", "", "reference", "share of f and v with the lip at the teeth", _OURS, False, LIPS),
    ("d-l", "D-L", "of face width", "lower", "distance of all points in the picture", _MAKEITTALK, True, HEAD),
    ("d-v", "D-V", "of face width per frame", "lower", "difference of their velocities", _MAKEITTALK, True, HEAD),
    ("d-rot", "D-Rot", "deg", "lower", "difference of the head's angles", _MAKEITTALK, True, HEAD),
    ("d-pos", "D-Pos", "of face width", "lower", "distance of the head's places", _MAKEITTALK, True, HEAD),
    (
        "upper-face-ssim",
        "upper face SSIM-Seq",
        "",
        "higher",
        "likeness over time of brows and eyelids, in place of the paper's blendshape weights",
        f"{_WRITE} 1",
        True,
        HEAD,
    ),
    ("ssim", "SSIM", "", "higher", "structural similarity of whole frames", "Wang et al. 2004", True, PICTURES),
    ("psnr", "PSNR", "dB", "higher", "peak signal to noise of whole frames", _ATTENTIONAL, True, PICTURES),
    ("ssim-face", "SSIM of the face", "", "higher", "SSIM in the face's square", _ATTENTIONAL, True, PICTURES),
    ("psnr-face", "PSNR of the face", "dB", "higher", "PSNR in the face's square", _ATTENTIONAL, True, PICTURES),
    ("cpbd", "CPBD", "", "higher", "share of edges that look sharp", "Narvekar and Karam 2011", False, PICTURES),
    ("fid", "FID", "", "lower", "Frechet distance of Inception features", "Heusel et al. 2017", True, PICTURES),
    ("vmaf", "VMAF", "of 100", "higher", "quality as viewers would rate it", f"{_WRITE} 2", True, PICTURES),
    ("flicker", "flicker", "grey levels", "lower", "alternation from frame to frame", _OURS, False, PICTURES),
    (
        "background-drift",
        "background drift",
        "px",
        "lower",
        "how far the background moves from where it was",
        _OURS,
        False,
        PICTURES,
    ),
    ("seam", "seam", "grey levels", "lower", "step along the face's outline", _OURS, False, PICTURES),
    ("csim", "CSIM", "", "higher", "cosine of face embeddings", _RHYTHMIC, True, IDENTITY),
    ("sync-offset", "AV offset", "frames of 25", "", "shift of the picture; positive is late", _FACIAL, False, SYNC),
    (
        "sync-confidence",
        "AV confidence",
        "",
        "higher",
        "how surely sound and mouth match (LSE-C)",
        _FACIAL,
        False,
        SYNC,
    ),
    ("sync-distance", "AV distance", "", "lower", "distance of sound and mouth (LSE-D)", _FACIAL, False, SYNC),
    (
        "fmd",
        "Frechet mouth distance",
        "",
        "lower",
        "Frechet distance of mouth movement embeddings",
        _OURS,
        True,
        SYNC,
    ),
    ("blinks-per-second", "blinks", "per second", "reference", "how often the eyes blink", _FACIAL, False, LIFE),
    ("blink-duration", "blink duration", "s", "reference", "how long a blink lasts", _FACIAL, False, LIFE),
    (
        "inter-blink-interval",
        "between blinks",
        "s",
        "reference",
        "from the end of a blink to the next",
        _FACIAL,
        False,
        LIFE,
    ),
    ("head-range", "head range", "deg", "reference", "how far the head turns to and fro", _OURS, False, LIFE),
    ("head-spectrum", "head spectrum", "dB", "lower", "difference of the head's motion spectra", _OURS, True, LIFE),
    (
        "silence-motion",
        "motion in silence",
        "px",
        "lower",
        "movement of the lips while nobody speaks",
        _OURS,
        False,
        LIFE,
    ),
    ("found", "frames with a face", "", "higher", "share of frames in which a face is found", _OURS, False, LIFE),
)

MEASURES: Mapping[str, Measure] = {row[0]: Measure(*row) for row in _TABLE}
"""Every measure by its name, in the order of tables."""


def choose_measures(names: Collection[str] | None) -> tuple[str, ...]:
    """The requested names, in the order of ``MEASURES``; None: all.

    Raises:
        InputError: none is given, or one is unknown.
    """
    if names is None:
        return tuple(MEASURES)
    for name in names:
        if name not in MEASURES:
            near = difflib.get_close_matches(name.lower(), MEASURES, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}" if near else "talkinghead evaluate --list shows them all"
            raise InputError(f"there is no measure {name!r}: {hint}.")
    if not names:
        raise InputError("no measure is asked for: talkinghead evaluate --list shows them all.")
    return tuple(name for name in MEASURES if name in names)
