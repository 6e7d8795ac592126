"""Speech that synthetic voices say, with the phones that they said."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from talkinghead.data import engines
from talkinghead.data.engines import FESTIVAL_VOICES, FLITE_VOICES, EngineOutput, Request
from talkinghead.data.prompts import FOREIGN, Prompter
from talkinghead.data.spoken import Spoken
from talkinghead.errors import InputError, announce
from talkinghead.speech.features import SAMPLE_RATE, resample
from talkinghead.speech.labels import fold_labels, without_gaps
from talkinghead.speech.say import say
from talkinghead.types import Interval

SHARES = {"flite": 0.4, "festival": 0.27, "espeak": 0.33}
"""Of the time. Formant synthesis is least like a voice and stays the smaller part."""

_FOREIGN_SHARE = 0.12  # of what espeak-ng says
_BATCH = 16  # prompts that are given out at once
_SIDE_BY_SIDE = {"flite": 2, "festival": 2, "espeak": 1}  # espeak-ng's sound depends on what it has said before
_SIZES = (0.85, 0.9, 0.95, 1.0, 1.0, 1.05, 1.1, 1.15, 1.2)
_LONGEST_S = 30.0

_ACCENTS = (
    *("en-us",) * 6,
    *("en-gb",) * 2,
    *("en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-us-nyc", "en-029"),
)
_VARIANTS = (
    *("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5"),
    *("klatt", "klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis"),
    *("Diogo", "Gene", "Gene2", "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Reed"),
    *("adam", "anika", "announcer", "antonio", "aunty", "belinda", "benjamin", "boris", "caleb", "david", "ed"),
    *("edward", "edward2", "grandma", "grandpa", "gustave", "ian", "iven", "iven2", "john", "linda", "marcelo", "max"),
    *("michel", "miguel", "mike2", "norbert", "pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby"),
    *("steph", "steph2", "steph3", "travis", "victor", "zac", "whisper", "whisperf"),
)

# Seconds by which a voice sounds later than its labels say: where fricatives meet vowels, the step of the balance
# between high and low bands against the label (median of both directions, some hundred places a voice). The others are
# within 2 ms.
_LATE_S = {
    "cmu_us_slt_arctic_hts": 0.011,
    "kal_diphone": 0.007,
    "ked_diphone": 0.004,
    "slt": 0.006,
    "kal16": 0.003,
    "rms": 0.003,
}


@dataclass(frozen=True)
class _Part:
    """One prompt for one engine. ``size``: the sound is played so many times as fast, which shrinks the throat."""

    request: Request
    size: float


def synthesise(
    hours: float, *, seed: int, sentences: tuple[str, ...] = (), shares: dict[str, float] | None = None
) -> Iterator[Spoken]:
    """Speech of many synthetic voices, engine after engine, until the hours are filled.

    The prompts, voices and factors follow from the seed alone. The sound does too, but for some samples of espeak-ng's
    (see ``Espeak.say``). Engines that are not installed are announced; the others fill their time.

    Args:
        hours: in all.
        seed: of the choices.
        sentences: real ones, to be said among the random ones.
        shares: the engines' shares of the time; None: ``SHARES``.
    """
    shares = dict(SHARES if shares is None else shares)
    for engine in list(shares):
        try:
            _RENDERERS[engine]([next(_parts(engine, Prompter(0), random.Random(0)))])
        except InputError as error:
            announce(f"synthetic voices of {engine} are left out: {error}")
            del shares[engine]
    for number, (engine, share) in enumerate(sorted(shares.items())):
        choice = random.Random(1000 * seed + number)
        prompter = Prompter(1000 * seed + 500 + number, sentences)
        yield from _until(engine, _parts(engine, prompter, choice), 3600 * hours * share / sum(shares.values()))


def _until(engine: str, parts: Iterator[_Part], seconds: float) -> Iterator[Spoken]:
    """What an engine says, in order, until the time is filled; the batches are made side by side."""
    filled, threads = 0.0, _SIDE_BY_SIDE[engine]
    with ThreadPoolExecutor(threads) as pool:
        while filled < seconds:
            batches = [[next(parts) for _ in range(_BATCH)] for _ in range(threads)]
            for batch, said in zip(batches, pool.map(_RENDERERS[engine], batches), strict=True):
                for part, labelled in zip(batch, said, strict=True):
                    spoken = None if labelled is None else _speak(engine, part, labelled)
                    if spoken is None or filled >= seconds or len(spoken.samples) > _LONGEST_S * SAMPLE_RATE:
                        continue
                    filled += len(spoken.samples) / SAMPLE_RATE
                    yield spoken


def _parts(engine: str, prompter: Prompter, choice: random.Random) -> Iterator[_Part]:
    while True:
        size = choice.choice(_SIZES)
        tempo = choice.uniform(0.75, 1.4)
        pitch = np.exp(choice.uniform(-0.25, 0.3))
        if engine == "espeak":
            voice, text = choice.choice(_ACCENTS), prompter.english()
            if choice.random() < _FOREIGN_SHARE:
                voice, text = prompter.foreign()
            if choice.random() < 0.9:
                voice = f"{voice}+{choice.choice(_VARIANTS)}"
            size = 1.0 if choice.random() < 0.5 else size
        else:
            voice = choice.choice(FLITE_VOICES if engine == "flite" else FESTIVAL_VOICES)
            text = prompter.english()
        yield _Part(Request(text, voice, stretch=size / tempo, pitch=float(pitch)), size)


def _flite(parts: Sequence[_Part]) -> list[EngineOutput | None]:
    return [engines.flite(part.request) for part in parts]


def _festival(parts: Sequence[_Part]) -> list[EngineOutput | None]:
    return [*engines.festival([part.request for part in parts])]


def _espeak(parts: Sequence[_Part]) -> list[EngineOutput | None]:
    said: list[EngineOutput | None] = []
    for part in parts:
        request = part.request
        rate = min(2.5, max(0.5, 1.0 / request.stretch))
        speech = say(request.text, voice=request.voice, rate=rate)
        said.append((speech.samples, speech.sample_rate, speech.phones or ()))
    return said


_RENDERERS: dict[str, Callable[[Sequence[_Part]], list[EngineOutput | None]]] = {
    "flite": _flite,
    "festival": _festival,
    "espeak": _espeak,
}


def _speak(engine: str, part: _Part, labelled: EngineOutput) -> Spoken | None:
    """At 16 kHz and of the part's size; None where the engine said nothing or its labels do not fit the sound."""
    samples, rate, labels = labelled
    duration = len(samples) / rate
    if not labels or abs(labels[-1].end - duration) > 0.25:
        return None
    late = _LATE_S.get(part.request.voice, 0.0)
    moved = [Interval(p.label, p.start + late if p.start else 0.0, p.end + late) for p in labels]
    try:
        phones = without_gaps(fold_labels(moved), duration)
    except ValueError as error:
        raise InputError(f"{engine} labels its voice {part.request.voice} in an unknown way: {error}.") from None
    samples = resample(samples, round(rate * part.size), SAMPLE_RATE)
    scaled = [Interval(p.label, p.start / part.size, p.end / part.size) for p in phones]
    foreign = engine == "espeak" and part.request.voice.split("+")[0] in FOREIGN
    return Spoken(
        samples=np.clip(samples, -1, 1),
        phones=without_gaps(scaled, len(samples) / SAMPLE_RATE),
        speaker=f"{engine}:{part.request.voice}:{part.size:g}",
        source=f"{engine}-foreign" if foreign else engine,
    )
