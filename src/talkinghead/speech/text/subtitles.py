"""Subtitles in the formats SRT and WebVTT -> what is said in them, and when.

Source: W3C, "WebVTT: The Web Video Text Tracks Format", 2019; SRT has no standard, its cues are numbered and have
commas in their times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from talkinghead.speech.text.ssml import pauses
from talkinghead.types import Interval

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}.*$")
_BEGINNING = re.compile(rf"\ufeff?\s*(?:WEBVTT\b|\d+\s*\n\s*{_TIME}\s*-->|{_TIME}\s*-->)")
_NO_SPEECH = re.compile(r"^(?:NOTE|STYLE|REGION)\b")
_STYLES = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_SHORTEST_S, _LONGEST_S = 0.3, 2.0  # of silence between cues that is kept


def read_subtitles(text: str) -> tuple[Interval, ...] | None:
    """The cues of SRT or WebVTT with their times in seconds, or None if the text is neither.

    Numbers, settings, notes, styles and voices are left out; a line that rolls on into the next cue is kept once.
    """
    if not _BEGINNING.match(text):
        return None
    cues: list[Interval] = []
    before: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\ufeff\n").split("\n")
        at = next((index for index, line in enumerate(lines) if _TIMES.match(line)), None)
        if at is None or _NO_SPEECH.match(lines[0]):
            continue
        times = _TIMES.match(lines[at])
        said = [" ".join(_STYLES.sub("", line).split()) for line in lines[at + 1 :]]
        said = [re.sub(r"^(?:-|–|>>)\s*", "", line) for line in said if line]
        fresh = [line for line in said if line not in before]
        before = said
        if times is not None and fresh:
            cues.append(Interval(" ".join(fresh), _seconds(times.groups()[:4]), _seconds(times.groups()[4:])))
    return tuple(cues)


def text_of_subtitles(text: str) -> str | None:
    """What is said in subtitles, with a pause where they pause, of 2 s at most; None if the text is no subtitles.

    >>> text_of_subtitles("1\\n00:00:00,000 --> 00:00:02,000\\nHello\\n\\n2\\n00:00:02,000 --> 00:00:03,000\\nthere.")
    'Hello there.'
    """
    cues = read_subtitles(text)
    if cues is None:
        return None
    parts: list[str] = []
    for cue, following in zip(cues, [*cues[1:], None]):
        parts.append(cue.label)
        gap = 0.0 if following is None else following.start - cue.end
        if gap >= _SHORTEST_S:
            parts.append(pauses(min(gap, _LONGEST_S)))
    return " ".join(parts)


def _seconds(fields: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (field or "0" for field in fields)
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds) + int(fraction.ljust(3, "0")) / 1000
