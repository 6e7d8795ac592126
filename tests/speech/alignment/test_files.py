"""Alignments in files: there and back, and what is said of files that are none."""

import json
from pathlib import Path

import pytest

from talkinghead.errors import InputError
from talkinghead.speech.alignment.files import Alignment, check_alignment_output, read_alignment, write_alignment
from talkinghead.speech.alignment.textgrid import text_from_tiers
from talkinghead.types import Interval

WORDS = (Interval("hi", 0.25, 0.5), Interval("l'été", 0.5, 0.875))
PHONES = (
    *(Interval("sil", 0.0, 0.25), Interval("HH", 0.25, 0.3), Interval("AY", 0.3, 0.5), Interval("L", 0.5, 0.55)),
    *(Interval("EY", 0.55, 0.875), Interval("sil", 0.875, 1.0)),
)
BOTH = Alignment(WORDS, PHONES)


@pytest.mark.parametrize("name", ["a.json", "a.TextGrid", "a.textgrid", "a.align"])
def test_there_and_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_alignment(BOTH, path, duration=1.0)
    assert read_alignment(path) == (Alignment(WORDS, None) if name == "a.align" else BOTH)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.json", "a.TextGrid"])
@pytest.mark.parametrize("one", [Alignment(WORDS, None), Alignment(None, PHONES), Alignment((), PHONES)])
def test_what_is_missing_stays_missing(tmp_path: Path, name: str, one: Alignment) -> None:
    write_alignment(one, tmp_path / name, duration=1.0)
    assert read_alignment(tmp_path / name) == one


def test_the_units_of_align_files(tmp_path: Path) -> None:
    path = tmp_path / "a.align"
    write_alignment(BOTH, path, duration=1.0)
    assert path.read_text() == "0 6250 sil\n6250 12500 hi\n12500 21875 l'été\n21875 25000 sil\n"


