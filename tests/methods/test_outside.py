"""Methods that other packages add: one that works, and those that do not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from talkinghead import methods
from talkinghead.errors import InputError
from talkinghead.methods import all_methods, get_method, get_renderer, method_names, renderer_names
from talkinghead.pipeline import TalkingHead
from talkinghead.types import Portrait, Speech

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
NODDING = CONTRIBUTING.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
"""The example of CONTRIBUTING.md."""

METHOD = """
from talkinghead.methods.base import Method, Paper

METHOD = Method(
    name={name!r},
    paper=Paper("none", "none", "none", 2026, "https://example.org"),
    summary="does nothing",
    configs={{}},
    build=lambda config: None,
    generator=lambda weights: None,
    renderers={renderers},
)
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which packages can be installed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("outside_"):
            del sys.modules[name]


def install(site: Path, method: str, source: str, *, module: str | None = None) -> None:
    """What an installer leaves of a package that adds one method."""
    module = module or f"outside_{method}"
    (site / f"{module}.py").write_text(source, encoding="utf-8")
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[talkinghead.methods]\n{method} = {module}:METHOD\n", encoding="utf-8")


def test_the_example_of_contributing_is_a_method(site: Path, calm: Portrait) -> None:
    install(site, "nodding", NODDING)
    assert "nodding" in method_names()
    head = TalkingHead.from_pretrained("nodding")
    speech = Speech(np.zeros(16_000, np.float32), 16_000)
    frames = np.concatenate([chunk.images for chunk in head(speech, calm).frames])
    assert len(frames) == 25
    assert not np.array_equal(frames[0], frames[12])
    assert head.renderer_names == ("warp", "warp")
    generator, renderer = get_method("nodding").build(get_method("nodding").configs["tiny"])
    assert next(renderer.render(generator.generate(speech, calm), calm)).size == calm.frames.size


def test_a_renderer_from_outside_is_chosen_by_name(site: Path) -> None:
    install(site, "painting", METHOD.format(name="painting", renderers="{'oil': lambda weights: 'oil'}"))
    assert "oil" in renderer_names()
    assert get_renderer("oil") == "oil"


BROKEN = {
    "missing": ("import no_such_module", r"cannot be loaded \(No module named 'no_such_module'\)"),
    "nothing": ("METHOD = 3", "is not a Method of talkinghead"),
    "renamed": (METHOD.format(name="other", renderers={}), "calls itself 'other'"),
    "clashing": (
        METHOD.format(name="clashing", renderers={"warp": None}),
        "has a renderer 'warp', as another method has",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_method_is_named_and_the_others_go_on(site: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    source, says = BROKEN[name]
    install(site, name, source)
    with pytest.raises(InputError, match=f"the method '{name}'.* {says}: update or uninstall outside_{name}"):
        get_method(name)
    methods._announce_once.cache_clear()
    assert "makeittalk" in [method.name for method in all_methods()]
    assert "warp" in renderer_names()
    assert caplog.text.count(f"update or uninstall outside_{name}.") == 1


def test_a_name_that_is_taken(site: Path, caplog: pytest.LogCaptureFixture) -> None:
    install(site, "makeittalk", METHOD.format(name="makeittalk", renderers={}), module="outside_copy")
    assert method_names().count("makeittalk") == 1
    assert get_method("makeittalk").stages
    assert "the method 'makeittalk' of outside_copy is left out, as there is another of that name" in caplog.text
