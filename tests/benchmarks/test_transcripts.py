"""The rates of right and wrong transcripts."""

from benchmarks.transcripts import summarise, table


def test_counts() -> None:
    rows = {
        "doubted": [True, False, True],
        "thrown away": [False] * 3,
        "taken for right": [False, True, False],
        "words kept": [True] * 3,
    }
    assert summarise({"a": rows})["a"]["taken for right"] == [1, 3]
    page = table(summarise({"a": rows, "b": rows}))
    assert "| a | 3 | 2 | 0 | 1 | 3 |" in page
    assert "| all | 6 | 4 | 0 | 2 | 6 |" in page
