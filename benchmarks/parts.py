"""The parts of the benchmarks: what each is about, how its result loses its clips, and how its page is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import (
    ablations,
    alignment,
    attentional,
    attentional_ablations,
    batch,
    disentanglement,
    dub_page,
    dub_speed,
    evaluation,
    face_model,
    facial,
    head_styles,
    likeness,
    lips,
    memory,
    orientation,
    people,
    portraits,
    recogniser,
    reenactment,
    retracked,
    rhythmic_head,
    rhythmic_motion,
    seams,
    service,
    speakers,
    speed,
    synchrony,
    tracker,
    tracking_noise,
    transcripts,
    transfer,
    translation,
    write_a_speaker,
    zero_shot,
)

WHOLE, METHODS, SPEECH, COST = "Whole methods", "Inside the methods", "Speech", "Cost, and what goes in"
"""The headings under which the overview lists the pages."""


@dataclass(frozen=True)
class Part:
    """One part of the benchmarks.

    Attributes:
        group: the heading of the overview under which its page is listed.
        what: what its page answers, in one line.
        page: its page (Markdown), from the result that is kept.
        summarise: what was measured of clips -> the result that is kept; None: the measurement gives that itself.
    """

    group: str
    what: str
    page: Callable[[Any], str]
    summarise: Callable[[Any], Any] | None = None


PARTS: Mapping[str, Part] = {
    "evaluation": Part(
        WHOLE,
        "every measure of every method and baseline on the test sentences of GRID s1, who taught the lips",
        lambda result: evaluation.table("evaluation", result),
        evaluation.summarise,
    ),
    "unseen": Part(
        WHOLE,
        "the same on clips of people whom no network has seen",
        lambda result: evaluation.table("unseen", result),
        evaluation.summarise,
    ),
    "voices": Part(
        WHOLE,
        "any voice on any face: closures of synthesised speech, and lips in nine languages",
        zero_shot.section,
        zero_shot.summarise,
    ),
    "dub": Part(
        WHOLE,
        "dubbed videos: lips, and what stays",
        dub_page.table,
    ),
    "lips": Part(
        WHOLE,
        "how well predicted lips follow voices that nobody has trained on, beside other packages",
        lips.table,
        lips.summarise,
    ),
    "retracked": Part(
        WHOLE,
        "the lips of unseen people in rendered video: in step, as wide, closed, in synchrony",
        retracked.table,
        retracked.summarise,
    ),
    "reenactment": Part(
        WHOLE,
        "the landmarks that methods predict, before any picture is made",
        reenactment.table,
        reenactment.summarise,
    ),
    "tracking_noise": Part(
        WHOLE,
        "what the measures read where nothing differs, and the least difference that they can tell",
        tracking_noise.table,
        tracking_noise.summarise,
    ),
    "face_model": Part(
        METHODS,
        "how near the face model lies to tracked faces, and what its 51 weights keep of landmarks",
        face_model.table,
    ),
    "synchrony": Part(
        WHOLE,
        "how well SyncNet measures synchrony on unseen people",
        synchrony.table,
        synchrony.summarise,
    ),
    "ablations": Part(
        METHODS,
        "MakeItTalk: the rows of the paper's tables 2 and 3, each branch left out",
        ablations.section,
        ablations.summarise,
    ),
    "head_styles": Part(METHODS, "MakeItTalk: whether heads move as their speakers' do", head_styles.table),
    "translation": Part(
        METHODS,
        "MakeItTalk: pictures made by warping and by image-to-image translation",
        translation.section,
        translation.summarise,
    ),
    "likeness": Part(
        METHODS,
        "what renderers keep of portraits that no network has seen: colours, sharpness, no seam",
        likeness.table,
        likeness.summarise,
    ),
    "attentional": Part(
        METHODS,
        "Attentional Landmarks: the paper's table 2, a speaker left out, any motion with any renderer, speed",
        attentional.section,
        attentional.summarise,
    ),
    "attentional_ablations": Part(
        METHODS,
        "Attentional Landmarks: the ablations of the paper's table 2",
        attentional_ablations.section,
        attentional_ablations.summarise,
    ),
    "write_a_speaker": Part(
        METHODS,
        "Write-a-Speaker: table 1 of the paper, the speaker-independent stage",
        write_a_speaker.table,
        write_a_speaker.summarise,
    ),
    "rhythmic_head": Part(
        METHODS,
        "Rhythmic Head Motion: table 2 of the paper, frames from K references; speed, turned heads",
        rhythmic_head.page,
        rhythmic_head.summarise,
    ),
    "rhythmic_motion": Part(
        METHODS,
        "Rhythmic Head Motion: table 1 of the paper, and heads given three seconds",
        rhythmic_motion.page,
        rhythmic_motion.summarise,
    ),
    "facial": Part(METHODS, "FACIAL: persons learned from their videos", facial.page, facial.summarise),
    "transfer": Part(
        METHODS, "how near one man's real mouth comes to other people's", transfer.table, transfer.summarise
    ),
    "disentanglement": Part(
        METHODS, "whether the content code holds what is said and not who says it", disentanglement.section
    ),
    "recogniser": Part(SPEECH, "the phone recogniser on voices that it has not learned from", recogniser.table),
    "alignment": Part(
        SPEECH, "how exactly transcripts are aligned with recordings, and whether wrong ones are told",
        alignment.table, alignment.summarise,
    ),
    "transcripts": Part(
        SPEECH, "how often right transcripts are thrown away and wrong ones taken for right", transcripts.table,
        transcripts.summarise,
    ),
    "speakers": Part(SPEECH, "how well voice embeddings tell speakers apart", speakers.table),
    "seams": Part(SPEECH, "whether long speech, worked on in windows, shows their borders", seams.table),
    "tracker": Part(
        COST, "whether the tracker sees what MediaPipe sees, and how fast", tracker.table, tracker.summarise
    ),
    "orientation": Part(
        COST,
        "what becomes of faces that are turned, or whose mouth is covered",
        orientation.table,
        orientation.summarise,
    ),
    "people": Part(COST, "whether the people in a video with cuts are told apart", people.table),
    "speed": Part(COST, "the time of each stage", speed.table),
    "memory": Part(COST, "peak memory for short and for long speech", memory.table),
    "batch": Part(COST, "many jobs beside the command in a loop; workers and nodes that die", batch.table),
    "dub_speed": Part(COST, "cost of dubbing", dub_speed.table),
    "service": Part(COST, "HTTP beside a batch, its memory, kills, damaged uploads", service.page),
    "portraits": Part(COST, "what became of each picture of the shared folder", portraits.table),
}  # fmt: skip
"""Every part by its name, in the order of the overview's list."""
