"""Speech from files and arrays."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from talkinghead.errors import InputError
from talkinghead.media import FileSound, read_speech, speech_from_array

MakeWav = Callable[..., Path]
Announced = Callable[[], list[str]]


def _sine(seconds: float, rate: int, hertz: float = 440.0, level: float = 0.5) -> Any:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def _whole(speech: Any) -> Any:
    return np.concatenate(list(speech.sound.chunks()), axis=1)


def test_mono_16_khz_passes_untouched(tmp_path: Path, make_wav: MakeWav) -> None:
    samples = np.random.default_rng(0).integers(-30_000, 30_000, 40_001).astype(np.int16)
    speech = read_speech(make_wav(tmp_path / "speech.wav", samples))
    assert speech.sample_rate == 16_000
    assert speech.samples.dtype == np.float32
    np.testing.assert_array_equal(speech.samples, samples / np.float32(32_768))
    assert speech.duration == 40_001 / 16_000
    np.testing.assert_array_equal(_whole(speech)[0], speech.samples)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_rates(tmp_path: Path, make_wav: MakeWav, rate: int) -> None:
    samples = _sine(1.2345, rate)
    speech = read_speech(make_wav(tmp_path / "speech.wav", samples, rate))
    assert len(speech.samples) == round(len(samples) * 16_000 / rate)
    expected = _sine(1.2345, 16_000)
    middle = slice(400, -400)
    assert np.abs(speech.samples[middle] - expected[middle]).max() < 0.005
    assert isinstance(speech.sound, FileSound)
    assert (speech.sound.sample_rate, speech.sound.channels) == (rate, 1)
    np.testing.assert_array_equal(_whole(speech)[0], samples)


def test_what_16_khz_cannot_hold_is_filtered_out(tmp_path: Path, make_wav: MakeWav) -> None:
    speech = read_speech(make_wav(tmp_path / "whistle.wav", _sine(1, 48_000, hertz=12_000), 48_000))
    assert np.abs(speech.samples[400:-400]).max() < 0.005


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64])
def test_sample_types(tmp_path: Path, make_wav: MakeWav, dtype: Any) -> None:
    samples = _sine(0.1, 16_000)
    if np.dtype(dtype).kind == "f":
        stored = samples.astype(dtype)
    else:
        full = 2 ** (8 * np.dtype(dtype).itemsize - 1)
        stored = (np.rint(samples.astype(np.float64) * (full - 1)) + (full if dtype is np.uint8 else 0)).astype(dtype)
    speech = read_speech(make_wav(tmp_path / "speech.wav", stored))
    assert np.abs(speech.samples - samples).max() < (0.01 if dtype is np.uint8 else 1e-4)


def test_stereo_is_mixed_to_its_mean(tmp_path: Path, make_wav: MakeWav) -> None:
    left, right = _sine(0.2, 16_000, 300), _sine(0.2, 16_000, 700)
    speech = read_speech(make_wav(tmp_path / "stereo.wav", np.stack([left, right])))
    np.testing.assert_allclose(speech.samples, (left + right) / 2, atol=1e-6)
    np.testing.assert_array_equal(_whole(speech), np.stack([left, right]))


def _voice(seconds: float, rate: int = 16_000) -> Any:
    """Something broad that comes and goes, as speech does."""
    noise = np.random.default_rng(1).normal(size=round(seconds * rate))
    return (0.1 * noise * (1 + np.sin(2 * np.pi * 4 * np.arange(len(noise)) / rate))).astype(np.float32)


def test_channels_in_opposite_phase(tmp_path: Path, make_wav: MakeWav, announced: Announced) -> None:
    voice = _voice(3.0)
    speech = read_speech(make_wav(tmp_path / "opposite.wav", np.stack([voice, -0.9 * voice])))
    np.testing.assert_allclose(speech.samples, voice, atol=1e-6)
    (told,) = announced()
    assert "opposite.wav cancel each other when mixed (100 % of the sound): its left channel alone is taken" in told
    assert _whole(speech).shape == (2, len(voice))  # the video's sound stays as it is
    array = speech_from_array(np.stack([-0.5 * voice, voice]), 16_000)
    np.testing.assert_allclose(array.samples, voice, atol=1e-6)


def test_opposite_phase_for_a_part_of_the_time(tmp_path: Path, make_wav: MakeWav, announced: Announced) -> None:
    voice = _voice(12.0)
    other = voice.copy()
    other[5 * 16_000 : 7 * 16_000] *= -1
    speech = read_speech(make_wav(tmp_path / "part.wav", np.stack([voice, other])))
    np.testing.assert_allclose(speech.samples, voice, atol=1e-6)
    assert "cancel each other" in announced()[0]


def test_opposite_phase_in_a_part_of_the_band(tmp_path: Path, make_wav: MakeWav, announced: Announced) -> None:
    voice = _voice(4.0)
    spectrum = np.fft.rfft(voice)
    spectrum[4 * 200 : 4 * 1600] *= -1
    other = np.fft.irfft(spectrum, len(voice)).astype(np.float32)
    speech = read_speech(make_wav(tmp_path / "band.wav", np.stack([voice, other])))
    assert np.abs(speech.samples - (voice if speech.samples @ voice > 0.999 * voice @ voice else other)).max() < 1e-5
    assert "cancel each other" in announced()[0]


@pytest.mark.parametrize("kind", ["unrelated", "one side", "delayed", "wide", "silent"])
def test_ordinary_stereo_is_mixed_without_a_word(
    tmp_path: Path, make_wav: MakeWav, announced: Announced, kind: str
) -> None:
    voice = _voice(4.0)
    noise = np.random.default_rng(2).normal(size=len(voice)).astype(np.float32) * 0.1
    other = {
        "unrelated": noise,
        "one side": 0 * voice,
        "delayed": np.roll(voice, 40),
        "wide": voice + 0.5 * noise,
        "silent": voice,
    }[kind]
    voice = 0 * voice + 0.002 if kind == "silent" else voice
    speech = read_speech(make_wav(tmp_path / "stereo.wav", np.stack([voice, other])))
    np.testing.assert_allclose(speech.samples, (voice + other) / 2, atol=1e-6)
    assert announced() == []


@pytest.mark.corpus
def test_a_case_of_opposite_phase(corpus: Path, announced: Announced) -> None:
    speech = read_speech(corpus / "cases" / "stereo_opposite_phase.wav")
    assert np.abs(speech.samples).max() > 0.05
    assert "cancel each other" in announced()[0]


def test_surround_is_mixed_as_a_player_would(tmp_path: Path) -> None:
    """Only one channel of 5.1 sounds at a time; FLAC keeps it exactly and knows the layout."""
    channels = np.zeros((6, 6 * 1000), np.int16)
    for index in range(6):
        channels[index, 1000 * index : 1000 * (index + 1)] = 16_384
    path = tmp_path / "surround.flac"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("flac", rate=16_000)
        stream.layout, stream.format = "5.1", "s16"
        frame = av.AudioFrame.from_ndarray(channels.T.reshape(1, -1), format="s16", layout="5.1")
        frame.sample_rate = 16_000
        output.mux(stream.encode(frame) + stream.encode(None))
    speech = read_speech(path)
    levels = [float(speech.samples[1000 * i + 500]) / 0.5 for i in range(6)]
    total = 2 * 0.5**0.5 + 1 + 2 * 0.5
    expected = [0.5**0.5 / total, 0.5**0.5 / total, 1 / total, 0, 0.5 / total, 0.5 / total]  # FL FR FC LFE BL BR
    np.testing.assert_allclose(levels, expected, atol=1e-4)
    assert isinstance(speech.sound, FileSound)
    assert (speech.sound.layout, speech.sound.channels) == ("5.1", 6)
    np.testing.assert_array_equal(_whole(speech), channels / np.float32(32_768))


def test_channels_of_unknown_place_are_averaged(tmp_path: Path, make_wav: MakeWav) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (6, 1600)).astype(np.float32)
    speech = read_speech(make_wav(tmp_path / "six.wav", samples))
    np.testing.assert_allclose(speech.samples, samples.mean(axis=0), atol=1e-6)


def test_eight_channels_in_planes(tmp_path: Path) -> None:
    """PyAV reads past the end of such a frame's list of planes."""
    path = tmp_path / "eight.mka"
    with av.open(str(path), "w", format="matroska") as output:
        stream = output.add_stream("aac", rate=48_000)
        stream.layout = "7.1"
        samples = np.repeat(_sine(0.3, 48_000)[None], 8, 0) * np.arange(1, 9, dtype=np.float32)[:, None] / 8
        frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1), format="flt", layout="7.1")
        frame.sample_rate = 48_000
        output.mux(stream.encode(frame) + stream.encode(None))
    levels = np.abs(_whole(read_speech(path))[:, 3_000:11_000]).max(axis=1)
    wanted = np.arange(1, 9) / 16
    wanted[3] = 0.25  # the deep effects' channel carries 440 Hz badly
    levels[3] = 0.25
    np.testing.assert_allclose(levels, wanted, atol=0.05)