def test_json_says_label_start_and_end(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_alignment(BOTH, path, duration=1.0)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert list(content) == ["words", "phones"]
    assert content["words"][1] == {"label": "l'été", "start": 0.5, "end": 0.875}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_textgrids(tmp_path: Path, encoding: str) -> None:
    path, other = tmp_path / "a.TextGrid", tmp_path / "b.TextGrid"
    write_alignment(BOTH, path, duration=1.0)
    other.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert read_alignment(other) == BOTH


def test_tiers_of_a_speaker_stress_and_silences(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    write_alignment(BOTH, path, duration=1.0)
    text = path.read_text(encoding="utf-8")
    text = text.replace('"words"', '"Anna - words"').replace('"phones"', '"Anna - phones"')
    path.write_text(text.replace('"AY"', '"AY1"').replace('"sil"', '"sp"'), encoding="utf-8")
    assert read_alignment(path) == BOTH


def write(path: Path, *rows: tuple[object, object, object]) -> Path:
    """A JSON file of words."""
    path.write_text(json.dumps({"words": [dict(zip(("label", "start", "end"), row)) for row in rows]}))
    return path


def test_rounding_is_no_overlap(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", ("a", -0.0004, 0.5004), ("b", 0.5, 1))
    assert read_alignment(path).words == (Interval("a", 0.0, 0.5004), Interval("b", 0.5004, 1.0))


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([("a", 0, 0.5), ("b", 0.4, 1)], "'b' begins at 0.4 s, before the one before it ends"),
        ([("a", 1, 2), ("b", 0, 1)], "'b' begins at 0 s"),
        ([("a", -1, 0.5)], "'a' begins at -1 s, before the speech"),
        ([("a", 1, 0.5)], "'a' ends"),
        ([("a", "x", 0.5)], "could not convert"),
        ([("a", None, 0.5)], "words is not a list of label, start and end"),
        ([(5, 0, 0.5)], "words is not a list of label, start and end"),
        ([("a", 0, float("nan"))], "NaN is not a number"),
        ([("a", 0, 10**400)], "a number of 401 digits is too large"),
        ([("a", 0, float("inf"))], "Infinity is not a number"),
    ],
)
def test_intervals_that_cannot_be(tmp_path: Path, rows: list[tuple[object, object, object]], fault: str) -> None:
    path = write(tmp_path / "bad.json", *rows)
    with pytest.raises(
        InputError, match=rf"bad\.json is damaged or not a readable alignment \(.*{fault}.*\): export it again"
    ):
        read_alignment(path)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.json", b"{}", "neither words nor phones"),
        ("a.json", b"[1]", "not a JSON object"),
        ("a.json", b'{"words": 5}', "not a list"),
        ("a.json", b"{", "Expecting"),
        ("a.json", b"[" * 100_000, "export it again"),
        ("a.json", b"\xff\xfe\x00", "export it again"),
        ("a.json", b"\xe9\xe9", "not text in UTF-8"),
        ("a.TextGrid", b"hello", "missing at the end"),
        ("a.align", b"0 10\n", "line 1 is not"),
        ("a.align", b"0 x word\n", "invalid literal"),
        ("a.align", b"0 1" + b"0" * 400 + b" word\n", "export it again"),
        ("a.txt", b"0 1 a", "unknown suffix '.txt': choose one of .json, .TextGrid, .align"),
        ("a.align", b"", "is empty"),
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, content: bytes, fault: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=fault) as caught:
        read_alignment(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def write_tiers(path: Path, tiers: dict[str, list[str]]) -> Path:
    """A TextGrid with labels of 0.1 s each."""
    rows = {
        name: tuple(Interval(label, i / 10, (i + 1) / 10) for i, label in enumerate(labels))
        for name, labels in tiers.items()
    }
    path.write_text(text_from_tiers(rows, max(map(len, tiers.values())) / 10), encoding="utf-8")
    return path


def test_ipa_of_montreals_english_phones(tmp_path: Path) -> None:
    pairs = "ɡ G, ow OW, h HH, owː OW, m M, aj AY, ej EY, ɔj OY, aw AW, ɔ̃j OY, aːj AY, o̞w OW, tʃʰ CH, tʲ T, t̪ T, n̩ N"
    pairs += ", ɫ̩ L, ɝː ER, ɟ G, c K, dʒ JH, ç SH, əw OW"
    labels, phones = zip(*(pair.split() for pair in pairs.split(", ")))
    found = read_alignment(write_tiers(tmp_path / "a.TextGrid", {"phones": list(labels)}))
    assert tuple(phone.label for phone in found.phones or ()) == phones


@pytest.mark.corpus
def test_ipa_of_a_file_of_montreals_aligner(corpus: Path) -> None:
    found = read_alignment(corpus / "cases" / "mfa_ipa.TextGrid")
    assert [phone.label for phone in found.phones or ()] == ["sil", "G", "OW", "HH", "OW", "M", "sil"]
    assert [word.label for word in found.words or ()] == ["go", "home"]


def test_tiers_of_webmaus(tmp_path: Path) -> None:
    labels = ["<p:>", "S", "@U", "T", "{", "tS", "<usb>"]
    tiers = {"ORT-MAU": ["", "show", "that", "catch", "", "", ""], "KAN-MAU": ["x"] * 7, "MAU": labels}
    found = read_alignment(write_tiers(tmp_path / "a.TextGrid", tiers))
    assert [word.label for word in found.words or ()] == ["show", "that", "catch"]
    assert [phone.label for phone in found.phones or ()] == ["sil", "SH", "OW", "TH", "AE", "CH", "sil"]
    ipa = read_alignment(write_tiers(tmp_path / "b.TextGrid", {"MAU": ["ʃ", "əʊ", "<p:>"]}))
    assert [phone.label for phone in ipa.phones or ()] == ["SH", "OW", "sil"]


def test_tiers_of_other_names_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    write_alignment(BOTH, path, duration=1.0)
    path.write_text(path.read_text(encoding="utf-8").replace('"words"', '"61"').replace('"phones"', '"x"'))
    with pytest.raises(InputError, match="name one of its tiers of intervals words or phones: it has '61', 'x'"):
        read_alignment(path)


def test_writing_is_refused_before_anything_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(ValueError, match="lies outside"):
        write_alignment(BOTH, path, duration=0.9)
    with pytest.raises(InputError, match="can hold only words"):
        write_alignment(Alignment(None, PHONES), tmp_path / "a.align", duration=1.0)
    with pytest.raises(InputError, match="unknown suffix"):
        write_alignment(BOTH, tmp_path / "a.lab", duration=1.0)
    assert list(tmp_path.iterdir()) == []
    write_alignment(BOTH, path, duration=1.0)
    with pytest.raises(InputError, match="already exists"):
        write_alignment(Alignment((), None), path, duration=1.0)
    with pytest.raises(InputError, match="already exists"):
        check_alignment_output(path)
    check_alignment_output(path, overwrite=True)
    write_alignment(Alignment((), None), path, duration=1.0, overwrite=True)
    assert read_alignment(path) == Alignment((), None)


@pytest.mark.corpus
def test_textgrids_of_montreals_aligner(corpus: Path) -> None:
    found = read_alignment(corpus / "speech" / "MFA__acoustic_corpus.TextGrid")
    assert found.words is not None
    assert found.phones is not None
    assert found.words[0] == Interval("this", 1.05, 1.2)
    assert [phone.label for phone in found.phones[:4]] == ["sil", "DH", "IH", "S"]
    assert all(a.end == b.start for a, b in zip(found.phones, found.phones[1:]))
