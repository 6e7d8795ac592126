"""``talkinghead methods``: what there is to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from talkinghead.cli.console import STDOUT

if TYPE_CHECKING:
    from talkinghead.methods.base import Method

_NEEDS = {"picture": "one picture", "frames": "a few seconds of video", "video": "a reference video"}


def methods() -> None:
    """List the methods: papers, what they need, sizes, renderers, trainings and weights that ship; and the recipes."""
    from talkinghead.methods import all_methods

    for method in all_methods():
        STDOUT.print(_table(method))
    STDOUT.print(_recipes())


def _table(method: Method) -> Table:
    paper = method.paper
    table = Table(title=Text(method.name, style="bold"), title_justify="left", show_header=False, show_lines=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    rows = {
        "paper": f"{paper.title}\n{paper.authors}\n{paper.venue}, {paper.year}\n{paper.url}",
        "summary": method.summary,
        "needs": _NEEDS[method.needs] + (f" of at least {method.least_s:g} s" if method.least_s else ""),
        "sizes": ", ".join(method.sizes()),
        "training stages": "\n".join(f"{name}: {stage.what}" for name, stage in method.stages.items()) or "none",
        "renderers": _renderers(method),
        "weights shipped": _list_weights(method),
    }
    for label, text in rows.items():
        table.add_row(label, Text(text))
    return table


def _recipes() -> Table:
    """The networks that all methods share, and how each is trained."""
    from talkinghead.recipes import RECIPES

    table = Table(title=Text("recipes", style="bold"), title_justify="left", show_header=False, show_lines=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, recipe in RECIPES.items():
        table.add_row(name, Text(recipe.stage.what))
    return table


def _renderers(method: Method) -> str:
    own = ", ".join(method.renderers) or "none of its own"
    photos, drawings = method.renderer_for["photo"], method.renderer_for["drawing"]
    usual = photos if photos == drawings else f"{photos} for photos, {drawings} for drawings"
    adapted = f"\nfor a person it was adapted to: {method.person_renderer[0]}" if method.person_renderer else ""
    return f"{own}\ndefault for one picture: {usual}{adapted}"


def _list_weights(method: Method) -> str:
    from talkinghead.weights import SUFFIX

    files = [] if method.weights is None else sorted(method.weights.rglob(f"*{SUFFIX}"))
    if not files:
        return "none"
    size = sum(file.stat().st_size for file in files)
    return f"{', '.join(file.stem for file in files)}: {size / 2**20:.1f} MiB"