def test_twenty_milliseconds(tmp_path: Path, make_wav: MakeWav) -> None:
    assert len(read_speech(make_wav(tmp_path / "short.wav", _sine(0.02, 44_100), 44_100)).samples) == 320
    assert len(read_speech(make_wav(tmp_path / "one.wav", np.full(1, 0.5, np.float32), 44_100)).samples) == 1


def test_sound_can_be_read_twice(tmp_path: Path, make_wav: MakeWav) -> None:
    speech = read_speech(make_wav(tmp_path / "speech.wav", _sine(3, 44_100), 44_100))
    assert speech.sound is not None
    half = next(speech.sound.chunks())
    assert half.shape[1] < 3 * 44_100
    np.testing.assert_array_equal(_whole(speech), _whole(speech))


def test_refuses_nan_and_infinite_samples(tmp_path: Path, make_wav: MakeWav, refused: Callable[..., str]) -> None:
    samples = _sine(0.5, 16_000)
    samples[[10, 500, 4000]] = np.nan
    samples[77] = np.inf
    assert "has 4 samples that are not numbers" in refused(read_speech, make_wav(tmp_path / "nan.wav", samples))


def test_overloud_samples_are_clipped_and_announced(tmp_path: Path, make_wav: MakeWav, announced: Announced) -> None:
    samples = _sine(0.5, 16_000)
    samples[1000:1010] = 1.6
    speech = read_speech(make_wav(tmp_path / "loud.wav", samples))
    assert speech.samples.max() == 1
    assert _whole(speech).max() == 1
    assert announced() == [f"{tmp_path / 'loud.wav'} is too loud: 10 samples beyond full scale were clipped."]


