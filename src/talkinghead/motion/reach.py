"""How far a mouth moves beside what a network says that knows one speaker best.

Networks learn the lips of many speakers at one scale, that of the main speaker of the training data
(``face.mouth_range``), who moves his mouth less than most do. And of voices that it knows less well a network is less
sure, so it moves their lips less than they really move. So lips of any voice but the main speaker's move further than
the network says, by what it lacks in the mean of the other speakers.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.speech.speaker import EMBEDDING_SIZE
from talkinghead.types import FloatArray
from talkinghead.weights import load_weights

WEIGHTS = Path(__file__).with_name("weights") / "main_voice.safetensors"

# Cosines of voices with the main speaker's. His own sentences of 3 s (GRID s1, val) have 0.80 and more, everybody else
# of the open and the research clips has 0.68 at most.
_ANOTHER, _HIS = 0.70, 0.79


class MainVoice(nn.Module):
    """The voice of the main speaker.

    Attributes:
        voice: (256,) its embedding.
    """

    voice: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("voice", torch.full((EMBEDDING_SIZE,), EMBEDDING_SIZE**-0.5))

    def forward(self, voice: Tensor) -> Tensor:
        """How surely voices (..., 256) are his, from 0 to 1."""
        alike = voice.to(self.voice) @ self.voice / self.voice.norm()
        his: Tensor = ((alike - _ANOTHER) / (_HIS - _ANOTHER)).clamp(0.0, 1.0)
        return his


@lru_cache(maxsize=1)
def load_main_voice() -> MainVoice:
    """The one that ships, loaded once.

    Raises:
        InputError: it is missing or damaged.
    """
    network = MainVoice()
    load_weights(network, WEIGHTS)
    return network.eval()


def scale_reach(reach: tuple[float, float, float], voice: FloatArray | None) -> FloatArray:
    """How far the mouth of a voice moves beside what a network says.

    Args:
        reach: along x, y and z, of voices other than the main speaker's.
        voice: (256,) the embedding; None: it is unknown.

    Returns:
        (3,) ones for the main speaker, ``reach`` for others.
    """
    his = 0.0 if voice is None else float(load_main_voice()(torch.from_numpy(np.asarray(voice))))
    return np.asarray(np.array(reach) ** (1.0 - his))


def reach_further(landmarks: FloatArray, settled: FloatArray, factors: FloatArray) -> FloatArray:
    """Lips and jaw moved further from where they rest.

    Args:
        landmarks: (T, 68, 3) in the head frame.
        settled: (68, 3) or (T, 68, 3) where they rest.
        factors: (3,) along x, y and z.

    Returns:
        (T, 68, 3); what rests stays where it is.
    """
    further = landmarks.copy()
    for part in (JAW, LIPS):
        rest = settled[..., part, :]
        further[:, part] = rest + (landmarks[:, part] - rest) * factors
    return further
