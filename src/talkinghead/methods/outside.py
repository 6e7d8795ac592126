"""Methods of other packages: entry points of the group ``talkinghead.methods``, NAME = "package.module:METHOD"."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from talkinghead.errors import InputError, announce
from talkinghead.methods.base import Method

GROUP = "talkinghead.methods"


def find_entry_points(*, taken: Collection[str]) -> dict[str, EntryPoint]:
    """Entry points of methods by name; none is imported.

    Args:
        taken: names of existing methods. If a name is one of these, or two packages use it, that is announced and the
            later method is left out.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        if point.name in taken or found.get(point.name, point) != point:
            _announce_clash(point.name, _package_of(point))
        else:
            found[point.name] = point
    return found


def load_entry_point(point: EntryPoint, *, renderers: Collection[str]) -> Method:
    """The method behind an entry point.

    Args:
        point: the entry point.
        renderers: names of existing renderers.

    Raises:
        InputError: it cannot be imported, is not a method, or uses a name that another has.
    """
    remedy = f"update or uninstall {_package_of(point)}"
    try:
        method = point.load()
    except Exception as error:  # importing another package can fail in any way
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"the method {point.name!r} cannot be loaded ({why}): {remedy}.") from error
    if not isinstance(method, Method):
        raise InputError(f"the method {point.name!r}, {point.value}, is not a Method of talkinghead: {remedy}.")
    if method.name != point.name:
        raise InputError(f"the method {point.name!r} calls itself {method.name!r}: {remedy}.")
    taken = sorted(set(method.renderers) & set(renderers))
    if taken:
        raise InputError(f"the method {point.name!r} has a renderer {taken[0]!r}, as another method has: {remedy}.")
    return method


def _package_of(point: EntryPoint) -> str:
    return "the package that adds it" if point.dist is None else point.dist.name


@cache
def _announce_clash(name: str, package: str) -> None:
    announce(f"the method {name!r} of {package} is left out, as there is another of that name: uninstall one of them.")