def test_overshoot_of_lossy_codecs_is_clipped_without_a_word(
    tmp_path: Path, make_wav: MakeWav, announced: Announced
) -> None:
    samples = _sine(0.5, 16_000)
    samples[1000:1003] = 1.3
    assert read_speech(make_wav(tmp_path / "aac.wav", samples)).samples.max() == 1
    assert announced() == []


def test_integers_saved_as_floating_point_are_refused(
    tmp_path: Path, make_wav: MakeWav, refused: Callable[..., str]
) -> None:
    assert "times full scale" in refused(read_speech, make_wav(tmp_path / "scale.wav", _sine(0.1, 16_000) * 32_768))


def test_clipped_recording_is_announced_and_works(tmp_path: Path, make_wav: MakeWav, announced: Announced) -> None:
    clipped = (np.clip(_sine(0.5, 16_000, level=1.5), -1, 1) * 32_767).astype(np.int16)
    speech = read_speech(make_wav(tmp_path / "clipped.wav", clipped))
    assert len(speech.samples) == 8000
    assert len(announced()) == 1
    assert "is clipped" in announced()[0]


def test_normalised_recording_is_not_called_clipped(tmp_path: Path, make_wav: MakeWav, announced: Announced) -> None:
    noise = np.random.default_rng(0).normal(size=16_000)
    read_speech(make_wav(tmp_path / "peak.wav", (noise / np.abs(noise).max() * 32_767).astype(np.int16)))
    assert announced() == []


