"""What is measured."""

from __future__ import annotations

import re

import pytest

from talkinghead.errors import InputError
from talkinghead.evaluation.measures import GROUPS, MEASURES, choose_measures


def test_every_measure_says_what_it_is_and_where_it_comes_from() -> None:
    for name, measure in MEASURES.items():
        assert measure.name == name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert measure.title
        assert measure.what
        assert measure.source
        assert measure.better in ("lower", "higher", "reference", "")
        assert measure.group in GROUPS


def test_measures_stand_together_by_group_in_the_order_of_tables() -> None:
    groups = [measure.group for measure in MEASURES.values()]
    assert list(dict.fromkeys(groups)) == list(GROUPS)
    assert groups == sorted(groups, key=GROUPS.index)


def test_all_are_chosen_unless_some_are_named() -> None:
    assert choose_measures(None) == tuple(MEASURES)
    assert choose_measures(["ssim", "d-ll", "ssim"]) == ("d-ll", "ssim")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["d-ll", "SSIM"], "there is no measure 'SSIM': did you mean ssim"),
        (["blink"], "'blink': did you mean blink-duration"),
        (["sync"], "sync-offset"),
        (["zzz"], "talkinghead evaluate --list"),
        ([], "no measure is asked for"),
    ],
)
def test_unknown_names_are_refused_with_what_is_near(names: list[str], says: str) -> None:
    with pytest.raises(InputError) as caught:
        choose_measures(names)
    assert says in str(caught.value)
