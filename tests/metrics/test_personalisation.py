"""People who nod at different rates are told apart; those who move alike are not."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.metrics.personalisation import PersonClassifier, cross_validated_accuracy, window_features
from talkinghead.types import FloatArray

FPS = 25.0
RATES = {"anna": 0.6, "ben": 1.4, "carla": 3.0}


def nods(frequency: float, *, seed: int, seconds: float = 3.0) -> FloatArray:
    """(T, 3) rad: a head that nods at a frequency, from any phase, with noise, pointing anywhere."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * FPS)) / FPS
    motion = 0.005 * random.standard_normal((len(time), 3)) + random.uniform(-0.3, 0.3, 3)
    motion[:, 0] += 0.1 * np.sin(2 * np.pi * (frequency * time + random.uniform()))
    return np.asarray(motion)


def people(count: int = 10, *, first: int = 0) -> dict[str, list[FloatArray]]:
    """Each person's sequences."""
    return {
        person: [nods(rate, seed=first + 100 * number + i) for i in range(count)]
        for number, (person, rate) in enumerate(RATES.items())
    }


@pytest.fixture(scope="module")
def classifier() -> PersonClassifier:
    """Knows the three."""
    return PersonClassifier.fit(people(), FPS)


def test_people_are_told_by_how_they_nod(classifier: PersonClassifier) -> None:
    assert classifier.accuracy(people(first=1000)) > 0.9
    assert classifier.person_of(nods(1.4, seed=5000, seconds=8.0)) == "ben"
    assert cross_validated_accuracy(people(), FPS, folds=3) > 0.9


def test_log_probabilities_are_those_of_a_distribution(classifier: PersonClassifier) -> None:
    found = np.exp(classifier.log_probabilities(nods(0.6, seed=77)))
    assert found.shape == (3,)
    assert found.argmax() == 0
    assert found.sum() == pytest.approx(1.0)


def test_a_generator_that_moves_all_alike_scores_chance(classifier: PersonClassifier) -> None:
    alike = {person: [nods(1.4, seed=i, seconds=3.0) for i in range(4)] for person in RATES}
    assert classifier.accuracy(alike) == pytest.approx(1 / 3)


def test_people_who_move_alike_are_not_told_apart() -> None:
    alike = {name: [nods(1.0, seed=50 * n + i) for i in range(15)] for n, name in enumerate("abc")}
    assert cross_validated_accuracy(alike, FPS, folds=3) < 0.55


def test_each_person_counts_the_same(classifier: PersonClassifier) -> None:
    known, strange = people()["anna"], people(2)["carla"]
    assert classifier.accuracy({"anna": known}) == 1.0
    assert classifier.accuracy({"anna": known, "ben": strange}) == pytest.approx(0.5)
    assert classifier.accuracy({"anna": known, "ben": []}) == 1.0


def test_a_person_of_whom_there_is_much_is_not_the_likelier() -> None:
    paths = [nods(1.0, seed=i) for i in range(4)]
    classifier = PersonClassifier.fit({"much": 10 * paths, "little": paths}, FPS)
    np.testing.assert_allclose(np.exp(classifier.log_probabilities(nods(1.0, seed=9))), 0.5)


def test_generated_sequences_are_judged_by_who_has_not_seen_their_clip() -> None:
    real = people()
    swapped = {"anna": real["ben"], "ben": real["anna"], "carla": real["carla"]}
    right, wrong = (cross_validated_accuracy(real, FPS, generated=made, folds=2) for made in (real, swapped))
    assert right == cross_validated_accuracy(real, FPS, folds=2)
    assert right > 0.8
    assert wrong < 0.5
    with pytest.raises(ValueError, match="as many generated"):
        cross_validated_accuracy(real, FPS, generated=people(9))


def test_every_clip_is_tested_once_and_never_learnt_with() -> None:
    random = np.random.default_rng(0)
    noise = {name: [0.1 * random.standard_normal((70, 3)) for _ in range(8)] for name in ("a", "b")}
    assert PersonClassifier.fit(noise, FPS).accuracy(noise) == 1.0  # what was learnt is known by heart ...
    assert cross_validated_accuracy(noise, FPS, folds=4) < 0.8  # ... and nothing else


def test_where_a_head_points_is_not_what_tells() -> None:
    path = nods(0.6, seed=0)
    turned = path + np.array([0.5, -0.2, 0.1])
    np.testing.assert_allclose(window_features(turned, FPS), window_features(path, FPS), atol=1e-6)


def test_blinks_tell_too() -> None:
    def blinks(every: int, seed: int) -> FloatArray:
        rows = np.arange(75) + np.random.default_rng(seed).integers(0, every)
        return np.where(rows % every < 4, 0.9, 0.05)[:, None].astype(float)

    real = {"often": [blinks(15, i) for i in range(6)], "seldom": [blinks(40, i) for i in range(6)]}
    assert cross_validated_accuracy(real, FPS, folds=2) == 1.0


def test_the_number_of_windows_and_of_features() -> None:
    assert window_features(np.zeros((63, 3)), FPS).shape == (1, 3 * (4 + 1 + 5) + 3)
    assert window_features(np.zeros((75, 1)), FPS).shape == (1, 10)
    assert len(window_features(np.zeros((63 + 64, 1)), FPS)) == 3
    assert np.isfinite(window_features(np.zeros((63, 3)), FPS)).all()


def test_the_same_people_give_the_same_classifier(classifier: PersonClassifier) -> None:
    np.testing.assert_array_equal(PersonClassifier.fit(people(), FPS).weight, classifier.weight)


def test_what_cannot_be_learnt_is_refused(classifier: PersonClassifier) -> None:
    with pytest.raises(ValueError, match="two people or more"):
        PersonClassifier.fit({"anna": people()["anna"]}, FPS)
    with pytest.raises(ValueError, match="two people or more"):
        PersonClassifier.fit({**people(), "ben": []}, FPS)
    with pytest.raises(ValueError, match="two sequences of each person"):
        cross_validated_accuracy({**people(), "ben": people(1)["ben"]}, FPS)
    with pytest.raises(ValueError, match="two folds"):
        cross_validated_accuracy(people(), FPS, folds=1)
    with pytest.raises(ValueError, match="dora: not among"):
        classifier.accuracy({"dora": people()["anna"]})
    with pytest.raises(ValueError, match="no sequence"):
        classifier.accuracy({})
    with pytest.raises(ValueError, match=r"\(T, C\) of 63 frames"):
        classifier.person_of(np.zeros((62, 3)))
