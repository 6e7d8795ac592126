"""The report: it stands alone, is well formed, and takes no name for HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drawn import drawn_face
from talkinghead.evaluation.corpus import Example
from talkinghead.evaluation.measures import MEASURES, Scores
from talkinghead.evaluation.page import Shown, page, write_page
from talkinghead.evaluation.page_tables import format_value
from talkinghead.evaluation.plots import contact_sheet, curve_plot, distribution_plot
from talkinghead.evaluation.published import load_published
from talkinghead.evaluation.result import Outcome, result_of
from talkinghead.evaluation.systems import RANDOM, REAL, STILL
from talkinghead.media import save_video
from talkinghead.types import Frames, Video

NASTY = 'a<b>&"c'
_VOID = {"meta", "img", "br"}


class Walk(HTMLParser):
    """Checks that what is opened is closed, in turn; notes links, sources and what is said."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.said: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An opening tag."""
        self.tags.add(tag)
        named = dict(attrs)
        assert len(named) == len(attrs), attrs
        if tag == "img":
            assert named["alt"]
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.sources += [value or "" for name, value in attrs if name == "src"]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """A closing tag."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """What is said."""
        self.said.append(data)


def scores(level: float) -> Scores:
    """Made-up scores with curves."""
    time = np.arange(50) / 25
    curves = {name: (level * np.sin(9 * time)).tolist() for name in ("aperture", "pitch", "yaw", "roll", "blink")}
    curves |= {f"reference {name}": np.sin(9 * time).tolist() for name in list(curves)}
    values = {"d-ll": 0.02 * level, "aperture-correlation": 1 / level, "mouth-mse": 1e-4 * level, "ssim": 0.9}
    values |= {"blinks-per-second": 0.3 * level}
    missing = {"vmaf": f"needs {NASTY}."}
    return Scores(values=values, reference={"blinks-per-second": 0.3}, curves=curves, missing=missing)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Eight clips with bad names, three systems, one failure, and the videos of one clip."""
    folder = tmp_path_factory.mktemp("videos")
    clips = [Example(f"{NASTY}{k}".replace("/", ""), "anna", folder / f"real{k}.mp4", "test") for k in range(8)]
    outcomes = []
    for k, clip in enumerate(clips):
        outcomes += [Outcome(clip, name, scores(factor + 0.1 * k)) for name, factor in (("makeittalk", 2), (REAL, 1))]
        outcomes += [Outcome(clip, STILL, scores(4.0)), Outcome(clip, RANDOM, None, f"lacks {NASTY}.")]
    outcomes.append(Outcome(Example("broken", "anna", folder / "x.mp4", "test"), STILL, None, f"broke {NASTY}.", True))
    protocol = {"clips": 9, "speakers": 1, "date": "2026-01-01", "package": "0.1.0", "weights": {NASTY: NASTY}}
    fps = {clip.name: 25.0 for clip in clips}
    result = result_of(outcomes, method="makeittalk", corpus=NASTY, split="test", protocol=protocol, fps=fps)
    images = np.repeat(drawn_face(160, grain=4).image[None], 10, axis=0)
    for k, clip in enumerate(clips[-2:]):
        (folder / "makeittalk").mkdir(exist_ok=True)
        for path in (clip.video, folder / "makeittalk" / f"{clip.name}.mp4"):
            save_video(Video(iter([Frames(images, 25.0)]), None, 25.0, 10), path, visible_mark=k == 0)
    by_name = {(o.system, o.example.name): o.scores for o in outcomes if o.scores is not None}
    return Shown(result, by_name, {clip.name: clip.video for clip in clips}, fps, folder)


@pytest.fixture(scope="module")
def text(shown: Shown) -> str:
    """The page."""
    return page(shown)


def test_the_page_is_well_formed(text: str) -> None:
    walk = Walk(text)
    assert walk.open == []
    assert text.startswith("<!DOCTYPE html>")
    assert {"html", "head", "title", "style", "body", "table", "img"} <= walk.tags
    assert "script" not in walk.tags


