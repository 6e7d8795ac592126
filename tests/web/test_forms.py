"""Forms have the fields of ``Job``; sentences tell nothing of the server."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from talkinghead.errors import InputError
from talkinghead.production import Job
from talkinghead.web.forms import check_texts, job_form, job_of_form
from talkinghead.web.sentences import display_name, hide_paths, safe_suffix
from talkinghead.web.settings import ServiceSettings, parse_size, parse_span, read_token

OWN = {"person", "format"}
DECIDED = {"out", "motion_out", "overwrite"}


def test_every_field_of_a_job_is_one_of_the_form() -> None:
    form = job_form()
    assert set(form) - OWN == {each.name for each in fields(Job)} - DECIDED
    assert {name for name, each in form.items() if each.file} == {
        *("face", "speech", "text_file", "alignment", "landmarks", "background", "motion", "who")
    }
    assert all(each.schema["description"] for each in form.values())
    assert form["head"].schema["type"] == "number"
    assert form["visible_mark"].schema == {
        "type": "boolean",
        "default": True,
        "description": form["visible_mark"].schema["description"],
    }


def test_a_form_becomes_a_job() -> None:
    values = {"text": "Hi.", "head": "0.5", "seed": "7", "visible_mark": "false", "blink": "off", "fps": "30000/1001"}
    job = job_of_form({**values, "format": "webm", "arkit": "csv"}, {"face": Path("in/face.png")}, Path("o"), Path)
    assert job == Job(
        face="in/face.png", out="o/video.webm", text="Hi.", head=0.5, seed=7, visible_mark=False, blink="off",
        fps="30000/1001", motion_out="o/motion.npz", arkit="o/arkit.csv",
    )  # fmt: skip
    by_name = job_of_form({**values, "person": "anna", "style": "bob"}, {}, Path("o"), Path("persons").joinpath)
    assert (by_name.face, by_name.style) == ("persons/anna", "persons/bob")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"head": "much"}, '"head" must be a number'),
        ({"which_face": "1.5"}, '"which_face" must be a whole number'),
        ({"format": "exe"}, "format exe is unknown"),
        ({"arkit": "/etc/passwd"}, "arkit /etc/passwd is unknown"),
    ],
)
def test_wrong_values_are_named(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        job_of_form(values, {"face": Path("a.png")}, Path("o"), Path)
    with pytest.raises(InputError, match="no face"):
        job_of_form({}, {}, Path("o"), Path)


@pytest.mark.parametrize(
    "values",
    [
        {"voice": "/models/secret.onnx"},
        {"voice": "secret.onnx"},
        {"background": "/etc/passwd"},
        {"config": "../../tmp"},
        {"method": "a\0b"},
        {"seed": "1" * 300},
    ],
)
def test_texts_that_name_files_of_the_server_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(InputError):
        check_texts(values)


def test_ordinary_texts_pass() -> None:
    check_texts({"background": "#00b140", "voice": "de+f3", "text": "1/2 /etc", "fps": "30000/1001", "mix": "-20 dB"})


def test_names_of_clients_are_shown_and_never_used() -> None:
    assert display_name("../../etc/pass\x1b[2Jwd") == "pass[2Jwd"
    assert display_name("C:\\me\\face.png") == "face.png"
    assert display_name("..") == ".."
    assert display_name("") == "file"
    assert [safe_suffix(name) for name in ("a.PNG", "a.tar.gz", "a.p/ng", "a", ".onnx.json", "a." + "x" * 40)] == [
        *(".PNG", ".gz", "", "", ".json", "")
    ]


def test_sentences_tell_no_paths() -> None:
    names = {Path("/srv/data/tasks/x/in/face.png"): "Anna.png"}
    told = hide_paths("/srv/data/tasks/x/in/face.png cannot be read, see /usr/lib/a/b.so or face.png.", names)
    assert told == "Anna.png cannot be read, see b.so or Anna.png."
    assert hide_paths("--fps 30000/1001 is out of range, see https://a.b/c/d.", {}) == (
        "--fps 30000/1001 is out of range, see https://a.b/c/d."
    )


def test_settings(tmp_path: Path) -> None:
    assert parse_size("200MB", "--x") == 200_000_000
    assert parse_size("1.5 gb", "--x") == 1_500_000_000
    assert parse_span("24h", "--x") == 86_400
    for parse, text in ((parse_size, "many"), (parse_size, "-1MB"), (parse_span, "24"), (parse_span, "")):
        with pytest.raises(InputError, match="--x"):
            parse(text, "--x")
    with pytest.raises(InputError, match="--token-file"):
        ServiceSettings(tmp_path, host="0.0.0.0")
    ServiceSettings(tmp_path, host="::1")
    ServiceSettings(tmp_path, host="0.0.0.0", token="x" * 16)
    with pytest.raises(InputError, match="--queue 0"):
        ServiceSettings(tmp_path, queue=0)
    (tmp_path / "token").write_text("short\n")
    with pytest.raises(InputError, match="no token"):
        read_token(tmp_path / "token")
    (tmp_path / "token").write_text("a-good-long-token-42\n")
    assert read_token(tmp_path / "token") == "a-good-long-token-42"
