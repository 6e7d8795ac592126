"""What the stages of a job are called when its progress is shown."""

STAGE_NAMES = {
    "speech": "reading the speech",
    "portrait": "tracking the face",
    "model": "loading the networks",
    "motion": "making the motion",
    "render": "rendering",
    "encode": "encoding",
    "track": "following the face",
    "compare": "comparing the pictures",
    "evaluate": "evaluating",
}
