"""The rows of "write_a_speaker", stretch by stretch: networks, their ablations, baselines and the other methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.errors import announce
from talkinghead.face.expressions import EXPRESSION_NAMES, MOUTH_EXPRESSIONS, UPPER_EXPRESSIONS
from talkinghead.face.landmarks import canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.methods import get_method, method_names
from talkinghead.methods.write_a_speaker import load_generator
from talkinghead.methods.write_a_speaker.chance import draw_noise
from talkinghead.methods.write_a_speaker.config import MouthConfig, WordsConfig
from talkinghead.methods.write_a_speaker.emotion import emotion_shares
from talkinghead.methods.write_a_speaker.features import FPS
from talkinghead.methods.write_a_speaker.motion import WriteASpeakerMotion
from talkinghead.methods.write_a_speaker.networks import MouthGenerator, WordsGenerator
from talkinghead.methods.write_a_speaker.recordings import FRAMES, SpokenStretch, read_stretches
from talkinghead.methods.write_a_speaker.scores import predict_mouth
from talkinghead.methods.write_a_speaker.styles import SpeakerStyle, main_style, normalise_heads, normalise_styles
from talkinghead.methods.write_a_speaker.targets import HEAD_UNITS, weights_of_motion
from talkinghead.motion.idle import idle_head
from talkinghead.speech.phonetic import crop_speech
from talkinghead.store import Store
from talkinghead.tracking.track import make_track
from talkinghead.types import FloatArray, Frames, Portrait, Speech
from talkinghead.weights import load_network

FULL = "full"
_VARIANTS = {"without GAN": "small-no-gan", "LSTM in place of Res1D": "small-lstm"}
_RATE = 16_000


@dataclass(frozen=True)
class Spoken:
    """A stretch with its sound and its normalised truth.

    Attributes:
        stretch: phones and words.
        speech: its sound, in step with the picture.
        number: of the stretch in its split, the seed of what is random.
        weights: (FRAMES, 51) of the expressions, in the main speaker's style.
        pose: (FRAMES, 6) of the head, in ``HEAD_UNITS``, in the usual style.
    """

    stretch: SpokenStretch
    speech: Speech
    number: int
    weights: FloatArray
    pose: FloatArray

    @property
    def loudness(self) -> FloatArray:
        """(FRAMES,) root of the mean square of the samples of each frame, in their 95th percentile."""
        samples = np.resize(np.pad(self.speech.samples, (0, _RATE)), FRAMES * round(_RATE / FPS))
        levels = np.sqrt(np.square(samples.reshape(FRAMES, -1)).mean(axis=1))
        return np.asarray(levels / max(1e-6, float(np.percentile(levels, 95))))


Row = Callable[[Spoken], FloatArray]
"""Makes the parameters (FRAMES, n) of a stretch."""


def read_spoken(recordings: Sequence[Recording], store: Store, wanted: SpeakerStyle) -> list[Spoken]:
    """All stretches of recordings.

    Args:
        recordings: of a split.
        store: keeps tracks, weights and phones.
        wanted: of ``styles.main_style``.
    """
    stretches = read_stretches(recordings, store)
    parts = zip(
        stretches,
        _read_sounds(recordings, store),
        normalise_styles(stretches, wanted),
        normalise_heads(stretches),
        strict=True,
    )
    return [Spoken(stretch, sound, k, *truth) for k, (stretch, sound, *truth) in enumerate(parts)]


def mouth_rows(runs: Path, taught: Sequence[Spoken]) -> dict[str, Row]:
    """The rows of the mouth's table, (FRAMES, 28) each; variants that are not trained are announced and left out.

    Args:
        runs: ``write_a_speaker/mouth-CONFIG`` in it holds the variants, trained as long as what ships.
        taught: stretches that networks may learn from.
    """
    shipped = load_generator(get_method("write_a_speaker").find_weights()).mouth
    rows: dict[str, Row] = {
        FULL: lambda spoken: predict_mouth(shipped, spoken.stretch.phones[-1]),
        "full, sound alone": lambda spoken: predict_mouth(shipped, spoken.stretch.phones[0]),
    }
    for name, config in _VARIANTS.items():
        file = runs / "write_a_speaker" / f"mouth-{config}" / "mouth_animation.safetensors"
        if not file.is_file():
            announce(f"{file} is not there: the row {name!r} is left out.")
            continue
        rows[name] = _of_mouth(load_network(MouthGenerator, MouthConfig, file).eval())
    weights = np.concatenate([spoken.weights for spoken in taught])[:, MOUTH_EXPRESSIONS]
    mean, jaw = weights.mean(axis=0), MOUTH_EXPRESSIONS.index(EXPRESSION_NAMES.index("jawOpen"))
    slope, rest = np.polyfit(np.concatenate([spoken.loudness for spoken in taught]), weights[:, jaw], 1)

    def open_jaw(spoken: Spoken) -> FloatArray:
        opened = np.repeat(mean[None], FRAMES, axis=0)
        opened[:, jaw] = slope * spoken.loudness + rest
        return opened.clip(0.0, 1.0)

    rows |= {"mean face": lambda spoken: np.repeat(mean[None], FRAMES, axis=0), "jaw by loudness": open_jaw}
    return rows | {name: _of_method(name) for name in method_names() if name != "write_a_speaker"}


def upper_rows(generator: WriteASpeakerMotion, runs: Path, taught: Sequence[Spoken]) -> dict[str, Row]:
    """The rows of the upper face's table, (FRAMES, 23) each, without emotion; arguments as for ``mouth_rows``."""
    mean = np.concatenate([spoken.weights for spoken in taught])[:, UPPER_EXPRESSIONS].mean(axis=0)
    calm = emotion_shares(None, FRAMES, FPS)

    def of_network(network: WordsGenerator, *, words: bool = True) -> Row:
        return lambda spoken: generator.words_parameters(
            network, spoken.stretch.words if words else None, spoken.stretch.phones[-1], calm
        )

    rows = {
        FULL: of_network(generator.upper_face),
        "full, words unknown": of_network(generator.upper_face, words=False),
    }
    for name, config in list(_VARIANTS.items())[:1]:
        file = runs / "write_a_speaker" / f"upper_face-{config}" / "upper_face.safetensors"
        if file.is_file():
            rows[name] = of_network(load_network(WordsGenerator, WordsConfig, file).eval())
    return {**rows, "mean face": lambda spoken: np.repeat(mean[None], FRAMES, axis=0)}


