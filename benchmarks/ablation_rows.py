"""The rows of MakeItTalk's tables 2 and 3: clips, what each row makes of them, and how far it is from the real one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch import nn

from benchmarks.reenactment import PAPER_RATE, scores
from talkinghead.data.corpus import Corpus
from talkinghead.data.tracks import raw_track_of
from talkinghead.errors import InputError, announce
from talkinghead.evaluation.corpus import Example, examples
from talkinghead.evaluation.overlap import same_recording
from talkinghead.evaluation.systems import seed_of, still_motion
from talkinghead.face.landmarks import LEFT_OUTER_EYE_CORNER, MESH_OF_68, RIGHT_OUTER_EYE_CORNER
from talkinghead.face.pose import head_landmarks, matrix_from_rotation, rotation_from_matrix
from talkinghead.media import read_speech
from talkinghead.methods import shipped_generator
from talkinghead.methods.makeittalk.config import CONFIGS, VARIANTS
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.metrics.head_pose import position_difference, rotation_difference
from talkinghead.metrics.landmark_distance import face_width, landmark_distance, landmark_velocity_difference
from talkinghead.motion.smoothing import resample_rows
from talkinghead.motion.tracked import loop, motion_of_track
from talkinghead.pipeline import fit_motion
from talkinghead.speech.speaker import speaker_embedding
from talkinghead.store import Store
from talkinghead.tracking.portrait import best_frame
from talkinghead.tracking.track import make_track
from talkinghead.types import FaceTrack, FloatArray, Frames, Motion, Portrait, Speech, num_frames
from talkinghead.weights import load_weights

FULL, DRAWN, SHARED = "full", "full, drawn with noise", "full, lips of both branches"
UNSEPARATED, NO_CONTENT = "no separation", "no content branch"
NO_SPEAKER, IDLE = "no speaker branch", "no speaker branch, idle head"
CODES, BRIEF = "full, on the content code", "full, on phones, trained as briefly"
OTHER_VOICE, SAME, OTHER, STILL = "random ID", "retrieve-same ID", "retrieve-random ID", "still"
GRID, HELD_BACK, RESEARCH = "GRID s1, test", "open, held back", "research"
LIPS, HEAD = ("D-LL", "D-VL at 62.5", "D-A", "correlation"), ("D-L", "D-V", "D-Rot", "D-Pos")
"""The columns of table 2 and of table 3."""

_MADE_ALONE = {NO_CONTENT: "small-alone", UNSEPARATED: "small-no-separation"}
_FRONTS = {CODES: "small-autovc", BRIEF: "small-phones"}
_SECONDS = 6.0  # of each clip of other people
_LONG_S, _HELD_BACK_SHARE = 8.0, 1 / 3  # of clips that are divided
_VOICE_S = 60.0
_BLANK = np.zeros((1, 8, 8, 3), np.uint8)  # motion is made of landmarks; the picture is looked at by nobody


@dataclass(frozen=True)
class Sample:
    """Somebody really speaking.

    Attributes:
        example: the clip.
        speech: its sound.
        portrait: one of its frames, as a tracker sees a single picture.
        track: of the part that is looked at.
        row: which of its frames the portrait is.
    """

    example: Example
    speech: Speech
    portrait: Portrait
    track: FaceTrack
    row: int


@dataclass(frozen=True)
class Networks:
    """The trained branches.

    Attributes:
        content: the content branch that ships.
        speaker: the speaker-aware branch that ships.
        alone: speaker-aware branches without a content branch, by their row.
        fronts: content branches that compare features, by their row.
    """

    content: SpeechContentAnimation
    speaker: SpeakerAwareAnimation
    alone: Mapping[str, SpeakerAwareAnimation]
    fronts: Mapping[str, SpeechContentAnimation]


def networks(runs: Path) -> Networks:
    """The branches that ship, and of the variants those that have been trained; others are announced.

    Args:
        runs: the folder of results; the variants lie in ``ablations/CONFIG/speaker_aware.safetensors`` and
            ``fronts/CONFIG/content.safetensors``.

    Raises:
        InputError: no speaker-aware branch ships.
    """
    shipped = shipped_generator("makeittalk")
    assert isinstance(shipped, MakeItTalkMotion)
    if shipped.branch is None or shipped.network is None:
        raise InputError("makeittalk ships no speaker-aware branch: train it and put it among the weights.")
    alone, fronts = {}, {}
    for row, name in _MADE_ALONE.items():
        branch = SpeakerAwareAnimation((CONFIGS | VARIANTS)[name].content, (CONFIGS | VARIANTS)[name].speaker)
        if _load_if_there(branch, runs / "ablations" / name / "speaker_aware.safetensors", row):
            alone[row] = branch
    for row, name in _FRONTS.items():
        content = SpeechContentAnimation((CONFIGS | VARIANTS)[name].content)
        if _load_if_there(content, runs / "fronts" / name / "content.safetensors", row):
            fronts[row] = content
    return Networks(shipped.network, shipped.branch, alone, fronts)


def _load_if_there(network: nn.Module, file: Path, row: str) -> bool:
    """Whether the weights for a row were there to load; if not, that is said."""
    try:
        load_weights(network, file)
    except InputError as error:
        announce(f"the row {row!r} is left out: {error}")
        return False
    return True


def _load_landmarks(path: Path, runs: Path) -> tuple[FloatArray, float]:
    """Landmarks (T, 478, 3) px and frames per second of a whole clip."""
    raw = raw_track_of(path, Store(runs / "store"))
    return raw.landmarks.astype(np.float64), raw.fps


def _part_of(example: Example, count: int, fps: float) -> slice:
    """Which of a clip's frames belong to its split, as ``Corpus.split_everybody`` divides it."""
    if example.split not in ("train", "val") or count < _LONG_S * fps:
        return slice(0, count)
    middle = round(count * (1 - _HELD_BACK_SHARE))
    return slice(0, middle) if example.split == "train" else slice(middle, count)


