"""How the networks of FACIAL are trained."""

from __future__ import annotations

from talkinghead.training.stage import Stage, TrainingOptions, defer

_HERE = "talkinghead.methods.facial"

STAGES = {
    "attributes": Stage(
        what="speech -> expression, head pose and blink together (section 3.2), on GRID s1 and the open clips",
        network=defer(f"{_HERE}.gan:attributes_adversaries", part="attributes"),
        losses=defer(f"{_HERE}.losses:attributes_losses"),
        example=defer(f"{_HERE}.losses:attributes_example"),
        train=defer(f"{_HERE}.train:train_attributes"),
        options=TrainingOptions(steps=2000, batch=32, learning_rate=1e-3, validate_every=250),
        scope=("corpus", "person"),
        personal=TrainingOptions(steps=400, batch=16, learning_rate=2e-4, validate_every=50),
        starts=True,
        needs_speech=True,
    ),
    "video": Stage(
        what="rendered faces of a person, with eye attention maps -> their frames (section 3.4)",
        network=defer(f"{_HERE}.video:video_adversaries", part="video"),
        losses=defer(f"{_HERE}.video_losses:video_losses"),
        example=defer(f"{_HERE}.video_losses:video_example"),
        train=defer(f"{_HERE}.train_video:train_video"),
        options=TrainingOptions(steps=2400, batch=4, learning_rate=1e-3, validate_every=200),
        scope=("person",),
    ),
}
