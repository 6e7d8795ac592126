"""The engine Piper: neural voices from model files that users bring.

This is the only file that touches Piper (OHF-Voice/piper1-gpl), an optional GPL-3.0 package.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.errors import InputError
from talkinghead.foreign import read_json
from talkinghead.media.files import existing_file
from talkinghead.speech.synthesis.engines import Voice
from talkinghead.types import Speech

SUFFIX = ".onnx"


class Piper:
    """Voices by path: a file ``NAME.onnx`` with its ``NAME.onnx.json`` beside it."""

    name = "piper"

    def voices(self) -> tuple[Voice, ...]:
        """No list: the files are wherever the user put them."""
        return ()

    def check(self, voice: str) -> None:
        """Check what can be checked of a voice before it is loaded.

        Raises:
            InputError: the file or its description is missing, or Piper is not installed.
        """
        model = existing_file(voice)
        _check_description(model)
        _piper()

    def language(self, voice: str) -> str:
        """The language that a voice speaks, as espeak-ng names it.

        Raises:
            InputError: as ``check``, or the model cannot be loaded.
        """
        return str(_load(str(existing_file(voice))).config.espeak_voice)

    def say(self, text: str, *, voice: str, rate: float) -> Speech:
        """The text spoken, without words and phones: ``speech.say`` aligns it with its text.

        Args:
            text: in the voice's language.
            voice: path of the model.
            rate: how many times as fast as usual.

        Returns:
            Speech at the voice's own rate.

        Raises:
            InputError: as ``check``, or the model cannot be loaded.
        """
        model = _load(str(existing_file(voice)))
        # In Piper's notation "[[" would begin phonemes.
        chunks = list(model.synthesize(text.replace("[[", "["), syn_config=_at_rate(model, rate)))
        samples = [np.asarray(chunk.audio_float_array, np.float32).reshape(-1) for chunk in chunks]
        joined = np.clip(np.concatenate([np.zeros(0, np.float32), *samples]), -1.0, 1.0)
        return Speech(joined, int(model.config.sample_rate), transcript=text)


def _at_rate(model: Any, rate: float) -> Any:
    usual = model.config.length_scale
    return _piper().SynthesisConfig(length_scale=usual / rate)


def _piper() -> Any:
    try:
        import piper
    except ImportError as error:
        raise InputError("voices from .onnx files need Piper: pip install 'talkinghead[piper]'.") from error
    if not hasattr(piper, "SynthesisConfig"):
        raise InputError("this Piper is too old: pip install --upgrade 'talkinghead[piper]'.")
    return piper


@lru_cache(maxsize=1)
def _load(path: str) -> Any:
    _check_description(Path(path))
    piper = _piper()
    try:
        return piper.PiperVoice.load(path)
    except Exception as error:  # whatever onnxruntime raises: its classes are not public
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise InputError(f"{path} cannot be loaded as a voice of Piper ({reason}): download it again.") from error


def _check_description(model: Path) -> None:
    description = model.with_name(f"{model.name}.json")
    if not description.is_file():
        raise InputError(f"{model} is a voice of Piper without its {description.name}: put that beside it.")
    found = read_json(description, kind="a description of a voice", remedy="download it again.")
    if not (isinstance(found, dict) and "phoneme_id_map" in found and "audio" in found):
        raise InputError(f"{description} is not a description of a voice: download it again.")
