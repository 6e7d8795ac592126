"""What is said in a recording without text, as far as pocketsphinx's own language model can tell, and its words."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


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
