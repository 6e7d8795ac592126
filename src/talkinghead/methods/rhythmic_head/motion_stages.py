"""How the two networks that listen are trained."""

from __future__ import annotations

from talkinghead.training.stage import Stage, TrainingOptions, defer

_HERE = "talkinghead.methods.rhythmic_head"

MOTION_STAGES = {
    "expression": Stage(
        what="seven frames of sound and a face at rest -> the face (section 3.2), on GRID s1 and the open clips",
        network=defer(f"{_HERE}.expression:ExpressionLearner", part="expression"),
        losses=defer(f"{_HERE}.expression_losses:expression_losses"),
        example=defer(f"{_HERE}.expression_losses:expression_example"),
        train=defer(f"{_HERE}.train_expression:train_expression"),
        options=TrainingOptions(steps=1600, batch=48, learning_rate=1.5e-3),
    ),
    "head": Stage(
        what="three seconds of a head and its sound -> how it goes on (section 3.3), on the open recordings",
        network=defer(f"{_HERE}.head:HeadMotionLearner", part="head"),
        losses=defer(f"{_HERE}.head_losses:head_losses"),
        example=defer(f"{_HERE}.head_losses:head_example"),
        train=defer(f"{_HERE}.train_head:train_head"),
        options=TrainingOptions(steps=3000, batch=32, learning_rate=2e-3),
    ),
}
