"""Parts of the composition network switched off (figure 10 of Chen et al. 2020): a section of "rhythmic_head"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.intervals import cell, compare, interval
from benchmarks.rhythmic_clips import HELD_OUT, Clip, choose_takes, find_embedder, groups
from benchmarks.rhythmic_renderer import turn_head
from talkinghead.errors import announce
from talkinghead.media import save_image
from talkinghead.methods import get_method
from talkinghead.methods.rhythmic_head.composition import CompositionNetwork
from talkinghead.methods.rhythmic_head.config import CompositionConfig
from talkinghead.methods.rhythmic_head.renderer import CompositionRenderer
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.interior import load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.store import Store
from talkinghead.types import ImageArray, Portrait
from talkinghead.weights import load_network

WHOLE = "whole"

STEPS = 100
"""Of the networks trained apart."""

WITHOUT_WARPING = "without warping"
_OFF: Mapping[str, Mapping[str, bool]] = {
    WHOLE: {},
    "without the 3D-aware module": {"projected": False},
    "without the hybrid embedding": {"embedded": False},
    "with warping": {"warped": True},
    "image matting": {"corrected": False},
}
_TRAINED: Mapping[str, str] = {
    WHOLE: "small",
    "without the 3D-aware module": "small-without-projection",
    "without the hybrid embedding": "small-without-embedding",
    "with warping": "small-with-warping",
    "image matting": "small-matting",
}
_COUNT = 8  # references
_DIGITS = {"SSIM": 4, "CSIM": 4}
_SHOWN = (0, 2, 3, 5, 6)  # of ``turn_head``: 0, 20, 30, -20 and -30 degrees
_SHOWN_APART = (3, 6)  # 30 and -30 degrees
_NARROW, _SIDE = 0.6, 192  # of the head's square, that shows the face, and its px
_FACTOR = 8  # by which differences are enlarged
_TITLE = f"""## Ablations (figure 10)

Parts of the network that ships are switched off, on the clips of GRID's s4 and Donald Trump, whom it has not learned
from, with K = {_COUNT}{{switched}}. The paper trains a network without each part. These are not trained again: they
show what the network draws from a part, and not what it could do without. "Image matting" shows the network's shares of
the pictures without the colours that it adds. * marks rows than which the whole network is better, ! rows than which it
is worse.

| | SSIM | CSIM |
|---|---|---|
"""
_APART = """
Networks trained without each part, and a whole one, all from the same random weights for {steps} steps of 4 examples: a
seventh of what ships was given. On the same clips:

| | SSIM | CSIM |
|---|---|---|
"""
_SHOW_APART = """
![A face turned by 30 and -30 degrees, by each network trained apart](../images/{name})

Eileen Collins from one picture by these networks, from left to right as in the table, turned by 30 and -30 degrees.
"""
APART = "rhythmic_apart.png"
"""The picture of networks trained apart."""
_STRIP = """
![A head turned by 0, 20, 30, -20 and -30 degrees, by the whole network and without each part](../images/{name})

