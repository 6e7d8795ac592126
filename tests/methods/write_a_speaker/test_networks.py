"""The three generators against the sizes that the paper states."""

from __future__ import annotations

import pytest
import torch

from talkinghead.methods.write_a_speaker.config import CONFIGS, VARIANTS
from talkinghead.methods.write_a_speaker.networks import NUM_BEATS, MouthGenerator, WordsGenerator
from talkinghead.methods.write_a_speaker.vocabulary import VECTOR_SIZE
from talkinghead.speech.arpabet import PHONES
from talkinghead.speech.emotions import EMOTIONS


def words_input(count: int, *, emotions: bool = True, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    read = [
        torch.randint(8, (1, count), generator=generator),
        torch.randn(1, count, VECTOR_SIZE, generator=generator),
        torch.rand(1, count, NUM_BEATS, generator=generator),
    ]
    return [*read, torch.rand(1, count, len(EMOTIONS), generator=generator)] if emotions else read


def test_lookup_tables_as_in_the_appendix() -> None:
    config = CONFIGS["paper"]
    # The paper has 41 phones and four emotions; ours are 39 and silence, and sadness is one more.
    assert MouthGenerator(config.mouth).lookup.weight.shape == (128, 40)
    upper = WordsGenerator(config.upper_face)
    assert upper.words.weight.shape == (1859, 128)
    assert upper.emotions is not None
    assert upper.emotions.weight.shape == (128, 5)
    assert WordsGenerator(config.head).emotions is None


@pytest.mark.parametrize("count", [1, 7, 75])
def test_shapes(count: int) -> None:
    config = CONFIGS["small"]
    assert MouthGenerator(config.mouth)(torch.rand(2, count, len(PHONES))).shape == (2, count, 28)
    assert WordsGenerator(config.upper_face)(*words_input(count)).shape == (1, count, 23)
    assert WordsGenerator(config.head)(*words_input(count, emotions=False)).shape == (1, count, 6)


def test_a_single_phone_is_its_row_of_the_table() -> None:
    network = MouthGenerator(CONFIGS["tiny"].mouth)
    seen = []
    network.lookup.register_forward_hook(lambda module, inputs, output: seen.append(output))
    phones = torch.zeros(1, 2, len(PHONES))
    phones[0, 1, 4] = 1.0
    network(phones)
    torch.testing.assert_close(seen[0][0, 0], network.lookup.weight[:, 0])
    torch.testing.assert_close(seen[0][0, 1], network.lookup.weight[:, 5])


def test_no_frame_depends_on_what_lies_beyond_the_reach_of_the_mouth() -> None:
    # So many layers leave little of what the farthest frame does: float64 shows it.
    network = MouthGenerator(CONFIGS["small"].mouth).eval().double()
    phones = torch.rand(1, 81, len(PHONES), dtype=torch.float64) / len(PHONES)
    other = phones.clone()
    other[:, : 40 - network.reach] = 0.0
    other[:, 41 + network.reach :] = 0.0
    torch.testing.assert_close(network(other)[0, 40], network(phones)[0, 40])
    other[:, 40 - network.reach + 1] = 1.0
    assert not torch.equal(network(other)[0, 40], network(phones)[0, 40])


@pytest.mark.parametrize("name", ["small", "tiny", "paper"])
def test_no_frame_depends_on_what_lies_beyond_the_reach_of_words(name: str) -> None:
    network = WordsGenerator(CONFIGS[name].upper_face).eval()
    middle = 4 * network.reach
    whole = words_input(2 * middle)
    first = middle - network.reach
    assert first % network.stride == 0
    part = [value[:, first : middle + network.reach + 1] for value in whole]
    torch.testing.assert_close(network(*part)[0, network.reach], network(*whole)[0, middle], rtol=1e-4, atol=1e-5)


def test_the_recurrent_variant_has_no_convolutions() -> None:
    network = MouthGenerator(VARIANTS["small-lstm"].mouth)
    assert network(torch.rand(1, 9, len(PHONES))).shape == (1, 9, 28)
    assert not hasattr(network, "layers")
