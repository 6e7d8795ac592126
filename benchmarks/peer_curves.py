"""Lips by other packages: what they make of sounds is kept in files, and read here as openings of the mouth.

``python -m benchmarks.peer_curves NODE_MODULES PYTHON OUT`` makes the files: NODE_MODULES is the folder into which npm
installed @met4citizen/headaudio and wawa-lipsync, PYTHON an interpreter with PyPI's hama. None of them is needed to
read the files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take
from talkinghead.face.pose import head_landmarks
from talkinghead.media import read_speech
from talkinghead.metrics.aperture import aperture
from talkinghead.motion.smoothing import resample_rows
from talkinghead.speech.alignment.align import align
from talkinghead.speech.arpabet import SILENCE, arpabet_from_ipa
from talkinghead.speech.features import loudness_gain
from talkinghead.types import FloatArray, Interval

HEADAUDIO, WAWA, HAMA = "headaudio", "wawa-lipsync", "hama"
PEERS = (HEADAUDIO, WAWA, HAMA)

PHONES_OF_VISEME = {
    "sil": (SILENCE,),
    "PP": ("P", "B", "M"),
    "FF": ("F", "V"),
    "TH": ("TH", "DH"),
    "DD": ("T", "D"),
    "kk": ("K", "G"),
    "CH": ("CH", "JH"),
    "SS": ("S", "Z", "SH", "ZH", "HH"),
    "nn": ("N", "NG"),
    "RR": ("R", "L", "Y", "W"),
    "aa": ("AA", "AY", "AW"),
    "E": ("EH", "EY", "AE", "AH", "ER"),
    "I": ("IH", "IY"),
    "O": ("AO", "OW", "OY"),
    "U": ("UW", "UH"),
}
"""The fifteen visemes that both npm packages name, and their phones as headaudio's README divides them."""

OPENINGS: Mapping[str, float] = {
    "sil": 0.0101,
    "PP": 0.0119,
    "FF": 0.0393,
    "TH": 0.0151,
    "DD": 0.0724,
    "kk": 0.0816,
    "CH": 0.1087,
    "SS": 0.0682,
    "nn": 0.0568,
    "RR": 0.0455,
    "aa": 0.087,
    "E": 0.1,
    "I": 0.0713,
    "O": 0.0425,
    "U": 0.0372,
}
"""Viseme -> how far the mouth is open, in eye distances: the mean over the frames of its phones in every 14th training
sentence of GRID s1, whose phones are aligned with the text (``mean_openings``). All peers share it."""

_RATES = {"browser": 48000, "recogniser": 16000}  # folders of sounds, and samples per second in them
_LONGEST_S = 0.2  # of a phone, whose end a recogniser may not tell from the beginning of the next
_PHONES_RATE = 100.0  # per second, at which phones are sampled
_SCRIPTS = Path(__file__).with_name("peers")


def viseme_of_phone() -> dict[str, str]:
    """ARPAbet phone -> viseme."""
    return {phone: viseme for viseme, phones in PHONES_OF_VISEME.items() for phone in phones}


def mean_openings(takes: Iterable[Take]) -> dict[str, float]:
    """``OPENINGS`` from takes whose text is known; visemes that do not occur are missing."""
    visemes, found = viseme_of_phone(), defaultdict(list)
    for take in takes:
        opening = aperture(head_landmarks(take.track))
        for phone in align(take.speech(), take.recording.transcript() or "").phones or ():
            rows = slice(round(phone.start * take.track.fps), round(phone.end * take.track.fps))
            found[visemes[phone.label]].extend(opening[rows])
    return {viseme: round(float(np.mean(found[viseme])), 4) for viseme in PHONES_OF_VISEME if found[viseme]}


def opening_of_weights(weights: FloatArray, visemes: Sequence[str]) -> FloatArray:
    """(T,) the opening by weights (T, V) of visemes, each of which moves the mouth away from rest."""
    rest = OPENINGS["sil"]
    return np.asarray(rest + weights @ np.array([OPENINGS[viseme] - rest for viseme in visemes]))


def opening_of_phones(phones: Iterable[Interval], rate: float, count: int) -> FloatArray:
    """(count,) the opening by phones of ARPAbet at ``rate`` values per second; rest where there is none."""
    visemes, found = viseme_of_phone(), np.full(count, OPENINGS["sil"])
    for phone in phones:
        found[round(phone.start * rate) : round(phone.end * rate)] = OPENINGS[visemes[phone.label]]
    return found


def phones_of_ipa(spans: Iterable[tuple[str, float, float]]) -> list[Interval]:
    """IPA with start and end in seconds as phones of ARPAbet, of 0.2 s at most; those of one sign share its time."""
    found = []
    for label, start, end in spans:
        phones = arpabet_from_ipa(label.replace("\u0361", ""))  # affricates without their tie bar
        edges = np.linspace(start, min(end, start + _LONGEST_S * len(phones)), len(phones) + 1)
        found += [Interval(phone, float(a), float(b)) for phone, a, b in zip(phones, edges, edges[1:])]
    return found


def read_opening(file: Path, fps: float, count: int) -> FloatArray:
    """(count,) the opening in a file of a peer, at ``fps`` values per second."""
    kept: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if "phones" in kept:
        length = round(count / fps * _PHONES_RATE)
        curve, rate = opening_of_phones(phones_of_ipa(kept["phones"]), _PHONES_RATE, length), _PHONES_RATE
    else:
        curve, rate = opening_of_weights(np.array(kept["weights"]), kept["visemes"]), kept["rate"]
    return np.asarray(resample_rows(curve, rate, fps, count))


def write_sounds(recordings: Iterable[Recording], folder: Path) -> None:
    """The sound of recordings as raw floats of 32 bits at the rates of ``_RATES``, as loud as our methods hear it."""
    for recording in recordings:
        gain = loudness_gain(read_speech(recording.video).samples)
        for name, rate in _RATES.items():
            (folder / name).mkdir(parents=True, exist_ok=True)
            samples = gain * read_speech(recording.video, rate).samples
            np.clip(samples, -1, 1).astype("<f4").tofile(folder / name / f"{recording.name}.f32")


def run_peers(node_modules: Path, python: Path, folder: Path) -> None:
    """Let every package hear the sounds in a folder, and keep what it makes of them there."""
    sounds = folder / "sounds"
    commands = {
        HEADAUDIO: ["node", _SCRIPTS / "headaudio.mjs", node_modules, sounds / "browser"],
        WAWA: ["node", _SCRIPTS / "wawa.mjs", node_modules, sounds / "browser"],
        HAMA: [python, _SCRIPTS / "hama_phones.py", sounds / "recogniser"],
    }
    for peer, command in commands.items():
        subprocess.run([*map(os.fspath, command), os.fspath(folder / peer)], check=True)


if __name__ == "__main__":
    from benchmarks.__main__ import find_corpus
    from benchmarks.lips import all_recordings

    corpus = find_corpus()
    if corpus is None:
        raise SystemExit("the recordings are missing (set TALKINGHEAD_CORPUS)")
    modules, interpreter, out = map(Path, sys.argv[1:])
    write_sounds(all_recordings(corpus), out / "sounds")
    run_peers(modules, interpreter, out)
