"""Tables of recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from talkinghead.data.manifest import manifest_rows
from talkinghead.errors import InputError


def test_rows_go_by_the_names_of_their_columns(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text('file,licence\na.mp4,"CC BY 4.0, as stated"\n', encoding="utf-8")
    assert manifest_rows(tmp_path) == [{"file": "a.mp4", "licence": "CC BY 4.0, as stated"}]


def test_a_folder_without_a_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no manifest\.csv"):
        manifest_rows(tmp_path / "nowhere")
