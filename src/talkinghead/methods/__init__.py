"""One folder per published system; methods are these folders and the entry points of other packages."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from talkinghead.errors import InputError, announce
from talkinghead.methods.base import Method, MotionGenerator, Renderer
from talkinghead.methods.outside import find_entry_points, load_entry_point


def method_names() -> tuple[str, ...]:
    """Names of all methods, in alphabetical order: the subpackages of this package, and methods of other packages.

    Methods of other packages are listed even if they cannot be loaded.
    """
    own = _own_names()
    return tuple(sorted((*own, *find_entry_points(taken=own))))


def get_method(name: str) -> Method:
    """The method of that name.

    Raises:
        InputError: there is no such method, or it comes from another package and cannot be loaded.
    """
    own = _own_names()
    if name in own:
        method = importlib.import_module(f"{__name__}.{name}").METHOD
        assert isinstance(method, Method)
        return method
    outside = find_entry_points(taken=own)
    if name not in outside:
        raise InputError(f"there is no method {name!r}: choose one of {', '.join(method_names())}.")
    names = {renderer for other in own for renderer in get_method(other).renderers}
    return load_entry_point(outside[name], renderers=names)


def all_methods() -> Iterator[Method]:
    """Every method that can be loaded, in alphabetical order; why others cannot is announced once."""
    for name in method_names():
        try:
            yield get_method(name)
        except InputError as error:
            _announce_once(str(error))


def renderer_names() -> tuple[str, ...]:
    """Names of the renderers of all methods, in alphabetical order."""
    return tuple(sorted(name for method in all_methods() for name in method.renderers))


def method_of_renderer(name: str) -> Method:
    """The method that has the renderer of that name.

    Raises:
        InputError: there is none.
    """
    for method in all_methods():
        if name in method.renderers:
            return method
    known = renderer_names()
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}, or another" if near else "choose one"
    raise InputError(f"there is no renderer {name!r}: {hint} of {', '.join(known)}.")


def get_renderer(name: str, *, first: tuple[Path, ...] = ()) -> Renderer:
    """The renderer of that name, of any method.

    Args:
        name: its name.
        first: folders in which its weights are searched before the shipped ones.

    Raises:
        InputError: there is no such renderer, or its weights are missing.
    """
    method = method_of_renderer(name)
    return method.renderers[name](method.find_weights(first=first))


def shipped_generator(name: str) -> MotionGenerator:
    """The generator of the method of that name, with its shipped weights.

    Raises:
        InputError: there is no such method, or its weights are missing.
    """
    method = get_method(name)
    return method.generator(method.find_weights())


def _own_names() -> tuple[str, ...]:
    return tuple(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)


@cache
def _announce_once(message: str) -> None:
    announce(message)