@pytest.mark.parametrize("level", [0.0, 5e-4])
def test_silence_is_announced_and_works(tmp_path: Path, make_wav: MakeWav, announced: Announced, level: float) -> None:
    speech = read_speech(make_wav(tmp_path / "silence.wav", _sine(0.5, 16_000, level=level)))
    assert len(speech.samples) == 8000
    assert announced() == [f"{tmp_path / 'silence.wav'} is silent: nobody speaks in it."]


def test_refuses_what_has_no_sound(
    tmp_path: Path, make_wav: MakeWav, make_video: Callable[..., Path], refused: Callable[..., str]
) -> None:
    mute = make_video(tmp_path / "mute.mp4", np.zeros((3, 32, 32, 3), np.uint8))
    assert "has no sound: give a file with an audio track" in refused(read_speech, mute)
    assert "without a single sample" in refused(read_speech, make_wav(tmp_path / "none.wav", np.zeros(0, np.int16)))
    assert "does not exist" in refused(read_speech, tmp_path / "missing.wav")
    assert "is a folder" in refused(read_speech, tmp_path)
    (tmp_path / "empty.wav").touch()
    assert "is empty" in refused(read_speech, tmp_path / "empty.wav")
    (tmp_path / "text.wav").write_text("once upon a time\n" * 200)
    assert "is not a sound or video file" in refused(read_speech, tmp_path / "text.wav")
    Image.new("RGB", (20, 20)).save(tmp_path / "picture.png")
    assert "is not a sound or video file" in refused(read_speech, tmp_path / "picture.png")
    (tmp_path / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(60_000))
    refused(read_speech, tmp_path / "noise.mp3")


def test_sound_of_a_video_is_exact_in_length_and_onset(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    samples = np.zeros((1, 48_000), np.float32)
    samples[0, 20_000] = 0.9
    path = make_video(tmp_path / "film.mp4", np.zeros((75, 32, 32, 3), np.uint8), sound=(samples, 16_000, "mono"))
    speech = read_speech(path)
    assert len(speech.samples) == 48_000
    assert abs(int(speech.samples.argmax()) - 20_000) <= 1


def test_early_sound_is_cut_to_the_first_picture(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    samples = np.zeros((1, 32_000), np.float32)
    samples[0, 16_000] = 0.9
    images, times = np.zeros((50, 32, 32, 3), np.uint8), [200 + 40 * k for k in range(50)]
    path = make_video(tmp_path / "film.mp4", images, times_ms=times, sound=(samples, 16_000, "mono"))
    assert abs(int(read_speech(path).samples.argmax()) - (16_000 - 3_200)) <= 16
    images, times = images[:9], [1000 + 40 * k for k in range(9)]
    path = make_video(tmp_path / "later.mp4", images, times_ms=times, sound=(samples, 16_000, "mono"))
    assert abs(int(read_speech(path).samples.argmax()) - 16_000) <= 1, "so much may be speech: it stays whole"


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_late_sound_is_padded_to_the_first_picture(
    tmp_path: Path, make_video: Callable[..., Path], suffix: str
) -> None:
    samples = np.zeros((1, 16_000), np.float32)
    samples[0, 8_000] = 0.9
    path = make_video(
        tmp_path / f"film.{suffix}",
        np.zeros((50, 32, 32, 3), np.uint8),
        sound=(samples, 16_000, "mono"),
        sound_start=0.5,
    )
    speech = read_speech(path)
    assert abs(int(speech.samples.argmax()) - 16_000) <= 16
    assert np.abs(speech.samples[:6_900]).max() == 0
    assert abs(int(_whole(speech)[0].argmax()) - 16_000) <= 16


def test_truncated_video_gives_the_sound_that_is_readable(
    tmp_path: Path, make_video: Callable[..., Path], announced: Announced
) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 48_000)).astype(np.float32)
    images = np.random.default_rng(0).integers(0, 256, (75, 48, 64, 3)).astype(np.uint8)
    options = {"movflags": "+faststart"}
    path = make_video(tmp_path / "film.mp4", images, sound=(noise, 16_000, "mono"), options=options)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    speech = read_speech(path)
    assert 1.2 < speech.duration < 2.2
    lost = 3.0 - speech.duration
    text = f"{path} is cut short: the last {lost:.1f} of 3.0 seconds of sound could not be read."
    assert announced() == [text]
    assert _whole(speech).shape[1] == len(speech.samples)


