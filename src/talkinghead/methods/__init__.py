"""One folder per published system; the list of methods is the list of folders."""

from __future__ import annotations

import difflib
import importlib
import pkgutil

from talkinghead.errors import InputError
from talkinghead.methods.base import Method, Renderer


def method_names() -> tuple[str, ...]:
    """Names of the methods that are there: the sub-packages of this one, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg))


def get_method(name: str) -> Method:
    """The method of that name.

    Raises:
        InputError: there is none.
    """
    if name not in method_names():
        raise InputError(f"there is no method {name!r}: choose one of {', '.join(method_names())}.")
    method = importlib.import_module(f"talkinghead.methods.{name}").METHOD
    assert isinstance(method, Method)
    return method


def renderer_names() -> tuple[str, ...]:
    """Names of the renderers of all methods, in alphabetical order."""
    return tuple(sorted(name for method in method_names() for name in get_method(method).renderers))


def get_renderer(name: str, config: str = "small") -> Renderer:
    """The renderer of that name with the weights that ship, whichever method it is of.

    Raises:
        InputError: there is none, or no weights of that size.
    """
    for method in map(get_method, method_names()):
        if name in method.renderers:
            return method.renderers[name](config)
    known = renderer_names()
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}, or another" if near else "choose one"
    raise InputError(f"there is no renderer {name!r}: {hint} of {', '.join(known)}.")
