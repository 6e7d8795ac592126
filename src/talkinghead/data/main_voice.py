"""The voice of the main speaker of the open recordings.

``python -m talkinghead.data.main_voice CORPUS OUT`` makes ``motion/weights/main_voice.safetensors`` again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from talkinghead.data.corpus import Corpus, describe
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.media import read_speech
from talkinghead.motion.reach import MainVoice
from talkinghead.speech.features import speech_at_16_khz
from talkinghead.speech.speaker import speaker_embedding
from talkinghead.weights import save_weights

_EVERY = 20  # of his sentences


def main(corpus: Path, out: Path) -> None:
    """Write the weights and the card."""
    chosen = Corpus.open(corpus).recordings("train", speakers=(MAIN_SPEAKER,))[::_EVERY]
    sounds = (speech_at_16_khz(read_speech(recording.video)) for recording in chosen)
    voice = np.sum([speaker_embedding(sound.samples) for sound in sounds], axis=0)
    network = MainVoice()
    network.voice.copy_(torch.from_numpy(voice / np.linalg.norm(voice)))
    card = {
        "network": "mean speaker embedding of the main speaker, 256 numbers",
        "input": "speaker embedding",
        **describe(chosen),
        "command": "python -m talkinghead.data.main_voice CORPUS OUT",
    }
    save_weights(network, out, card=card)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
