"""Weights of a published file: what is written in CTranslate2's format is read back, and damage is named."""

import copy
import struct

import numpy as np
import pytest
import torch

from talkinghead.data.whisper_model import centre_features, read_encoder, read_upper, read_variables
from talkinghead.errors import InputError
from talkinghead.speech.encoder import CONFIGS, WINDOW, SpeechEncoder, window_mel
from talkinghead.speech.upper import UpperEncoder

TINY = CONFIGS["tiny"]
THEIRS = {
    "spectral": "conv1",
    "strided": "conv2",
    "blocks.0.attention_norm": "layer_0/self_attention/layer_norm",
    "blocks.0.query_key_value": "layer_0/self_attention/linear_0",
    "blocks.0.project": "layer_0/self_attention/linear_1",
    "blocks.0.norm": "layer_0/ffn/layer_norm",
    "blocks.0.expand": "layer_0/ffn/linear_0",
    "blocks.0.contract": "layer_0/ffn/linear_1",
}


def text(value):
    """A text as the format has it."""
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def variable(name, values):
    """A variable as the format has it."""
    kinds = {"float32": 0, "int8": 1, "float16": 4}
    shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
    return text(name) + shape + struct.pack("<BI", kinds[str(values.dtype)], values.nbytes) + values.tobytes()


def write_model(path, variables, *, version=6):
    """A file in CTranslate2's format."""
    head = struct.pack("<I", version) + text("WhisperSpec") + struct.pack("<II", 3, len(variables))
    path.write_bytes(head + b"".join(variable(*one) for one in variables.items()) + struct.pack("<I", 0))
    return path


@pytest.fixture
def given():
    """A small network, and its weights under the names of the format."""
    torch.manual_seed(1)
    network = SpeechEncoder(TINY)
    variables = {"encoder/num_heads": np.array(2, np.int8), "decoder/layer_0/ffn/linear_0/bias": np.zeros(4, "f2")}
    for name, values in network.named_parameters():
        owner, _, kind = name.rpartition(".")
        kind = {"weight": "gamma", "bias": "beta"}[kind] if owner.endswith("norm") else kind
        variables[f"encoder/{THEIRS[owner]}/{kind}"] = values.detach().half().numpy()
    return network, variables


def test_the_network_is_read(given, tmp_path):
    network, variables = given
    found = read_encoder(write_model(tmp_path / "model.bin", variables), TINY)
    for name, values in network.named_parameters():
        torch.testing.assert_close(dict(found.named_parameters())[name], values.half().float(), msg=name)


def test_the_upper_blocks_are_read_with_the_norm_behind_them(given, tmp_path):
    _, variables = given
    upper = UpperEncoder(TINY)
    for name, values in upper.named_parameters():
        owner, _, kind = name.rpartition(".")
        theirs = "layer_norm" if owner == "norm" else THEIRS[owner].replace("layer_0", "layer_3")
        kind = {"weight": "gamma", "bias": "beta"}[kind] if owner.endswith("norm") else kind
        variables[f"encoder/{theirs}/{kind}"] = values.detach().half().numpy()
    path = write_model(tmp_path / "model.bin", variables)
    found = dict(read_upper(path, TINY, below=3).named_parameters())
    for name, values in upper.named_parameters():
        torch.testing.assert_close(found[name], values.half().float(), msg=name)
    with pytest.raises(InputError, match="not Whisper tiny"):
        read_upper(path, TINY, below=2)


def test_types_and_shapes_are_read(tmp_path):
    variables = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b/c": np.array([1, -2], np.int8)}
    found = read_variables(write_model(tmp_path / "model.bin", variables))
    assert {name: (values.dtype, values.tolist()) for name, values in found.items()} == {
        name: (values.dtype, values.tolist()) for name, values in variables.items()
    }


def test_other_files_are_refused(given, tmp_path):
    _, variables = given
    path = write_model(tmp_path / "model.bin", variables, version=5)
    with pytest.raises(InputError, match="its version is 5"):
        read_encoder(path, TINY)
    whole = write_model(path, variables).read_bytes()
    path.write_bytes(whole[:1000])
    with pytest.raises(InputError, match="ends early"):
        read_encoder(path, TINY)
    with pytest.raises(InputError, match="not a readable"):
        read_encoder(tmp_path / "none.bin", TINY)
    with pytest.raises(InputError, match="not Whisper tiny"):
        read_encoder(write_model(path, variables))
    del variables["encoder/layer_0/ffn/linear_1/bias"]
    with pytest.raises(InputError, match=r"blocks\.0\.contract\.bias"):
        read_encoder(write_model(path, variables), TINY)


def test_centred_features_have_no_mean_and_unit_spread_but_for_silence():
    torch.manual_seed(0)
    random, network = np.random.default_rng(0), SpeechEncoder(TINY).eval()
    noise = random.standard_normal(40 * 16_000) * np.repeat(random.uniform(0, 0.3, 40 * 20), 800)
    sound = np.concatenate([noise, np.zeros(16_000), noise, np.zeros(48_000)]).astype(np.float32)
    plain = copy.deepcopy(network)
    centre, spread = centre_features(network.encode, [sound])
    network.centre.copy_(centre)
    network.spread.copy_(spread)
    starts = range(0, 3000, 150)
    mels = torch.stack([window_mel(sound, slice(start, start + WINDOW), gain=1.0) for start in starts])
    with torch.inference_mode():
        before, after = plain(mels), network(mels)
    # By place in the window.
    spread = [found.mean(dim=0).std(dim=0) / found.std(dim=(0, 1)) for found in (before, after)]
    assert spread[1].mean() < 0.5 * spread[0].mean()
    assert 0.7 < (after - after.mean(dim=0)).std() < 1.3
    with pytest.raises(ValueError, match="as long as a window"):
        centre_features(network.encode, [sound[:16_000]])
