"""What goes wrong for reasons the user can mend."""

from __future__ import annotations

import logging

_LOG = logging.getLogger("talkinghead")


class InputError(ValueError):
    """Bad input. Its text is one sentence that names the input and the remedy, fit to be shown as it is."""


def announce(message: str) -> None:
    """Tell the user in one sentence that something was done otherwise than asked (logger ``talkinghead``)."""
    _LOG.warning(message)