Eileen Collins (NASA), one picture, turned by 0, 20, 30, -20 and -30 degrees: first by the whole network, then, for each
row of the table, {factor} times the difference from it about grey.
"""


def build_renderers() -> dict[str, CompositionRenderer]:
    """A renderer with each part switched off."""
    path = get_method("rhythmic_head").find_weights().file("composition")
    whole = load_network(CompositionNetwork, CompositionConfig, path)
    warp, found = WarpRenderer(load_filler(), FlatFiller()), {}
    for name, changes in _OFF.items():
        network = CompositionNetwork(replace(whole.config, **changes))
        kept = network.state_dict().keys()
        network.load_state_dict({key: value for key, value in whole.state_dict().items() if key in kept})
        found[name] = CompositionRenderer(network, warp)
    return found


def load_trained(runs: Path) -> dict[str, CompositionRenderer]:
    """The renderers that were trained apart, of ``RUNS/rhythmic_head/CONFIG``; those that were not are announced."""
    warp, found = WarpRenderer(load_filler(), FlatFiller()), {}
    for name, config in _TRAINED.items():
        path = runs / "rhythmic_head" / config / "composition.safetensors"
        if path.exists():
            network = load_network(CompositionNetwork, CompositionConfig, path)
            found[name] = CompositionRenderer(network, warp)
        else:
            announce(f'{path} is not there: the row "{name}" of networks trained apart is left out.')
    return found


def measure_ablations(
    corpus: Path, store: Store, clips: int, renderers: Mapping[str, CompositionRenderer]
) -> dict[str, list[dict[str, float]]]:
    """Row -> scores of clips.

    Args:
        corpus: the folder of the recordings.
        store: keeps tracks.
        clips: at most so many.
        renderers: of the rows.
    """
    if not renderers:
        return {}
    embedder = find_embedder()
    result: dict[str, list[dict[str, float]]] = {name: [] for name in renderers}
    for take in choose_takes(groups(corpus)[HELD_OUT], clips, store):
        clip = Clip(take, embedder)
        for name, renderer in renderers.items():
            result[name].append(clip.score(clip.draw(renderer, _COUNT))[0])
    return result


def draw_strip(portrait: Portrait, picture: Path) -> None:
    """Write a picture of a portrait's head, turned, by each network."""
    crop = Crop.of(portrait.mesh, portrait.size)
    made = {name: turn_head(renderer, portrait)[list(_SHOWN)] for name, renderer in build_renderers().items()}
    rows = [_join(crop, made[WHOLE])]
    for name, images in made.items():
        if name != WHOLE:
            away = images.astype(np.int16) - made[WHOLE]
            rows.append(_join(crop, np.clip(128 + _FACTOR * away, 0, 255).astype(np.uint8)))
    sheet = np.concatenate(rows)
    save_image(cv2.resize(sheet, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), picture)


def draw_apart(portrait: Portrait, renderers: Mapping[str, CompositionRenderer], picture: Path) -> None:
    """Write a picture of a portrait's head, turned, by each network trained apart."""
    crop = Crop.of(portrait.mesh, portrait.size).widen(_NARROW, _SIDE)
    made = [turn_head(renderer, portrait)[list(_SHOWN_APART)] for renderer in renderers.values()]
    save_image(np.concatenate([_join(crop, np.stack(images)) for images in zip(*made, strict=True)]), picture)


def _join(crop: Crop, images: ImageArray) -> ImageArray:
    return np.concatenate([crop.extract(image) for image in images], axis=1)


def summarise_ablations(result: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Any]:
    """Row -> measure -> mean and interval, compared with the whole network's."""
    return {
        name: {
            measured: interval([clip[measured] for clip in own])
            if name == WHOLE
            else compare(
                [clip[measured] for clip in own], [clip[measured] for clip in result[WHOLE]], higher_is_better=True
            )
            for measured in _DIGITS
            if measured in own[0]
        }
        for name, own in result.items()
    }


def measured_with_warping(summary: Mapping[str, Any]) -> bool:
    """Whether a record is from when FlowNet's warping was on, and so could be switched off."""
    return WITHOUT_WARPING in summary


def section(summary: Mapping[str, Any], trained: Mapping[str, Any], picture: str) -> str:
    """What ``summarise_ablations`` gives as Markdown, with the picture of ``draw_strip``.

    Args:
        summary: of the parts that are switched off.
        trained: of the networks trained apart; empty: there were none.
        picture: its name.
    """
    apart = _APART.format(steps=STEPS) + _table(trained) + _SHOW_APART.format(name=APART) if trained else ""
    switched = "" if measured_with_warping(summary) else "; FlowNet's warping, which it does without, is switched on"
    return _TITLE.format(switched=switched) + _table(summary) + apart + _STRIP.format(name=picture, factor=_FACTOR)


def _table(summary: Mapping[str, Any]) -> str:
    rows = [
        f"| {name} | {' | '.join(cell(row[key], digits) if key in row else '-' for key, digits in _DIGITS.items())} |"
        for name, row in summary.items()
    ]
    return "\n".join(rows) + "\n"
