"""How the networks of Attentional Landmarks are trained."""

from __future__ import annotations

from talkinghead.training.stage import Stage, TrainingOptions, defer

_HERE = "talkinghead.methods.attentional_landmarks"

STAGES = {
    "landmarks": Stage(
        what="speech -> landmarks of lips and head, apart (section 3.1), on GRID s1 and the open clips",
        network=defer(f"{_HERE}.stl:SpeechToLandmarks", part="landmarks"),
        losses=defer(f"{_HERE}.stl_losses:landmarks_losses"),
        example=defer(f"{_HERE}.stl_losses:landmarks_example"),
        train=defer(f"{_HERE}.train_stl:train_landmarks"),
        options=TrainingOptions(steps=600, batch=32, validate_every=150),
        scope=("corpus", "person"),
        personal=TrainingOptions(steps=300, batch=16, learning_rate=3e-4, validate_every=50),
        starts=True,
        needs_speech=True,
    ),
    "renderer": Stage(
        what="landmarks and a picture -> a picture (section 3.2), on GRID s1 and the open clips",
        network=defer(f"{_HERE}.ltv_losses:video_adversaries"),
        losses=defer(f"{_HERE}.ltv_losses:video_losses"),
        example=defer(f"{_HERE}.ltv_losses:video_example"),
        train=defer(f"{_HERE}.train_ltv:train_video"),
        options=TrainingOptions(steps=2400, batch=8, learning_rate=5e-4, validate_every=250),
        scope=("corpus", "person"),
        personal=TrainingOptions(steps=400, batch=8, learning_rate=2e-4, validate_every=50),
        starts=True,
    ),
}
