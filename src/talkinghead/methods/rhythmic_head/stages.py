"""How the networks of Rhythmic Head Motion are trained."""

from __future__ import annotations

from talkinghead.methods.rhythmic_head.motion_stages import MOTION_STAGES
from talkinghead.methods.rhythmic_head.picture_stages import PICTURE_STAGES

STAGES = {**MOTION_STAGES, **PICTURE_STAGES}
