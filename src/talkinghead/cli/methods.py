"""``talkinghead methods``: what there is to choose from."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from talkinghead.cli.console import STDOUT

if TYPE_CHECKING:
    from talkinghead.methods.base import Method


def methods() -> None:
    """List the methods: the papers, their sizes and trainings, and the weights that ship; and the recipes."""
    from talkinghead.methods import get_method, method_names

    for name in method_names():
        STDOUT.print(_table(get_method(name)))
    STDOUT.print(_recipes())


def _table(method: Method) -> Table:
    paper = method.paper
    table = Table(title=Text(method.name, style="bold"), title_justify="left", show_header=False, show_lines=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    rows = {
        "paper": f"{paper.title}\n{paper.authors}\n{paper.venue}, {paper.year}\n{paper.url}",
        "summary": method.summary,
        "sizes": ", ".join(method.configs),
        "training stages": "\n".join(f"{name}: {stage.what}" for name, stage in method.stages.items()) or "none",
        "renderers": _renderers(method),
        "weights shipped": _list_weights(method.name),
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
    photos, drawings = method.renderer_for_photos, method.renderer_for_drawings
    usual = photos if photos == drawings else f"{photos} for photos, {drawings} for drawings"
    return f"{own}; usually {usual}"


def _list_weights(name: str) -> str:
    folder = files("talkinghead.methods") / name / "weights"
    found = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    weights = [file for file in found if file.endswith(".safetensors")]
    if not weights:
        return "none"
    size = sum(len((folder / file).read_bytes()) for file in weights)
    return f"{', '.join(file.removesuffix('.safetensors') for file in weights)}: {size / 2**20:.1f} MiB"
