"""Damage to files, the same for the same seed: flipped, lost and doubled bytes, absurd numbers, foreign tokens."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np

_WORDS = (b"\x00", b"\xff", b"\x7f", b"\x80")
_WIDTHS = (1, 2, 4, 8)
_TOKENS = (
    *("-1", "0", "1e400", "-1e308", "9" * 400, "1" + "0" * 19, "NaN", "Infinity", "null", "true", '""', "[]", "{}"),
    *(
        "\0",
        "\\ud800",
        "\\u0000",
        "\x1b[2J",
        "٣",
        "ß",
        "🙂",
        "\ufeff",
        "\r",
        '"',
        "[" * 2000,
        "<" * 50,
        "1_000",
        "0x10",
    ),
)


def mutate_bytes(content: bytes, seed: int) -> bytes:
    """The content with one to three places damaged."""
    random = np.random.default_rng(seed)
    for _ in range(random.integers(1, 4)):
        content = _damage(bytearray(content), random)
    return content


def _damage(content: bytearray, random: np.random.Generator) -> bytes:
    # Headers are at the beginning, and worth more than their share.
    length = len(content) if random.random() < 0.5 else min(len(content), 200)
    at = int(random.integers(max(1, length)))
    match random.integers(6):
        case 0:
            for place in random.integers(max(1, length), size=random.integers(1, 8)):
                content[int(place) : int(place) + 1] = bytes([random.integers(256)])
        case 1:
            width = int(random.choice(_WIDTHS))
            content[at : at + width] = bytes(_WORDS[random.integers(len(_WORDS))]) * width
        case 2:
            del content[at : at + int(random.integers(1, 64))]
        case 3:
            content[at:at] = content[at : at + int(random.integers(1, 64))]
        case 4:
            del content[at:]
        case _:
            number = int(random.choice([0, 1, 2**15, 2**31 - 1, 2**31, 2**32 - 1]))
            content[at : at + 4] = number.to_bytes(4, "little" if random.random() < 0.5 else "big")
    return bytes(content)


def mutate_text(content: str, seed: int) -> bytes:
    """The text with one to three words or marks replaced, dropped, doubled or exchanged; sometimes bytes, too."""
    random = np.random.default_rng(seed)
    tokens = re.findall(r'"[^"]*"|[-\w.]+|\s+|.', content)
    for _ in range(random.integers(1, 4)):
        at, other = (int(place) for place in random.integers(max(1, len(tokens)), size=2))
        match random.integers(5):
            case 0:
                del tokens[at : at + int(random.integers(1, 5))]
            case 1:
                tokens[at:at] = tokens[at : at + int(random.integers(1, 20))]
            case 2 if tokens:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case _:
                tokens[at : at + 1] = [str(random.choice(_TOKENS))]
    damaged = "".join(tokens).encode()
    return mutate_bytes(damaged, seed) if random.random() < 0.2 else damaged


def mutate_archive(content: bytes, seed: int) -> bytes:
    """A ZIP archive with a damaged member, whole as an archive: its checksums are right."""
    random = np.random.default_rng(seed)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = str(random.choice(sorted(members)))
    match random.integers(8):
        case 0:
            del members[name]
        case 1:
            members[name] = members[str(random.choice(sorted(members)))]
        case _:
            members[name] = mutate_bytes(members[name], seed)
    kinds = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    kind = int(random.choice(kinds, p=(0.45, 0.45, 0.05, 0.05)))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", kind) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return written.getvalue()


def mutate_numbers(values: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Arrays of which one has absurd or merely odd numbers."""
    random = np.random.default_rng(seed)
    name = str(random.choice(sorted(name for name, array in values.items() if array.dtype.kind == "f")))
    array = np.array(values[name])
    where = random.random(array.shape) < random.choice([0.01, 0.2, 1.0])
    absurd = [np.nan, np.inf, -np.inf, 1e300, -1e12, 1e5, 1e-300, 99.0, -99.0, 30.0, 3.0, 0.0]
    with np.errstate(over="ignore"):
        return {**values, name: np.where(where, random.choice(absurd), array).astype(array.dtype)}
