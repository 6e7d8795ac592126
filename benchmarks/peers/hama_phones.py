"""Phones of sounds by PyPI's hama, run by an interpreter into which it was installed: SCRIPT SOUNDS OUT.

SOUNDS: as for the scripts beside this one. OUT gets NAME.json, {"phones": [IPA, start, end in seconds]}.
"""

import json
import sys
from pathlib import Path

import hama
import numpy as np

RATE = 16000

sounds, out = map(Path, sys.argv[1:])
out.mkdir(parents=True, exist_ok=True)
recogniser = hama.ASRModel()
for file in sorted(sounds.glob("*.f32")):
    found = recogniser.transcribe_waveform(np.fromfile(file, "<f4"), RATE)
    spans = [[span.phoneme, span.start_ms / 1000, span.end_ms / 1000] for span in recogniser.phoneme_spans(found)]
    (out / f"{file.stem}.json").write_text(json.dumps({"phones": spans}), encoding="utf-8")
