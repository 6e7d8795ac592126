"""The emotion that the words of a speech tell: a linear classifier of word vectors, summed over each sentence.

Source: Li et al. 2021 take the label from a text classifier (XLNet, Yang et al. 2019), whose weights are too large to
    ship. Ours learns from some words for each emotion, and knows others by their vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from talkinghead.methods.write_a_speaker.vocabulary import load_vocabulary, normalise_word
from talkinghead.speech.emotions import AUTO, EMOTIONS, parse_emotion
from talkinghead.types import FloatArray, Interval

SEEDS: dict[str, str] = {
    "happy": "happy glad joy joyful delighted delight wonderful lovely great love loved smile smiling laugh cheerful "
    "celebrate fun enjoy enjoyed beautiful excellent pleased thrilled proud sweet perfect fantastic thanks thank",
    "angry": "angry anger furious rage mad hate hated outrageous disgusting insult insulted stupid idiot idiots damn "
    "shut liar lies annoyed annoying fed nonsense unacceptable disgrace shame nerve fury enough ridiculous",
    "surprised": "surprised surprise surprising astonished amazing unbelievable incredible unexpected unexpectedly "
    "suddenly shocked shock wow really gosh startled stunned strange impossible heavens miracle incredibly",
    "sad": "sad sadness sorry sorrow grief cry crying tears lonely alone lost loss died death funeral miss missed "
    "tragic tragedy unhappy depressed heartbroken mourn regret pity unfortunately hopeless goodbye hurt",
}

_NEGATIONS = frozenset({"not", "no", "never", "without", "hardly", "cannot"})
_NEGATED_WORDS = 3  # after a negation, which say the opposite of what they are
_COMMON = (60, 2500)  # places of the words that stand for neutral ones
_RIDGE = 3.0
# Chosen on 30 sentences, other than the 30 of the test.
_FLOOR = 0.15  # score of a word up to which it tells nothing
_LEAST = 0.4  # sum of a sentence's evidence from which it counts
_STRONG = 1.0  # from which the emotion is at its full strength
_PAUSE_S = 0.3  # between sentences
_WEAKEST = 0.4


def resolve_auto(emotions: Sequence[Interval] | None, words: Sequence[Interval] | None) -> tuple[Interval, ...] | None:
    """The same emotions with each "auto" replaced by what the sentences within it tell.

    Args:
        emotions: in order, or None.
        words: in order; None: unknown, so that "auto" is neutral.
    """
    if emotions is None:
        return None
    resolved: list[Interval] = []
    for emotion in emotions:
        name, strength = parse_emotion(emotion.label)
        if name != AUTO:
            resolved.append(emotion)
            continue
        inside = [word for word in words or () if emotion.start <= (word.start + word.end) / 2 < emotion.end]
        for sentence in _sentences(inside):
            found, amount = emotion_of_words([word.label for word in sentence])
            if found != EMOTIONS[0]:
                resolved.append(Interval(f"{found}:{amount * strength:.2f}", sentence[0].start, sentence[-1].end))
    return tuple(resolved)


def emotion_of_words(words: Sequence[str]) -> tuple[str, float]:
    """The emotion of a sentence, and how strong it is, from 0 to 1.

    Args:
        words: in order.
    """
    evidence = np.zeros(len(EMOTIONS) - 1)
    negated = 0
    for word in words:
        plain = normalise_word(word)
        if plain in _NEGATIONS or plain.endswith("n't"):
            negated = _NEGATED_WORDS
            continue
        vector = load_vocabulary().vector(plain)
        if vector is not None:
            scores = (np.append(vector, 1.0) @ _classifier() - _FLOOR).clip(0.0, None)
            evidence += _opposite(scores) if negated else scores
        negated -= 1 if negated else 0
    best = int(evidence.argmax())
    if evidence[best] < _LEAST:
        return EMOTIONS[0], 1.0
    return EMOTIONS[1 + best], float(np.clip(evidence[best] / _STRONG, _WEAKEST, 1.0))


def _opposite(scores: FloatArray) -> FloatArray:
    """Not happy is sad; what is not angry, surprised or sad is neutral."""
    opposite = np.zeros_like(scores)
    opposite[EMOTIONS.index("sad") - 1] = scores[EMOTIONS.index("happy") - 1]
    return opposite


@lru_cache(maxsize=1)
def _classifier() -> FloatArray:
    """(VECTOR_SIZE + 1, 4) by ridge regression: 1 for an emotion's own seeds, 0 for others' and for common words."""
    vocabulary = load_vocabulary()
    rows, targets = [], []
    for column, seeds in enumerate(SEEDS.values()):
        for word in seeds.split():
            rows.append(vocabulary.vectors[vocabulary.places[word]])
            targets.append(np.eye(len(SEEDS))[column])
    known = {word for seeds in SEEDS.values() for word in seeds.split()}
    common = [word for word in list(vocabulary.places)[slice(*_COMMON)] if word not in known]
    rows += [vocabulary.vectors[vocabulary.places[word]] for word in common]
    targets += [np.zeros(len(SEEDS))] * len(common)
    # Seeds weigh as much as the many common words.
    share = np.sqrt(np.r_[np.full(len(known), len(common) / len(known)), np.ones(len(common))])[:, None]
    inputs = np.column_stack([np.array(rows), np.ones(len(rows))]) * share
    wanted = np.array(targets) * share
    return np.asarray(np.linalg.solve(inputs.T @ inputs + _RIDGE * np.eye(inputs.shape[1]), inputs.T @ wanted))


def _sentences(words: Sequence[Interval]) -> Iterator[Sequence[Interval]]:
    """Words between pauses."""
    cuts = [place + 1 for place, (a, b) in enumerate(pairwise(words)) if b.start - a.end >= _PAUSE_S]
    for first, last in pairwise([0, *cuts, len(words)]):
        if last > first:
            yield words[first:last]
