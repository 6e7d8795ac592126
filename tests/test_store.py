"""What is kept, by what it is known, and what is done about entries that are damaged."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

import numpy as np
import pytest

from talkinghead.foreign import Arrays
from talkinghead.store import NOTHING_KEPT, Store, code_digest, file_digest, key_of


def numbers() -> Arrays:
    return {"values": np.arange(2000.0).reshape(40, 50), "flag": np.array(True)}


def never() -> Arrays:
    pytest.fail("made again")


def test_what_was_made_is_not_made_again(tmp_path: Path) -> None:
    store, key = Store(tmp_path / "deep" / "store"), key_of("a", 1)
    made = store.arrays("things", key, numbers)
    again = store.arrays("things", key, never)
    assert again.keys() == made.keys()
    np.testing.assert_array_equal(again["values"], numbers()["values"])
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")] == [f"deep/store/things/{key}.npz"]
    assert store.find("others", key) is None
    assert store.find("things", key_of("a", 2)) is None
    np.testing.assert_array_equal(store.array("one", key, lambda: np.arange(3)), np.arange(3))
    np.testing.assert_array_equal(store.array("one", key, lambda: pytest.fail("made again")), np.arange(3))


def test_without_a_folder_nothing_is_kept() -> None:
    calls: list[int] = []
    for _ in range(2):
        NOTHING_KEPT.arrays("things", "key", lambda: calls.append(1) or numbers())
    assert len(calls) == 2


@pytest.mark.parametrize("damage", ["cut", "emptied", "changed", "something else"])
def test_damaged_entries_are_announced_and_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    store, key = Store(tmp_path), key_of(damage)
    store.arrays("things", key, numbers)
    path = tmp_path / "things" / f"{key}.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    whole = path.read_bytes()
    changed = {"cut": whole[: len(whole) // 2], "emptied": b"", "changed": bytes(content), "something else": b"no zip"}
    path.write_bytes(changed[damage])
    again = store.arrays("things", key, numbers)
    np.testing.assert_array_equal(again["values"], numbers()["values"])
    assert [record.getMessage() for record in caplog.records] == [f"{path} is damaged and is made again."]
    store.arrays("things", key, never)


def test_where_nothing_can_be_kept_the_work_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    made = Store(tmp_path / "file").arrays("things", "key", numbers)
    assert made["values"].shape == (40, 50)
    (message,) = (record.getMessage() for record in caplog.records)
    assert message.startswith(f"{tmp_path / 'file'} cannot keep what was computed (")


def _keep_often(folder: Path) -> None:
    for _ in range(20):
        Store(folder).keep("things", "key", numbers())


def test_two_processes_share_a_store(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _keep_often(tmp_path)
    other = multiprocessing.get_context("spawn").Process(target=_keep_often, args=(tmp_path,))
    other.start()
    threads = [threading.Thread(target=_keep_often, args=(tmp_path,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(40):
        assert Store(tmp_path).find("things", "key") is not None
    other.join()
    for thread in threads:
        thread.join()
    assert other.exitcode == 0
    assert not caplog.records
    assert [path.name for path in (tmp_path / "things").iterdir()] == ["key.npz"]


def test_keys_tell_apart_what_differs() -> None:
    keys = {key_of("a", "b"), key_of("a b"), key_of("ab"), key_of("a", None), key_of("a", 1), key_of("a", "1")}
    assert len(keys) == 6
    assert key_of("a", 1.5) == key_of("a", 1.5)


def test_files_are_known_by_their_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"abc")
    other.write_bytes(b"abc")
    assert file_digest(one) == file_digest(other)
    assert file_digest(one) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    other.write_bytes(b"abcd")
    assert file_digest(one) != file_digest(other)
    assert file_digest(None) == ""


def test_code_is_known_by_what_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "made_up_module.py"

    def digest(text: str) -> str:
        module.write_text(text)
        code_digest.cache_clear()
        return code_digest("made_up_module")

    first = digest('"""Doc."""\ndef f():\n    """Doc."""\n    return 1\n')
    assert digest("def f():\n    # a comment\n    return 1\n") == first
    assert digest("def f():\n    return 2\n") != first
    assert code_digest("made_up_module", "numpy==") != code_digest("made_up_module")
    with pytest.raises(ValueError, match="no module"):
        code_digest("made_up_other_module")
