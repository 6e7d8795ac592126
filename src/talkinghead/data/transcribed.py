"""What is said in a recording without text, as far as pocketsphinx's own language model can tell, and its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from talkinghead.types import Interval

_FRAME_S = 0.01


@dataclass(frozen=True)
class RecognisedWord:
    """A recognised word, or "sil", and how sure that is (a posterior in [0, 1])."""

    word: Interval
    posterior: float


def transcribe(samples: npt.NDArray[np.float32]) -> tuple[RecognisedWord, ...]:
    """The words of a recording in order, with the silences between them.

    Args:
        samples: (N,) float32 at 16 kHz.
    """
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    recognised = []
    for segment in decoder.seg() or ():
        word = re.sub(r"\(\d+\)$", "", segment.word)
        is_word = not word.startswith(("<", "["))
        interval = Interval(
            word if is_word else "sil", segment.start_frame * _FRAME_S, (segment.end_frame + 1) * _FRAME_S
        )
        recognised.append(RecognisedWord(interval, min(1.0, max(0.0, float(segment.prob)))))
    return tuple(recognised)


@lru_cache(maxsize=1)
def vocabulary() -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """The words of the dictionary that are spelt with letters alone, sorted, and how frequent each is; sums to 1."""
    import pocketsphinx  # which has no wheels for the newest Pythons

    path = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
    entries = {line.split()[0] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()}
    words = sorted(word for word in entries if re.fullmatch(r"[a-z]{2,14}", word))
    model = _decoder().get_lm("_default")
    # Logarithms to the base 1.0001; a word that the language model lacks gets the least.
    log = np.array([model.prob([word]) for word in words], dtype=np.float64) * np.log(1.0001)
    frequency = np.exp(np.maximum(log, -20.0))
    return tuple(words), frequency / frequency.sum()


@lru_cache(maxsize=1)
def _decoder() -> Any:
    import pocketsphinx

    return pocketsphinx.Decoder(samprate=16_000, loglevel="FATAL")
