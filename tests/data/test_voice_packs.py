"""Many voices to disk and back."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from drawn import speech_like, write_wav
from talkinghead.data import voice_packs
from talkinghead.data.voice_packs import (
    HELD_OUT_VOICES,
    Utterance,
    load_voices,
    machines,
    more_people,
    people,
    prepare_voices,
    save_voices,
    utterances,
    voice_pack,
)
from talkinghead.errors import InputError
from talkinghead.speech.features import log_mel
from talkinghead.speech.speaker import speaker_embedding


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """Three speakers, of whom one is held out, a recording of another tier and one of an unknown dataset."""
    for folder in ("speech", "clips", "grid_s1"):
        (tmp_path / folder).mkdir()
    (tmp_path / "grid_s1" / "splits.json").write_text(json.dumps({"train": []}))
    (tmp_path / "speech" / "manifest.csv").write_text(
        "file,dataset,speaker\na.wav,LibriSpeech test-other,LS-19\nb.wav,LibriSpeech test-other,LS-367\n"
        "c.wav,web demo audio,somebody\n"
    )
    (tmp_path / "clips" / "manifest.csv").write_text(
        "file,tier,dataset,speaker\nd.wav,open,GRID,GRID-s4\ne.wav,research,HDTF,nobody\nf.wav,open,GRID,GRID-s5\n"
    )
    for name in ("speech/a", "speech/b", "speech/c", "clips/d", "clips/e", "clips/f"):
        write_wav(tmp_path / f"{name}.wav", speech_like(5.0 if name == "speech/a" else 2.0))
    return tmp_path


def test_a_recording_comes_in_even_pieces_at_the_usual_loudness() -> None:
    speech = speech_like(12.5)
    for seconds, pieces in ((3.0, 1), (4.0, 1), (4.5, 2), (12.0, 2), (12.5, 3)):
        made = utterances(speech[: round(seconds * 16_000)], "one", "here")
        assert [item.voice for item in made] == ["one"] * pieces
        assert sum(len(item.samples) for item in made) == round(seconds * 16_000)
        assert max(len(item.samples) for item in made) <= 96_000
    quiet, loud = (utterances(gain * speech_like(3.0), "one", "here")[0].samples for gain in (0.1, 0.9))
    np.testing.assert_allclose(quiet, loud, atol=1e-4)


def test_a_pack_goes_to_disk_and_back(tmp_path: Path) -> None:
    one, other = speech_like(2.0), speech_like(3.0, seed=1)
    items = [Utterance(one, "one", "here"), Utterance(np.zeros(8000, np.float32), "nobody", "here")]
    save_voices(voice_pack([*items, Utterance(other, "other", "there")]), tmp_path / "new" / "a.npz")
    loaded = load_voices(tmp_path / "new" / "a.npz")
    assert loaded.voices.tolist() == ["one", "other"]  # the silent one cannot be known
    assert loaded.sources.tolist() == ["here", "there"]
    for k, samples in enumerate((one, other)):
        np.testing.assert_allclose(loaded.mels_of(k), log_mel(samples), atol=1e-3)
        np.testing.assert_array_equal(loaded.embeddings[k], speaker_embedding(samples))
    assert loaded.hours() == pytest.approx({"here": 2 / 3600, "there": 3 / 3600}, rel=0.01)
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["a.npz"]


def test_what_is_no_pack_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", samples=np.zeros(3))
    for name in ("other.npz", "missing.npz"):
        with pytest.raises(InputError, match=f"{name} is damaged or not a pack of voices"):
            load_voices(tmp_path / name)


def test_an_empty_pack(tmp_path: Path) -> None:
    save_voices(voice_pack([]), tmp_path / "a.npz")
    assert len(load_voices(tmp_path / "a.npz")) == 0


def test_people_are_heard_at_three_speeds_and_nobody_twice(small_corpus: Path) -> None:
    learn = list(people(small_corpus, held_out=False))
    voices = [item.voice for item in learn]
    assert set(voices) == {"LS-19", "LS-19x0.87", "LS-19x1.15", "GRID-s5", "GRID-s5x0.87", "GRID-s5x1.15"}
    assert {item.source for item in learn} == {"LibriSpeech", "GRID"}
    slow, fast = (sum(len(i.samples) for i in learn if i.voice == f"LS-19x{x}") for x in ("0.87", "1.15"))
    assert (slow, fast) == pytest.approx((80_000 / 0.87, 80_000 / 1.15), abs=2)
    watch = list(people(small_corpus, held_out=True))
    assert [item.voice for item in watch] == ["LS-367", "GRID-s4"]


def test_no_person_takes_more_than_a_share(small_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_packs, "_MOST_S", 4.5)
    seconds = sum(len(i.samples) / 16_000 for i in people(small_corpus, held_out=False) if i.voice == "LS-19")
    assert seconds == pytest.approx(4.5)


def test_of_further_people_there_is_little_of_each(small_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(more_people(small_corpus)) == []
    (small_corpus / "speech_open").mkdir()
    rows = ["file,dataset,speaker", "g.wav,speechocean762,SO-1", "h.wav,speechocean762,SO-1", "i.wav,VCTK,p1"]
    (small_corpus / "speech_open" / "manifest.csv").write_text("\n".join(rows) + "\n")
    for name in "ghi":
        write_wav(small_corpus / "speech_open" / f"{name}.wav", speech_like(5.0))
    monkeypatch.setattr(voice_packs, "_MOST_OF", {"speechocean762": 3.0})
    found = [(item.voice, item.source, len(item.samples)) for item in more_people(small_corpus)]
    assert found == [("SO-1", "speechocean762", 48_000), ("p1", "VCTK", 40_000), ("p1", "VCTK", 40_000)]


def test_a_folder_that_is_no_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no manifest\.csv"):
        list(people(tmp_path, held_out=True))


def test_machines_say_a_few_sentences_in_each_voice() -> None:
    first, again = (list(islice(machines(1.0, seed=2), 7)) for _ in range(2))
    assert [item.voice for item in first] == [item.voice for item in again]
    voices = [item.voice for item in first]
    assert voices[0] == voices[1] == voices[2] != voices[3] == voices[5] != voices[6]
    assert all(8_000 < len(item.samples) <= 96_000 for item in first)
    assert sum(len(item.samples) for item in machines(0.004, seed=2)) >= 0.004 * 3600 * 16_000


def test_packs_are_made_once_and_damaged_ones_again(
    small_corpus: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(voice_packs, "machines", lambda hours, **_: utterances(speech_like(2.0), "robot", "espeak"))
    paths = prepare_voices(small_corpus, tmp_path / "cache")
    assert set(load_voices(paths["heldout"]).voices.tolist()) <= set(HELD_OUT_VOICES)
    assert load_voices(paths["machines"]).voices.tolist() == ["robot"]
    before = paths["people"].stat().st_mtime_ns
    assert prepare_voices(small_corpus, tmp_path / "cache") == paths
    assert paths["people"].stat().st_mtime_ns == before
    paths["machines"].write_bytes(b"PK")
    assert prepare_voices(small_corpus, tmp_path / "cache") == paths
    assert load_voices(paths["machines"]).voices.tolist() == ["robot"]
    assert paths["people"].stat().st_mtime_ns == before
    assert f"{paths['machines']} is damaged and is made again." in caplog.messages


@pytest.mark.corpus
def test_the_held_out_voices_are_in_the_corpus(corpus: Path) -> None:
    assert {item.voice for item in people(corpus, held_out=True)} == set(HELD_OUT_VOICES)
