"""One folder per published system; the list of methods is the list of folders."""

from __future__ import annotations

import importlib
import pkgutil

from talkinghead.errors import InputError
from talkinghead.methods.base import Method


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
