"""Which weights a measurement was made with, so that a report says by itself when they have changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

import talkinghead

_PACKAGE = Path(talkinghead.__file__).parent
_DIGITS = 12  # of the hash
_NAMED = 3  # networks that were added; of more, their number
_ONLY: Mapping[str, tuple[str, ...]] = {
    "reenactment": ("content", "speaker_aware", "landmarks", "phones", "speaker"),
    "lips": ("content", "speaker_aware", "landmarks", "phones", "encoder", "student", "speaker"),
    "recogniser": ("phones",),
    "alignment": ("phones",),
    "speakers": ("speaker",),
    "synchrony": ("syncnet",),
    "tracking_noise": (),
    "face_model": (),
    "people": (),
    "tracker": ("face_detector_far", "face_detector_near", "face_mesh", "person"),
    "orientation": ("face_detector_far", "face_detector_near", "face_mesh", "mouth_visible"),
    "transfer": (),
    "head_styles": ("speaker_aware", "speaker"),
    "attentional": ("landmarks", "renderer", "landmarks-s1", "renderer-s1"),
    "attentional_ablations": ("landmarks-s1",),
    "ablations": ("content", "speaker_aware", "speaker", "phones", "voice"),
    "disentanglement": ("voice", "phones", "speaker"),
    "translation": ("translation", "mouth"),
    "write_a_speaker": ("mouth_animation", "upper_face", "head_pose", "phones"),
    "facial": ("attributes", "phones", "encoder", "syncnet"),
    "rhythmic_head": ("composition", "renderer", "translation", "mouth"),
}
"""Part of the report -> the weights that it depends on; the others depend on those of ``_USUAL``."""
_USUAL = ("speech", "rendering", "makeittalk")
"""The folders beside whose code the weights lie with which a video is usually made."""
_OF_ALL_METHODS = ("evaluation", "unseen", "voices", "retracked", "rhythmic_motion")
"""Parts that make videos with every method."""
_JUDGES = "metrics"


def _files(folder: Path) -> dict[str, Path]:
    return {file.stem: file for file in sorted(folder.rglob("weights/*.safetensors"))}


def fingerprints(part: str, folder: Path = _PACKAGE, *, left_out: Collection[str] = ()) -> dict[str, str]:
    """Name of each file of weights that a part depends on -> the first digits of its SHA-256.

    Args:
        part: of the report.
        folder: where weights lie that ship.
        left_out: methods that a part of all methods was not measured with.
    """
    files = _files(folder)
    everyone = {file.parts[-3] for file in files.values()} - {_JUDGES, *left_out}
    rooms = everyone if part in _OF_ALL_METHODS else _USUAL
    usual = (name for name, file in files.items() if file.parts[-3] in rooms)
    names = _ONLY.get(part, tuple(usual))
    return {name: hashlib.sha256(files[name].read_bytes()).hexdigest()[:_DIGITS] for name in names if name in files}


def describe_changes(then: Mapping[str, str], now: Mapping[str, str], folder: Path = _PACKAGE) -> str:
    """One sentence on what differs between two sets of ``fingerprints``; empty where nothing does.

    Args:
        then: those of a record.
        now: those of today.
        folder: where weights lie that ship.
    """
    again = [name for name in now if name in then and then[name] != now[name]]
    new = [name for name in now if name not in then]
    shipped = _files(folder)
    gone = [name for name in then if name not in now and name not in shipped]
    added = new if len(new) <= _NAMED else [f"{len(new)} networks"]
    facts = [
        f"{', '.join(names)} {fate}"
        for names, fate in ((again, "trained again"), (added, "added"), (gone, "no longer shipped"))
        if names
    ]
    return f"Since then: {'; '.join(facts)}." if facts else ""