def head_rows(generator: WriteASpeakerMotion) -> dict[str, Row]:
    """The rows of the head's table, (FRAMES, 6) each, in ``HEAD_UNITS``."""
    calm = emotion_shares(None, FRAMES, FPS)

    def of_words(spoken: Spoken) -> FloatArray:
        noise = draw_noise(np.random.default_rng(spoken.number), FRAMES, generator.head.config.noise)
        stretch = spoken.stretch
        return generator.words_parameters(generator.head, stretch.words, stretch.phones[-1], calm, noise)

    def idle(spoken: Spoken) -> FloatArray:
        activity = np.resize(spoken.stretch.phones[-1].sum(axis=1).clip(0.0, 1.0), 2 * FRAMES)
        path = idle_head(2 * FRAMES, FPS, seed=spoken.number, activity=activity)
        return np.asarray(np.concatenate(path, axis=1)[FRAMES:] / HEAD_UNITS)  # it begins with a ramp

    return {FULL: of_words, "idle motion": idle, "still": lambda spoken: np.zeros((FRAMES, 6))}


def style_of(recordings: Sequence[Recording], store: Store) -> SpeakerStyle:
    """``styles.main_style`` of recordings that networks learn from."""
    return main_style(read_stretches(recordings, store))


def _of_mouth(network: MouthGenerator) -> Row:
    return lambda spoken: predict_mouth(network, spoken.stretch.phones[-1])


def _of_method(name: str) -> Row:
    """What another method makes of the sound on the mean face, read as weights."""
    generator, face = get_method(name).generator(get_method(name).find_weights()), _mean_face()

    def weights(spoken: Spoken) -> FloatArray:
        motion = generator.generate(spoken.speech, face)
        rows = np.linspace(0, len(motion) - 1, FRAMES).round().astype(int)
        return np.asarray(weights_of_motion(motion[rows])[:, MOUTH_EXPRESSIONS])

    return weights


def _mean_face() -> Portrait:
    """The mean face, without a picture worth seeing."""
    still, place = np.zeros((1, 3)), np.full((1, 3), 128.0)
    seen = camera_from_head(canonical_face()[0][None], still, place, np.full(1, 80.0))
    return Portrait(
        Frames(np.zeros((1, 256, 256, 3), np.uint8), FPS), make_track(seen, np.ones(1, bool), FPS, smooth=False)
    )


def _read_sounds(recordings: Sequence[Recording], store: Store) -> Iterator[Speech]:
    """The sound of each of ``read_stretches``."""
    for take in read_takes([recording for recording in recordings if recording.can_be_mended], store):
        speech, count = take.speech(mended=True), round(len(take.track) / take.track.fps * FPS)
        for start in range(0, count - FRAMES + 1, FRAMES):
            yield crop_speech(speech, start / FPS, (start + FRAMES) / FPS)