def sample_of(example: Example, runs: Path) -> Sample:
    """An example with its sound and its track.

    Args:
        example: of split "train" or "val" it is the part that the training of the speaker-aware branch takes for it.
        runs: the folder of results, where tracks are kept.

    Raises:
        InputError: no frame shows a face.
    """
    landmarks, fps = _load_landmarks(example.video, runs)
    part = _part_of(example, len(landmarks), fps)
    most = len(landmarks) if example.seconds is None else round(example.seconds * fps)
    rows = slice(part.start, min(part.stop, part.start + most))
    landmarks = landmarks[rows]
    found = np.isfinite(landmarks[:, 0, 0])
    if not found.any():
        raise InputError(f"{example.video}: no frame shows a face; leave the clip out.")
    track = make_track(landmarks, found, fps)
    seen = np.flatnonzero(found)
    row = int(seen[np.abs(seen - (best_frame(track) if example.calmest else 0)).argmin()])
    single = make_track(landmarks[row : row + 1], np.ones(1, bool), fps)
    speech = read_speech(example.video)
    start, stop = (round(frame / fps * speech.sample_rate) for frame in (rows.start, rows.start + len(track)))
    part = Speech(speech.samples[start:stop], speech.sample_rate)
    return Sample(example, part, Portrait(Frames(_BLANK, fps), single), track, row)


def groups_of(corpus: Path) -> dict[str, tuple[Example, ...]]:
    """What is looked at: GRID s1 test, what was held back of the open clips, and the clips for research."""
    clips = corpus / "clips"
    return {
        GRID: examples(corpus / "grid_s1", "test"),
        HELD_BACK: open_part(clips, "val", _SECONDS),
        RESEARCH: tuple(replace(example, seconds=_SECONDS) for example in examples(clips, "research")),
    }


def open_part(clips: Path, split: str, seconds: float | None) -> tuple[Example, ...]:
    return tuple(
        Example(one.name, one.speaker, one.video, split, seconds=seconds, calmest=True)
        for one in Corpus.open(clips, unseen=()).split_everybody().recordings(split)
    )


def draw_example(sample: Sample, among: Sequence[Example]) -> Example | None:
    """One of several clips: the speaker is drawn first, then the clip; always the same one for the same sample."""
    if not among:
        return None
    rng = np.random.default_rng(seed_of(sample.example.name))
    names = sorted({other.speaker for other in among})
    name = names[rng.integers(len(names))]
    own = [other for other in among if other.speaker == name]
    return own[rng.integers(len(own))]