def test_the_page_needs_nothing_from_elsewhere(text: str) -> None:
    walk = Walk(text)
    assert all(source.startswith("data:image/") for source in walk.sources)
    assert set(walk.links) <= {table.url for table in load_published()}
    without_links = re.sub(r'href="[^"]*"', "", text)
    assert "http:" not in without_links
    assert "https:" not in without_links
    assert "url(" not in text
    assert len(text) < 10_000_000


def test_names_are_told_as_they_are(text: str) -> None:
    assert "<b>&" not in text
    said = "".join(Walk(text).said)
    for place in (f"makeittalk on {NASTY}, test", f"needs {NASTY}.", f"lacks {NASTY}.", f"broke {NASTY}."):
        assert place in said


def test_the_summary_holds_every_system_and_tells_the_best_baseline(text: str) -> None:
    said = Walk(text).said
    for name in ("makeittalk", REAL, STILL, RANDOM, "D-LL ↓", "mouth MSE ↓", "blinks = real"):
        assert name in said
    row = re.search(r"<tr><td>D-LL.*?</tr>", text)
    assert row is not None
    cells = re.findall(r'<td class="([^"]*)">(.*?)</td>', row.group())
    assert [cell for cell, _ in cells] == ["number own", "number", "number best", "number"]
    assert "▲" in cells[0][1]  # 4.7 % against 8 %
    assert cells[2][1].startswith("8.00 %")
    assert cells[3][1] == ""


def test_few_clips_are_told(text: str) -> None:
    assert "few clips" in text


def test_the_worst_clips_are_shown_worst_first(text: str) -> None:
    headings = [re.sub(r"&[a-z]+;|&#\w+;", "", name)[-1] for name in re.findall(r"<h3>(a&lt;b[^<]*)</h3>", text)]
    assert headings == ["3", "7", "6", "5", "4", "2"]  # the typical one, then five, by falling correlation


def test_published_numbers_are_marked_as_measured_on_other_data(text: str) -> None:
    said = "".join(Walk(text).said)
    assert "Measured on other data" in said
    assert "MakeItTalk: Speaker-Aware Talking-Head Animation" in said
    assert "makeittalk, here" in said
    assert "not measured" in said


def test_a_page_of_baselines_alone_is_written_whole(shown: Shown, tmp_path: Path) -> None:
    result: dict[str, Any] = {**shown.result, "systems": {STILL: shown.result["systems"][STILL]}, "comparisons": {}}
    alone, path = Shown(result, {}, {}, {}, Path("nowhere")), tmp_path / "report.html"
    path.write_text("older", encoding="utf-8")
    write_page(alone, path)
    written = path.read_text(encoding="utf-8")
    assert written == page(alone)
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]
    walk = Walk(written)
    assert walk.open == []
    assert "A typical clip" not in "".join(walk.said)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("d-ll", 0.01234, "1.23 %"),
        ("vmaf", 62.75, "62.75"),
        ("ssim", 0.91234, "0.912"),
        ("psnr", 29.734, "29.73"),
        ("fid", 141.96, "142.0"),
        ("mouth-mse", 0.000163, "1.6e-04"),
        ("sync-offset", 0.0, "0.000"),
    ],
)
def test_values_as_tables_show_them(name: str, value: float, text: str) -> None:
    assert format_value(MEASURES[name], value) == text


def test_plots_are_pictures_in_themselves(shown: Shown) -> None:
    kinds = {
        "data:image/svg+xml;base64,": (
            curve_plot(scores(2.0).curves, 25.0),
            distribution_plot({"a": [1.0, 2.0], "b": []}, "D-LL", "a"),
        ),
        "data:image/jpeg;base64,": (contact_sheet(*[next(iter(shown.videos.glob("makeittalk/*.mp4")))] * 2),),
    }
    for beginning, plots in kinds.items():
        for plot in plots:
            assert plot.startswith(beginning)
            assert len(plot) > 1000


def test_a_curve_that_is_not_there_is_left_out() -> None:
    curves = {name: values for name, values in scores(2.0).curves.items() if "blink" not in name}
    assert len(curve_plot(curves, 25.0)) < len(curve_plot(scores(2.0).curves, 25.0))
