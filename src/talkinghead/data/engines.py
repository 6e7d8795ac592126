"""Text -> speech with phones, by the synthesisers flite and Festival where they are installed.

Both are programs that this calls, with voices under free licences (CMU's and Edinburgh's): diphones, and parametric
voices that were trained on CMU ARCTIC recordings.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.io.wavfile

from talkinghead.errors import InputError
from talkinghead.types import Interval

FLITE_VOICES = ("kal16", "awb", "rms", "slt")
FESTIVAL_VOICES = ("cmu_us_slt_arctic_hts", "kal_diphone", "ked_diphone")
_USUAL_PITCH = {"kal16": 100.0, "awb": 127.0, "rms": 103.0, "slt": 172.0, "kal_diphone": 105.0, "ked_diphone": 105.0}
_TIMEOUT_S = 120.0

EngineOutput = tuple[npt.NDArray[np.float32], int, tuple[Interval, ...]]
"""(N,) samples in [-1, 1], their rate, and the engine's own phone labels."""


@dataclass(frozen=True)
class Request:
    """What an engine shall say: ``stretch`` and ``pitch`` are factors of what is usual for the voice."""

    text: str
    voice: str
    stretch: float = 1.0
    pitch: float = 1.0


def flite(request: Request) -> EngineOutput:
    """A text as flite says it.

    Raises:
        InputError: flite is not installed or fails.
    """
    program = _program("flite")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        factors = [f"duration_stretch={request.stretch:.3f}"]
        if request.voice == "kal16":
            factors.append(f"int_f0_target_mean={_USUAL_PITCH['kal16'] * request.pitch:.1f}")
        else:
            factors.append(f"f0_shift={request.pitch:.3f}")
        options = [part for factor in factors for part in ("--setf", factor)]
        command = [program, "-voice", request.voice, *options, "-psdur", "-t", request.text, "-o", str(path)]
        printed = _run(command)
        samples, rate = _read(path)
    labels, start = [], 0.0
    for word in printed.split():
        label, _, end = word.rpartition(":")
        labels.append(Interval(label, start, max(start, float(end))))
        start = labels[-1].end
    return samples, rate, tuple(labels)


def festival(requests: Sequence[Request]) -> list[EngineOutput]:
    """Texts as Festival says them, all by one process.

    Raises:
        InputError: Festival is not installed or fails.
    """
    program = _program("festival")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "say.scm"
        lines = [_SAY, *(_scheme(request, f"{folder}/{i}") for i, request in enumerate(requests))]
        script.write_text("\n".join(lines), encoding="utf-8")
        _run([program, "-b", str(script)])
        return [(*_read(Path(f"{folder}/{i}.wav")), _segments(Path(f"{folder}/{i}.lab"))) for i in range(len(requests))]


_SAY = """
(define (say name text)
  (let ((utterance (eval (list 'Utterance 'Text text))))
    (utt.synth utterance)
    (utt.save.wave utterance (string-append name ".wav") 'riff)
    (utt.save.segs utterance (string-append name ".lab"))))
"""


def _scheme(request: Request, name: str) -> str:
    text = re.sub(r"[^A-Za-z0-9,.;?!' -]", " ", request.text)
    lines = [f"(voice_{request.voice})", f"(Parameter.set 'Duration_Stretch {request.stretch:.3f})"]
    if request.voice.endswith("_hts"):
        lines.append(
            f'(set! hts_engine_params (append {request.voice}::hts_engine_params \'(("-r" {1 / request.stretch:.3f}))))'
        )
    else:
        mean = _USUAL_PITCH[request.voice] * request.pitch
        lines.append(
            f"(set! int_lr_params '((target_f0_mean {mean:.1f}) (target_f0_std {0.14 * mean:.1f}) "
            "(model_f0_mean 170) (model_f0_std 34)))"
        )
    return "\n".join([*lines, f'(say "{name}" "{text}")'])


def _segments(path: Path) -> tuple[Interval, ...]:
    """Labels of a file in Festival's (xlabel) form: lines of end, colour and label after a line "#"."""
    _, _, body = path.read_text(encoding="utf-8").partition("#\n")
    labels, start = [], 0.0
    for line in body.splitlines():
        end, _, label = line.split()
        labels.append(Interval(label, start, max(start, float(end))))
        start = labels[-1].end
    return tuple(labels)


def _program(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise InputError(f"{name} is not installed: apt-get install {name} (or do without its voices).")
    return program


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    if done.returncode:
        problem = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"{Path(command[0]).name} failed ({problem}): check that its voices are installed.")
    return done.stdout


def _read(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    try:
        rate, samples = scipy.io.wavfile.read(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} was not synthesised ({error}): check that the voices are installed.") from None
    return (samples.astype(np.float32) / 32768).astype(np.float32), int(rate)
