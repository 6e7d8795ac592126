"""How the networks of MakeItTalk are trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from talkinghead.training.stage import HeldOutOptions, Stage, TrainingOptions, defer

_HERE = "talkinghead.methods.makeittalk"


@dataclass(frozen=True)
class TranslationOptions(TrainingOptions):
    """Additional options of the translation; see ``training.perceptual.perceptual_distance`` for ``vgg``."""

    vgg: Path | None = field(
        default=None, metadata={"help": "Weights of VGG19, to compare pictures by its activations, as published."}
    )


STAGES = {
    "voice": Stage(
        what="speech -> what is said apart from who says it, by voice conversion (section 3.1), on many voices",
        network=defer(f"{_HERE}.voice:VoiceConversion", part="voice"),
        losses=defer(f"{_HERE}.voice_losses:voice_losses"),
        example=defer(f"{_HERE}.voice_losses:voice_example"),
        train=defer(f"{_HERE}.train_voice:train_voice"),
        options=TrainingOptions(batch=24),
    ),
    "content": Stage(
        what="speech windows -> landmark displacements (section 3.1), on the open recordings",
        network=defer(f"{_HERE}.content:SpeechContentAnimation", part="content"),
        losses=defer(f"{_HERE}.losses:content_losses"),
        example=defer(f"{_HERE}.losses:content_example"),
        train=defer(f"{_HERE}.train_content:train_content"),
        options=HeldOutOptions(steps=2000, batch=512, learning_rate=1.5e-3),
        scope=("corpus", "person"),
        personal=HeldOutOptions(steps=200, batch=256, learning_rate=3e-4, validate_every=50),
        starts=True,
        needs_speech=True,
    ),
    "speaker": Stage(
        what="speech and voice -> head motion and expression (section 3.2), on the open recordings",
        network=defer(f"{_HERE}.speaker_losses:SpeakerTraining"),
        losses=defer(f"{_HERE}.speaker_losses:speaker_losses"),
        example=defer(f"{_HERE}.speaker_losses:speaker_example"),
        train=defer(f"{_HERE}.train_speaker:train_speaker"),
        needs=("content",),
        options=TrainingOptions(steps=3000, batch=24),
    ),
    "translation": Stage(
        what="portrait and drawn landmarks -> picture (section 3.3, natural images), on the open clips",
        network=defer(f"{_HERE}.translation_losses:translation_adversaries", part="translation"),
        losses=defer(f"{_HERE}.translation_losses:translation_losses"),
        example=defer(f"{_HERE}.translation_losses:translation_example"),
        train=defer(f"{_HERE}.train_translation:train_translation"),
        options=TranslationOptions(steps=8000, batch=8),
    ),
}