def test_memory_holds_neither_the_original_nor_what_is_long(tmp_path: Path, make_wav: MakeWav) -> None:
    seconds, rate = 150, 48_000
    path = make_wav(tmp_path / "long.wav", np.ones((2, seconds * rate), np.int16), rate)
    read_speech(path)  # what is imported on the way does not count
    tracemalloc.start()
    speech = read_speech(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    held, _ = tracemalloc.get_traced_memory()
    total = sum(block.shape[1] for block in speech.sound.chunks()) if speech.sound else 0
    _, reading_peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    minute = 4 * 60 * 16_000
    assert peak < minute + 2e6, "the speech is two minutes and a half, the original six times that"
    assert held < 1e6
    assert total == seconds * rate
    assert reading_peak - held < 2e6


@pytest.mark.parametrize("rate", [16_000, 22_050])
def test_long_speech_is_that_of_its_pieces(tmp_path: Path, make_wav: MakeWav, rate: int) -> None:
    """Sixty-five seconds lie in a temporary file; twenty of them read alone are the same to the sample."""
    samples = (20_000 * _sine(65, rate)).astype(np.int16)
    whole = read_speech(make_wav(tmp_path / "long.wav", samples, rate)).samples
    start = read_speech(make_wav(tmp_path / "short.wav", samples[: 20 * rate], rate)).samples
    assert isinstance(whole, np.memmap)
    assert not isinstance(start, np.memmap)
    assert (whole.dtype, len(whole)) == (np.float32, 65 * 16_000)
    np.testing.assert_array_equal(whole[: len(start) - 100], start[:-100])
    assert np.abs(whole[-2_000:-400] - _sine(65, 16_000)[-2_000:-400] * (20_000 / 32_768)).max() < 0.005


def test_array_of_speech_passes_untouched() -> None:
    samples = _sine(0.5, 16_000)
    speech = speech_from_array(samples, 16_000)
    np.testing.assert_array_equal(speech.samples, samples)
    assert speech.sound is None


def test_array_of_any_rate_and_channels() -> None:
    samples = np.stack([_sine(0.5, 44_100), np.zeros(22_050, np.float32)])
    speech = speech_from_array(samples, 44_100)
    assert len(speech.samples) == 8_000
    assert np.abs(speech.samples[400:-400] - _sine(0.5, 16_000)[400:-400] / 2).max() < 0.005
    assert speech.sound is not None
    assert (speech.sound.sample_rate, speech.sound.channels) == (44_100, 2)
    np.testing.assert_array_equal(_whole(speech), samples)


def test_array_of_integers_is_scaled() -> None:
    speech = speech_from_array(np.array([0, 16_384, -32_768, 32_767], np.int16), 16_000)
    np.testing.assert_array_equal(speech.samples, np.array([0, 0.5, -1, 32_767 / 32_768], np.float32))


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros((16_000, 2), np.float32), "transposed"),
        (np.zeros((1, 2, 3), np.float32), "transposed"),
        (np.zeros(0, np.float32), "no samples"),
        (np.full(10, np.nan, np.float32), "10 samples that are not numbers"),
        (np.full(10, 20_000.0), "times full scale"),
        (np.zeros(10, np.uint8), "uint8"),
    ],
)
def test_array_refused(samples: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        speech_from_array(samples, 16_000)


def test_array_needs_a_rate() -> None:
    with pytest.raises(InputError, match="rate in Hz"):
        speech_from_array(np.zeros(10, np.float32), 0)
