"""Phone labels of corpora and other programs -> the 39 phones of ARPAbet without gaps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from talkinghead.speech.arpabet import PHONES, SILENCE, STOPS, arpabet_from_ipa
from talkinghead.types import Interval

SILENCES = frozenset(
    (
        *("", "sil", "sp", "spn", "ssil", "pau", "epi", "brth", "b_c", "h#", "#h", "#", "_", "-"),
        *("<eps>", "<sil>", "<p:>", "<s>", "</s>", "<nib>", "<usb>"),
    )
)
"""Labels of silence elsewhere, in lower case; "spn" is noise that is no phone, "brth" and "b_c" are breaths."""

# TIMIT's phones beyond the 39, and its closures, each with the stop it becomes where none follows. "Q" is a glottal
# stop.
_ALIKE = "AX AH, AX-H AH, AXR ER, IX IH, UX UW, HV HH, DX D, NX N, EL AH L, EM AH M, EN AH N, ENG AH NG"
_CLOSURES = "BCL B, DCL D, GCL G, PCL P, TCL T, KCL K, VCL D, CL T"
_CLOSED_FOR = {**dict(pair.split() for pair in _CLOSURES.split(", ")), "Q": SILENCE}
_ENGLISH = {
    **{phone: (phone,) for phone in (*PHONES, *_CLOSED_FOR)},
    **{label: tuple(phones) for label, *phones in (entry.split() for entry in _ALIKE.split(", "))},
}

# Diphthongs as MFA's phone sets write them, with a glide: any of these first sounds, then j or w.
_GLIDES = {"j": {"aɑɐʌ": "AY", "eɛæ": "EY", "ɔoɒ": "OY", "iɪ": "IY"}, "w": {"aɑæ": "AW", "oəɜɔ": "OW", "uʉʊ": "UW"}}
_DIPHTHONGS = {
    first + glide: phone for glide, rows in _GLIDES.items() for firsts, phone in rows.items() for first in firsts
}

_ROUNDING_S = 0.005
"""A shorter gap comes from rounded times and is no silence: half the duration of a frame of labels."""


def is_silence(label: str) -> bool:
    """Whether the label of a word or phone stands for silence."""
    return label.strip().lower() in SILENCES


def arpabet_phones(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """The same phones in ARPAbet without stress, "sil" for silence, without gaps from 0 to the end of the last.

    If ``fold_labels`` knows all labels, they are read as it reads them, otherwise as IPA. A label of two phones is
    split in halves.

    Args:
        intervals: in order, without overlap.

    Raises:
        ValueError: a label is of neither kind.
    """
    parts = [_english(interval.label) for interval in intervals]
    if () in parts:
        # Capital letters within IPA are ARPAbet.
        parts = [
            (SILENCE,) if is_silence(i.label) else _from_ipa(i.label.strip()) or english
            for i, english in zip(intervals, parts, strict=True)
        ]
    _check(intervals, parts, "neither an ARPAbet nor an IPA phone")
    return without_gaps(_spread(intervals, parts), intervals[-1].end if intervals else 0.0)


def fold_labels(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """The same phones in ARPAbet, from labels of TIMIT, of CMU's and Festival's voices and of MFA; gaps stay.

    A closure belongs to the stop after it. A closure without a release becomes the stop it names, or an alveolar one
    where it names none. A glottal stop belongs to the sound after it, or is silence. A label of two phones is split in
    halves.

    Source: the folding of Lee and Hon 1989 ("Speaker-independent phone recognition using hidden Markov models"); here,
        as in CMU's dictionary, ZH stays apart from SH and AO from AA, and AX becomes AH; closures are not silence,
        because the lips show them.

    Args:
        intervals: in order, in lower or upper case, with or without the digit of stress.

    Raises:
        ValueError: a label is not known.
    """
    parts = [_english(interval.label) for interval in intervals]
    _check(intervals, parts, "no phone label of TIMIT's or CMU's")
    return tuple(_spread(intervals, parts))


def without_gaps(phones: Iterable[Interval], duration: float) -> tuple[Interval, ...]:
    """The same phones from 0 to ``duration``. Gaps become silence, and a phone ends where the next begins.

    Adjacent silences become one. A phone without length is left out.
    """
    row: list[Interval] = []

    def add(label: str, start: float, end: float) -> None:
        if end <= start:
            return
        if row and label == row[-1].label == SILENCE:
            row[-1] = Interval(SILENCE, row[-1].start, end)
        else:
            row.append(Interval(label, start, end))

    ordered = [phone for phone in phones if phone.start < duration]
    now = 0.0
    followers = [*ordered[1:], Interval(SILENCE, duration, duration)]
    for phone, following in zip(ordered, followers, strict=False):
        start, end = max(now, phone.start), min(phone.end, duration, max(following.start, phone.start))
        start = now if 0 < start - now < _ROUNDING_S and row else start
        add(SILENCE, now, start)
        add(phone.label, start, end)
        now = max(now, end)
    if row and 0 < duration - now < _ROUNDING_S:
        row[-1] = Interval(row[-1].label, row[-1].start, duration)
    else:
        add(SILENCE, now, duration)
    return tuple(row)


def _english(label: str) -> tuple[str, ...]:
    """The phones of an ARPAbet or TIMIT label, or its closure; none for an unknown label."""
    plain = re.sub(r"[0-9]$", "", label.strip().upper())
    return (SILENCE,) if is_silence(plain) else _ENGLISH.get(plain, ())


def _from_ipa(label: str) -> tuple[str, ...]:
    """The phones of an IPA label; a vowel with a glide is one, whatever its length and diacritics."""
    plain = "".join(
        sign if sign == "ç" else unicodedata.normalize("NFD", sign)[0]
        for sign in unicodedata.normalize("NFC", label)
        if unicodedata.category(sign)[0] not in "MS" and unicodedata.category(sign) != "Lm"
    )
    diphthong = _DIPHTHONGS.get(plain)
    return (diphthong,) if diphthong else arpabet_from_ipa(plain)


def _check(intervals: Sequence[Interval], parts: Sequence[tuple[str, ...]], fault: str) -> None:
    if () in parts:
        raise ValueError(f"{intervals[parts.index(())].label!r} is {fault}")


def _spread(intervals: Sequence[Interval], parts: Sequence[tuple[str, ...]]) -> Iterator[Interval]:
    """Each part in its share of the time. A closure joins the sound that follows, or becomes the stop it stands for."""
    begun: float | None = None
    for index, (interval, labels) in enumerate(zip(intervals, parts, strict=True)):
        if labels[0] in _CLOSED_FOR:
            released = PHONES if labels[0] == "Q" else STOPS
            follows = index + 1 < len(parts) and intervals[index + 1].start - interval.end < _ROUNDING_S
            if follows and parts[index + 1][0] in released:
                begun = interval.start
                continue
            labels = (_CLOSED_FOR[labels[0]],)
        step = (interval.end - interval.start) / len(labels)
        for number, label in enumerate(labels, 1):
            start = interval.start + (number - 1) * step if begun is None else begun
            begun = None
            yield Interval(label, start, interval.end if number == len(labels) else interval.start + number * step)
