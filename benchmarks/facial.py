"""The part "facial": table 1 of Zhang et al. 2021 for persons, their heads and blinks, ablations, frames, and cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.facial_frames import (
    cost_section,
    frames_section,
    measure_cost,
    measure_frames,
    summarise_frames,
)
from benchmarks.facial_long import long_section, measure_long, measure_memory, memory_section
from benchmarks.facial_motion import (
    ablations_section,
    habits_section,
    load_shipped,
    measure_ablations,
    measure_habits,
    read_sentences,
    summarise_ablations,
)
from benchmarks.facial_people import (
    ROWS,
    find_people,
    has_renderer,
    measure_person,
    people_section,
    summarise_people,
)
from benchmarks.facial_pictures import PICTURE, draw_pictures, pictures_section
from benchmarks.papers import paragraph
from benchmarks.pieces import measure_pieces
from talkinghead.errors import InputError
from talkinghead.store import Store

_TABLE_1, _HABITS, _ABLATIONS, _FRAMES, _PICTURES = "table 1", "habits", "ablations", "frames", "pictures"
_LONG, _COST, _MEMORY = "long", "cost", "memory"
_ORDER = (_TABLE_1, _HABITS, _FRAMES, _PICTURES, _ABLATIONS, _LONG, _COST, _MEMORY)
_TITLE = """# FACIAL: persons learned from their videos

Persons whom `talkinghead adapt --method facial` made: {people}. Nothing below was learned from the clips on which it
is measured; the weights for anybody, however, have learned from other sentences of GRID's s1, and from all of the
video of {obama}.
"""


def measure(corpus: Path, store: Path, runs: Path, persons: Path, images: Path) -> dict[str, Any]:
    """All sections; what is measured is kept in ``runs`` until all is.

    Args:
        corpus: the folder of the recordings.
        store: keeps tracks and features.
        runs: the folder of trainings, for the variants.
        persons: with the folders ``facial_people.NAMES``, adapted.
        images: the folder of the pages' pictures.

    Raises:
        InputError: there is nobody.
    """
    people = list(find_people(persons, corpus))
    if not people:
        raise InputError(f"{persons} holds no person: make s1, s4 and obama with talkinghead adapt --method facial.")
    kept, scratch, main = Store(store), runs / "facial" / "videos", people[0]
    rows: dict[str, Callable[[], Any]] = {
        f"{_TABLE_1} {one.speaker} {row}": partial(measure_person, one, kept, scratch, only=(row,))
        for one in people
        for row in ROWS
    }
    pieces = rows | {
        _HABITS: lambda: measure_habits(people, read_sentences(corpus, kept), kept),
        _ABLATIONS: lambda: measure_ablations(read_sentences(corpus, kept), runs),
        _LONG: lambda: measure_long(load_shipped(), read_sentences(corpus, kept)),
        _COST: lambda: measure_cost(main.person),
        _MEMORY: lambda: measure_memory(main.person),
    }
    if has_renderer(main.person):
        pieces[_FRAMES] = lambda: measure_frames(main, kept, runs, runs / "facial" / "frames.png")
        pieces[_PICTURES] = lambda: draw_pictures(main, kept, images / PICTURE)
    found = measure_pieces(runs / "facial" / "pieces", pieces)
    told = {one.speaker: f"{one.person.seconds:.0f} s" for one in people}
    table: dict[str, dict[str, Any]] = {one.speaker: {} for one in people}
    for one in people:
        for row in ROWS:
            table[one.speaker] |= found.pop(f"{_TABLE_1} {one.speaker} {row}")
    return {"people": told, _TABLE_1: table, **found}


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``measure`` without its clips."""
    shorten: dict[str, Callable[[Any], Any]] = {
        _TABLE_1: summarise_people,
        _ABLATIONS: summarise_ablations,
        _FRAMES: summarise_frames,
    }
    return {name: shorten[name](part) if name in shorten else part for name, part in result.items()}


def page(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives, as a page."""
    sections: dict[str, Callable[[Any], str]] = {
        _TABLE_1: people_section,
        _HABITS: habits_section,
        _FRAMES: frames_section,
        _PICTURES: pictures_section,
        _ABLATIONS: ablations_section,
        _LONG: long_section,
        _COST: cost_section,
        _MEMORY: memory_section,
    }
    people = ", ".join(f"{speaker} from {seconds}" for speaker, seconds in result["people"].items())
    title, told = _TITLE.format(people=people, obama="Barack Obama").split("\n\n", 1)
    lines = [title, "", paragraph(told), ""]
    return "\n".join([*lines, *(sections[name](result[name]) for name in _ORDER if result.get(name))])
