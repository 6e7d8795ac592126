"""Made-up results of an evaluation, in the form that ``evaluate_corpus`` gives them."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import evaluation, reenactment
from talkinghead.evaluation.statistics import bootstrap_interval

VALUES = {"d-ll": [0.019, 0.020, 0.021, 0.022], "lmd": [1.0, 2.0, 3.0, 4.0], "psnr-face": [30.0, 31.0, 32.0, 33.0]}


def system(kind: str, values: dict[str, list[float]], *, csim: str = "csim: needs an embedder.") -> dict[str, Any]:
    """One system's part of a result: four clips, one measure that is missing."""
    rows = {name: [dict(zip(values, row)) for row in zip(*values.values())][k] for k, name in enumerate("abcd")}
    summary = {m: dict(zip(("mean", "low", "high"), bootstrap_interval(v)), n=len(v)) for m, v in values.items()}
    return {
        "kind": kind,
        "what": "made up",
        "summary": summary,
        "clips": {
            name: {"speaker": "s", "values": row, "reference": {}, "missing": {"csim": csim}, "notes": ["a note"]}
            for name, row in rows.items()
        },
        "lacking": {},
    }


@pytest.fixture
def raw() -> dict[str, Any]:
    """What ``evaluate_corpus`` might give of makeittalk."""
    still = {name: [2 * value for value in row] for name, row in VALUES.items() if name != "lmd"}
    systems = {"makeittalk": system("method", VALUES), "still picture": system("baseline", still)}
    systems["makeittalk"]["summary"]["fmd"] = {"mean": 12.5, "low": None, "high": None, "n": 4}
    return {
        "format": 1,
        "method": "makeittalk",
        "corpus": "grid_s1",
        "split": "test",
        "protocol": {
            "measures": "all",
            "clips": 4,
            "speakers": 1,
            "crop": "none",
            "seeds": "by name",
            "versions": {"torch": "2.13", "av": "18"},
        },
        "systems": systems,
        "comparisons": {
            "still picture": {"d-ll": {"mean": -0.02, "low": -0.03, "high": -0.01, "n": 4, "verdict": "better"}}
        },
        "failures": [{"system": "makeittalk", "clip": "e", "why": "no face was found."}],
    }


@pytest.fixture
def records(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Records of an evaluation and of predicted landmarks, as they are kept."""
    machine = {"system": "a machine", "version": "9.9.9"}
    predicted = {
        "D-LL": [0.018, 0.020],
        "D-VL": [0.006, 0.006],
        "D-VL at 62.5": [0.0025, 0.0025],
        "D-A": [0.07, 0.09],
        "correlation": [0.9, 0.8],
        "lag": [0.0, 2.0],
    }
    return {
        "evaluation": {"machine": machine, "date": "2026-01-02", "result": evaluation.summarise({"makeittalk": raw})},
        "reenactment": {
            "machine": machine,
            "date": "2026-01-02",
            "result": reenactment.summarise({"makeittalk": predicted}),
        },
    }
