"""Where a transcript is not what is said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from talkinghead.speech.alignment.sphinx import PlacedPhone
from talkinghead.speech.arpabet import SILENCE

# Chosen on GRID s1, train split, and LJSpeech, each with right and wrong texts. In nats per frame: a phone's likelihood
# over that of the likeliest sound.
_WINDOW = 60  # frames
_WORST = -9.2  # mean over the window
_APART = 100  # frames; stretches nearer to each other are one
_FOREIGN = 3.0  # so much worse do the sounds of other languages fit; chosen on six of espeak-ng's
_WORST_MEAN = -7.5  # mean over all spoken phones; right texts have more than -7.2, even at 5 dB of noise


def broken_stretches(phones: Sequence[PlacedPhone], *, english: bool = True) -> list[tuple[int, int]]:
    """The stretches of frames, in order, in which the sound fits the phones badly.

    Words that are missing from the transcript, or of which too many are there, leave the aligner nothing but to put
    phones upon sounds that are likelier to be others, for longer than any mispronunciation lasts.

    Args:
        phones: in order, without gaps.
        english: whether it is English that is spoken.

    Returns:
        (first frame, the one after the last); those less than a second apart are one. All of it where the phones fit
        badly on the whole, as they do upon music, in whose pauses silence fits well.
    """
    allowance = 0.0 if english else _FOREIGN
    spoken = [phone.score for phone in phones if phone.label != SILENCE]
    if spoken and np.mean(spoken) < _WORST_MEAN - allowance:
        return [(phones[0].start, phones[-1].end)]
    lengths = [phone.end - phone.start for phone in phones]
    scores = np.repeat([phone.score for phone in phones], lengths)
    window = min(_WINDOW, len(scores))
    total = np.concatenate([[0.0], np.cumsum(scores)])
    bad = np.flatnonzero((total[window:] - total[:-window]) / max(1, window) < _WORST - allowance)
    stretches: list[tuple[int, int]] = []
    for start in bad.tolist():
        if stretches and start <= stretches[-1][1] + _APART:
            stretches[-1] = (stretches[-1][0], start + window)
        else:
            stretches.append((start, start + window))
    return stretches