def motions(
    sample: Sample, branches: Networks, *, learned: Sequence[Example], research: Sequence[Example], runs: Path
) -> Iterator[tuple[str, Motion]]:
    """Each row's motion of a sample.

    Args:
        sample: the clip.
        branches: the networks.
        learned: what the speaker-aware branch learned from.
        research: clips of people that it did not learn from.
        runs: the folder of results, where tracks are kept.
    """
    speech, portrait, seed = sample.speech, sample.portrait, seed_of(sample.example.name)
    content, branch = branches.content, branches.speaker

    def make(generator: MakeItTalkMotion) -> Motion:
        return fit_motion(generator.generate(speech, portrait, seed=seed), speech, fps=PAPER_RATE)

    full = make(MakeItTalkMotion(content, branch=branch, liveliness=0.0))
    yield FULL, full
    yield DRAWN, make(MakeItTalkMotion(content, branch=branch))
    yield SHARED, make(MakeItTalkMotion(content, branch=_sharing(branch), liveliness=0.0))
    for row, front in branches.fronts.items():
        yield row, make(MakeItTalkMotion(front))  # the head is not looked at, and the branch hears other features
    for row, alone in branches.alone.items():
        yield row, make(MakeItTalkMotion(None, branch=alone, liveliness=0.0))
    idle = make(MakeItTalkMotion(content))
    yield NO_SPEAKER, replace(idle, rotation=np.zeros_like(idle.rotation), translation=np.zeros_like(idle.translation))
    yield IDLE, idle
    speaker = sample.example.speaker
    others = [example for example in learned if example.speaker != speaker]
    other = draw_example(sample, others)
    if other is not None:
        voice = speaker_embedding(_begin_of(read_speech(other.video)), name=str(other.video))
        yield OTHER_VOICE, make(MakeItTalkMotion(content, branch=branch, speaker=voice, liveliness=0.0))
        yield OTHER, _with_head(full, sample, sample_of(other, runs))
    same = draw_example(sample, _own(sample.example, learned, research))
    if same is not None:
        yield SAME, _with_head(full, sample, sample_of(same, runs))
    rest = head_landmarks(portrait.track)[0]
    yield STILL, still_motion(np.repeat(rest[None], len(full), axis=0), rest, PAPER_RATE)


def _sharing(branch: SpeakerAwareAnimation) -> SpeakerAwareAnimation:
    """The same branch, all of what it says of lips and jaw being taken."""
    sharing = SpeakerAwareAnimation(branch.content, replace(branch.config, mouth_share=1.0))
    sharing.load_state_dict(branch.state_dict())
    return sharing


def _begin_of(speech: Speech) -> npt.NDArray[np.float32]:
    return speech.samples[: round(_VOICE_S * speech.sample_rate)]


def _own(example: Example, learned: Sequence[Example], research: Sequence[Example]) -> list[Example]:
    """What else there is of a speaker: what was learned from, else other clips, but none that overlaps."""
    own = [other for other in learned if other.speaker == example.speaker]
    beside = [other for other in research if other.speaker == example.speaker and other.video != example.video]
    return own or [other for other in beside if not same_recording(example, other)]


def _with_head(face: Motion, sample: Sample, donor: Sample) -> Motion:
    """The face with the head pose of another clip, played forth and back where it is too short."""
    head = motion_of_track(donor.track, donor.row)
    head = loop(head, int(np.ceil(sample.speech.duration * head.fps)) + 1)
    head = fit_motion(head, sample.speech, fps=face.fps)
    return replace(face, rotation=head.rotation, translation=head.translation)


def place_in_picture(motion: Motion, track: FaceTrack, row: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Landmarks (T, 68, 3) px, rotation (T, 3) rad and place (T, 3) px in the picture of frame ``row`` of a track."""
    corners = track.landmarks[row][MESH_OF_68[[LEFT_OUTER_EYE_CORNER, RIGHT_OUTER_EYE_CORNER]]]
    scale = np.linalg.norm(corners[1] - corners[0])
    turn = matrix_from_rotation(motion.rotation) @ matrix_from_rotation(track.rotation[row])
    moved = motion.landmarks @ np.swapaxes(turn, 1, 2) + motion.translation[:, None]
    place = track.translation[row] + scale * motion.translation
    return np.asarray(scale * moved + corners.mean(axis=0)), rotation_from_matrix(turn), np.asarray(place)


def measures(motion: Motion, sample: Sample) -> dict[str, float]:
    """``LIPS`` and ``HEAD`` of a motion at 62.5 frames per second."""
    track = sample.track
    of_lips = scores(motion, sample.speech, head_landmarks(track), track.fps)
    count = min(len(motion), num_frames(len(track) / track.fps, PAPER_RATE))
    real, turned, put = (
        resample_rows(rows, track.fps, PAPER_RATE, count)
        for rows in (track.landmarks[:, MESH_OF_68], track.rotation, track.translation)
    )
    points, rotation, place = (rows[:count] for rows in place_in_picture(motion, track, sample.row))
    return {
        **{name: of_lips[name] for name in LIPS},
        "D-L": landmark_distance(points, real),
        "D-V": landmark_velocity_difference(points, real),
        "D-Rot": rotation_difference(rotation, turned),
        "D-Pos": position_difference(place, put, face_width(real)),
    }
