"""What the papers report: that it was typed as printed, and is turned into our units."""

from __future__ import annotations

from pathlib import Path

import pytest

from talkinghead.evaluation.measures import MEASURES
from talkinghead.evaluation.published import Table, load_published
from talkinghead.evaluation.sets import SET_MEASURES
from talkinghead.methods import method_names

_TEXTS = {
    "makeittalk": "makeittalk.txt",
    "attentional_landmarks": "attentional-landmarks.txt",
    "write_a_speaker": "write-a-speaker.txt",
    "facial": "facial.txt",
    "rhythmic_head": "rhythmic-head-motion.txt",
}


def table(paper: str, number: int, about: str = "") -> Table:
    """The table of that number, of the data whose description holds ``about``."""
    (found,) = (t for t in load_published() if (t.paper, t.number) == (paper, number) and about in t.data)
    return found


def test_all_tables_of_the_five_papers_are_there() -> None:
    assert list(dict.fromkeys((t.paper, t.number) for t in load_published())) == [
        ("makeittalk", 2),
        ("makeittalk", 3),
        ("attentional_landmarks", 1),
        ("attentional_landmarks", 2),
        ("write_a_speaker", 1),
        ("write_a_speaker", 2),
        ("facial", 1),
        ("rhythmic_head", 1),
        ("rhythmic_head", 2),
    ]
    assert set(method_names()) <= set(_TEXTS)


@pytest.mark.parametrize("entry", load_published(), ids=lambda t: f"{t.paper}-{t.number}-{t.data[:12]}")
def test_a_table_is_whole(entry: Table) -> None:
    assert entry.own in entry.rows
    assert entry.url.startswith("https://")
    assert all(column.measure in {**MEASURES, **SET_MEASURES} for column in entry.columns)
    assert len({column.measure for column in entry.columns}) == len(entry.columns)
    assert all(len(values) == len(entry.columns) for values in entry.rows.values())


def test_cells_as_printed_in_our_units() -> None:
    assert table("makeittalk", 2).value("Ours (full)", "d-ll") == pytest.approx(0.020)
    assert table("makeittalk", 2).value("Ours (no separation)", "d-a") == pytest.approx(0.171)
    assert table("makeittalk", 3).value("retrieve-random ID", "d-rot") == 21.4
    assert table("makeittalk", 3).value("retrieve-random ID", "d-pos") == pytest.approx(0.092)
    assert table("attentional_landmarks", 2).value("The proposed", "lmd-128") == 1.01
    assert table("attentional_landmarks", 2).value("ATVGnet[4]", "psnr-face") == 32.15
    assert table("write_a_speaker", 1).value("(Taylor et al. 2017)", "upper-face-ssim") is None
    assert table("write_a_speaker", 2, "ID2").value("Ours", "fid") == 0.003252
    assert table("facial", 1).value("Ours", "blink-duration") == 0.26
    assert table("facial", 1).value("DAVS [40]", "sync-offset") == -3
    assert table("facial", 1).value("Yi [36]", "personalisation-head-pose") == 0.30
    assert table("rhythmic_head", 1, "VoxCeleb2").value("Ours (K=1)", "lmd") == 3.37
    assert table("rhythmic_head", 2, "LRS3").value("Ours (K=32)", "csim") == 0.44


def test_what_is_not_there_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        table("makeittalk", 2).value("Ours (full)", "ssim")
    with pytest.raises(KeyError):
        table("makeittalk", 2).value("Somebody else", "d-ll")


@pytest.mark.corpus
@pytest.mark.parametrize("entry", load_published(), ids=lambda t: f"{t.paper}-{t.number}-{t.data[:12]}")
def test_every_number_is_printed_in_the_paper(corpus: Path, entry: Table) -> None:
    text = (corpus.parent / "papers" / _TEXTS[entry.paper]).read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if "\t" in line)
    for values in entry.rows.values():
        for value in (v for v in values if v is not None):
            printed = {f"{value:.{n}f}" for n in range(7) if float(f"{value:.{n}f}") == value}
            assert any(form in text for form in printed), value
