"""Features of others: from files, whole and in pieces, with their checks; and from a model on disk, where it can be."""

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.speech import foreign_features
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.speech.foreign_features import StoredFeatures, TransformersFeatures
from talkinghead.speech.phonetic import crop_speech
from talkinghead.types import Speech

SPEECH = Speech(np.random.default_rng(0).standard_normal(10 * SAMPLE_RATE).astype(np.float32) * 0.1, SAMPLE_RATE)


def ramp(rate, seconds=10.0, size=29):
    """(T, size): row k tells its time in its first column."""
    rows = np.ones((round(seconds * rate), size), np.float32)
    rows[:, 0] = np.arange(len(rows)) / rate
    return rows


def stored(path, *args, **kwargs):
    np.save(path, *args) if args else np.savez(path, **kwargs)
    return path


@pytest.mark.parametrize("size", [29, 768])
@pytest.mark.parametrize("rate", [25.0, 30.0, 62.5, 100.0])
def test_a_row_is_at_its_time(tmp_path, size, rate):
    features = StoredFeatures(stored(tmp_path / "speech.npy", ramp(50.0, size=size)))
    rows = features(SPEECH, rate)
    assert (rows.shape, rows.dtype, features.size) == ((10 * rate, size), np.float32, size)
    time = np.arange(len(rows)) / rate
    np.testing.assert_allclose(rows[2:-5, 0], time[2:-5], atol=1e-4)
    np.testing.assert_allclose(rows[:, 1], 1.0, atol=1e-5)


@pytest.mark.parametrize("rate", [25.0, 62.5])
@pytest.mark.parametrize("own_rate", [30.0, 50.0, 100.0])
def test_pieces_are_the_whole(tmp_path, rate, own_rate):
    values = np.random.default_rng(1).standard_normal((round(10 * own_rate), 5)).astype(np.float32)
    features = StoredFeatures(stored(tmp_path / "speech.npy", values), own_rate)
    whole = features(SPEECH, rate)
    for start in range(0, 10, 2):
        rows = slice(round(start * rate), round((start + 2) * rate))
        np.testing.assert_allclose(features(crop_speech(SPEECH, start, start + 2), rate), whole[rows], atol=1e-5)


def test_archives_know_their_rate(tmp_path):
    named = stored(tmp_path / "a.npz", features=ramp(30.0), rate=30.0, other=np.zeros(3))
    alone = stored(tmp_path / "b.npz", logits=ramp(50.0))
    assert (StoredFeatures(named).rate, StoredFeatures(alone).rate, StoredFeatures(alone, 49.5).rate) == (30, 50, 49.5)
    np.testing.assert_allclose(StoredFeatures(named)(SPEECH, 25.0)[2:-5, 0], np.arange(2, 245) / 25.0, atol=1e-4)


@pytest.mark.parametrize("seconds", [9.6, 10.4])
def test_lengths_within_five_percent_pass(tmp_path, seconds):
    features = StoredFeatures(stored(tmp_path / "speech.npy", ramp(50.0, seconds)))
    assert features(SPEECH, 25.0).shape == (250, 29)
    assert features(SPEECH, 25.0)[-1, 0] == pytest.approx(min(9.96, seconds - 0.02), abs=0.01)


@pytest.mark.parametrize("seconds", [9.4, 10.6])
def test_other_lengths_are_refused(tmp_path, seconds):
    features = StoredFeatures(stored(tmp_path / "speech.npy", ramp(50.0, seconds)))
    for speech in (SPEECH, crop_speech(SPEECH, 0.0, seconds)):
        with pytest.raises(InputError, match=rf"speech\.npy holds {seconds} s of features at 50 Hz .* lasts 10\.0 s: "):
            features(speech, 25.0)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (np.zeros(50), r"float64 of shape \(50,\): give \(T, F\)"),
        (np.zeros((50, 0)), r"of shape \(50, 0\)"),
        (np.zeros((2, 3, 4)), r"of shape \(2, 3, 4\)"),
        (np.full((50, 2), "x"), "<U1 of shape"),
        (np.full((50, 2), np.nan), "not numbers"),
        (np.array([[object()]]), "cannot be read as numbers"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(tmp_path, values, complaint):
    with pytest.raises(InputError, match=rf"speech\.npy .*{complaint}"):
        StoredFeatures(stored(tmp_path / "speech.npy", values))


def test_other_bad_files_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.npy does not exist"):
        StoredFeatures(tmp_path / "none.npy")
    for name, content in (("text.npy", b"0.1 0.2"), ("empty.npy", b""), ("cut.npz", b"PK\x03\x04 and no more")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=rf"{name} cannot be read as numbers"):
            StoredFeatures(tmp_path / name)
    with pytest.raises(InputError, match=r"two\.npz holds a, b: call"):
        StoredFeatures(stored(tmp_path / "two.npz", a=ramp(50.0), b=ramp(50.0)))
    with pytest.raises(InputError, match=r"cannot have 0 rows per second"):
        StoredFeatures(stored(tmp_path / "speech.npy", ramp(50.0)), 0)


def test_without_transformers_the_remedy_is_named(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(foreign_features.importlib, "import_module", missing)
    with pytest.raises(InputError, match=r"pip install 'talkinghead\[features\]'"):
        TransformersFeatures(tmp_path)


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    """A tiny wav2vec 2.0 with random weights: strides, kernels and layers as the real one's, few channels."""
    transformers = pytest.importorskip("transformers")
    import torch

    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, conv_dim=(8,) * 7,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4, initializer_range=0.1,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("model")
    transformers.Wav2Vec2Model(config).save_pretrained(folder)
    return folder


def test_a_layer_of_a_model(model_folder):
    import torch
    import transformers

    features = TransformersFeatures(model_folder)
    rows = features(SPEECH, 50.0)
    assert (rows.shape, features.size, features.name) == ((500, 16), 16, "wav2vec2 layer -1")
    model = transformers.AutoModel.from_pretrained(model_folder).eval()
    scaled = (SPEECH.samples - SPEECH.samples.mean()) / np.sqrt(SPEECH.samples.var() + 1e-7)
    with torch.inference_mode():
        # Eighty zeros more, for the last of 500 rows to see its 400 samples.
        states = model(torch.from_numpy(np.pad(scaled, (0, 80)))[None], output_hidden_states=True).hidden_states
    for layer in (-1, 1):
        # Row k is centred 12.5 ms after k / 50 s, five eighths of a row.
        expected = 0.375 * states[layer][0, 1:] + 0.625 * states[layer][0, :-1]
        np.testing.assert_allclose(TransformersFeatures(model_folder, layer)(SPEECH, 50.0)[1:], expected, atol=1e-4)


def test_windows_and_pieces_are_nearly_the_whole(model_folder, monkeypatch):
    """Nearly: the model's attention reaches over all it is given."""
    features = TransformersFeatures(model_folder)
    whole = features(SPEECH, 25.0)
    piece = features(crop_speech(SPEECH, 2.0, 8.0), 25.0)
    monkeypatch.setattr(foreign_features, "_WINDOW_S", 3.0)
    for part, same in ((features(SPEECH, 25.0), whole), (piece[50:100], whole[100:150])):
        assert np.abs(part - same).mean() < 0.05 * np.abs(same - whole.mean(axis=0)).mean()


def test_bad_models_are_refused(model_folder, tmp_path):
    with pytest.raises(InputError, match="2 layers: there is no layer 3"):
        TransformersFeatures(model_folder, layer=3)
    with pytest.raises(InputError, match="holds no model"):
        TransformersFeatures(tmp_path)
