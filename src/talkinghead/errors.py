"""Errors that the user can fix, and announcements."""

from __future__ import annotations

import logging

_LOG = logging.getLogger("talkinghead")


class InputError(ValueError):
    """Bad input; its text is one sentence for the user, which names the input and the remedy."""


def announce(message: str) -> None:
    """Tell the user in one sentence that something was done otherwise than asked (logger ``talkinghead``)."""
    _LOG.warning(message)
