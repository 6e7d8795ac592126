"""What the words of a sentence tell, on sentences that nothing was chosen on."""

from __future__ import annotations

from collections import Counter

import pytest

from talkinghead.methods.write_a_speaker.mood import SEEDS, emotion_of_words, resolve_auto
from talkinghead.methods.write_a_speaker.vocabulary import load_vocabulary, normalise_word
from talkinghead.speech.emotions import EMOTIONS
from talkinghead.types import Interval

HELD_OUT = {
    "happy": (
        "The party was a blast",
        "I adore this song",
        "Good news, the baby is healthy",
        "Congratulations on your promotion",
        "She grinned from ear to ear",
        "It was a pleasure to meet you",
    ),
    "angry": (
        "I am sick of your excuses",
        "They treated us like garbage",
        "Get out of my house you bastard",
        "This is an outrage and I will complain",
        "The crowd was enraged by the verdict",
        "Your behaviour is intolerable",
    ),
    "surprised": (
        "Unbelievably, she was still alive",
        "Oh my god, is that you",
        "The discovery astonished the scientists",
        "I can hardly believe my eyes",
        "A stunning revelation, nobody expected it",
        "How on earth did you do that",
    ),
    "sad": (
        "The orphan sobbed quietly",
        "I am afraid the news is bad",
        "They mourned the victims of the crash",
        "His suffering was painful to watch",
        "I am not happy at all",
        "It is a gloomy and dreary evening",
    ),
    "neutral": (
        "She works in an office in the city",
        "The museum is open until six",
        "He parked the car behind the house",
        "Bin blue at f two now",
        "The population is about four million",
        "Send me the document by email",
    ),
}


def by_lexicon(words: list[str]) -> str:
    """The emotion with most seeds among the words: what the classifier is compared with."""
    known = {word: emotion for emotion, seeds in SEEDS.items() for word in seeds.split()}
    found = Counter(known[word] for word in map(normalise_word, words) if word in known)
    return found.most_common(1)[0][0] if found else "neutral"


def test_it_knows_more_than_its_lexicon() -> None:
    pairs = [(emotion, sentence.split()) for emotion, own in HELD_OUT.items() for sentence in own]
    right = sum(emotion_of_words(words)[0] == emotion for emotion, words in pairs)
    looked_up = sum(by_lexicon(words) == emotion for emotion, words in pairs)
    assert right / len(pairs) > 0.65
    assert looked_up / len(pairs) < 0.4


def test_all_seeds_are_known_and_belong_to_one_emotion() -> None:
    seeds = [word for words in SEEDS.values() for word in words.split()]
    assert set(seeds) <= set(load_vocabulary().places)
    assert len(set(seeds)) == len(seeds)
    assert tuple(SEEDS) == EMOTIONS[1:]


@pytest.mark.parametrize(
    ("sentence", "emotion"),
    [("I am so happy", "happy"), ("I am not happy", "sad"), ("I\u2019m not angry", "neutral"), ("xqzzt", "neutral")],
)
def test_negation(sentence: str, emotion: str) -> None:
    assert emotion_of_words(sentence.split())[0] == emotion


def said(text: str, start: float) -> list[Interval]:
    return [Interval(word, start + 0.3 * k, start + 0.3 * k + 0.3) for k, word in enumerate(text.split())]


def test_auto_is_told_by_each_sentence() -> None:
    words = (*said("I am so happy", 0.0), *said("the meeting starts at nine", 2.0), *said("he wept at the grave", 5.0))
    found = resolve_auto((Interval("auto:0.5", 0.0, 8.0),), words)
    assert found is not None
    assert [emotion.label.partition(":")[0] for emotion in found] == ["happy", "sad"]
    assert (found[0].start, found[0].end) == (0.0, pytest.approx(1.2))
    assert found[1].start == 5.0
    assert all(0.0 < float(emotion.label.partition(":")[2]) <= 0.5 for emotion in found)


def test_what_is_not_auto_stays() -> None:
    given = (Interval("sad", 0.0, 1.0),)
    assert resolve_auto(given, said("I am so happy", 0.0)) == given
    assert resolve_auto(None, ()) is None
    assert resolve_auto((Interval("auto", 0.0, 1.0),), None) == ()
