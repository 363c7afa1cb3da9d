"""Which files of a folder become documents."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from steward.knowledge.folders.walk import Bounds, FolderFile, Walked, reason_against, walk


def written(path: Path, content: bytes | str = "Some words.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def walked(*given: Path, most_bytes: int = 1_000, own_folder: Path = Path("/nowhere")) -> Walked:
    return walk(given, Bounds(most_bytes, own_folder))


def names(found: Walked, folder: Path) -> list[str]:
    return [str(file.path.relative_to(folder)) for file in found.files]


def reasons(found: Walked, folder: Path) -> dict[str, str]:
    return {os.path.relpath(one.shown, folder): one.reason for one in found.left_out}


def test_a_folder_is_walked_with_what_is_in_it(tmp_path: Path) -> None:
    for name in ("b.md", "a.md", "c/z.md", "c/d/e.md", "A.md"):
        written(tmp_path / name)
    assert names(walked(tmp_path), tmp_path) == ["A.md", "a.md", "b.md", "c/z.md", "c/d/e.md"]


def test_what_is_hidden_is_left_out_as_a_whole(tmp_path: Path) -> None:
    for name in (".git/config", ".env", "a.md", "b/.cache/c.md"):
        written(tmp_path / name)
    found = walked(tmp_path)
    assert names(found, tmp_path) == ["a.md"]
    assert reasons(found, tmp_path) == dict.fromkeys((".git", ".env", "b/.cache"), "It is hidden.")


def test_a_link_that_leads_out_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    written(folder / "a.md")
    secret = written(tmp_path / "secret/key.txt")
    (folder / "key.txt").symlink_to(secret)
    (folder / "all").symlink_to(secret.parent)
    (folder / "up").symlink_to("..")
    found = walked(folder)
    assert names(found, folder) == ["a.md"]
    leads_out = "It is a link that leads out of the folder."
    assert reasons(found, folder) == dict.fromkeys(("all", "key.txt", "up"), leads_out)


def test_a_link_within_is_the_file_that_it_leads_to(tmp_path: Path) -> None:
    # As orchestrators hand configuration out: the files are links into a hidden folder.
    written(tmp_path / ".hidden/a.md")
    written(tmp_path / "b.md")
    (tmp_path / "a.md").symlink_to(".hidden/a.md")
    (tmp_path / "same.md").symlink_to("b.md")
    (tmp_path / "around").symlink_to(".")
    (tmp_path / "nothing.md").symlink_to("nowhere.md")
    found = walked(tmp_path)
    assert sorted(names(found, tmp_path)) == [".hidden/a.md", "b.md"]
    assert reasons(found, tmp_path)["nothing.md"] == "There is nothing at this path."


def test_a_file_is_met_once(tmp_path: Path) -> None:
    path = written(tmp_path / "c/a.md")
    assert names(walked(tmp_path, tmp_path / "c", path, path), tmp_path) == ["c/a.md"]


def test_large_files_of_a_folder_are_left_out_and_named_ones_are_not(tmp_path: Path) -> None:
    large = written(tmp_path / "large.md", "x" * 1_001)
    written(tmp_path / "fits.md", "x" * 1_000)
    found = walked(tmp_path)
    assert names(found, tmp_path) == ["fits.md"]
    assert reasons(found, tmp_path) == {"large.md": "It is larger than 0.001 MB."}
    assert [file.is_named for file in walked(large).files] == [True]


def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found = walked(tmp_path, tmp_path / "pipe")
    assert found.files == []
    assert reasons(found, tmp_path) == {"pipe": "It is neither a file nor a folder."}


def test_a_name_that_is_no_text_is_left_out(tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path / "caf\udce9.md"))).write_text("Words.")
    found = walked(tmp_path)
    assert found.files == []
    assert reasons(found, tmp_path) == {"caf\ufffd.md": "Its name is not valid Unicode."}


def test_stewards_own_folder_is_left_out(tmp_path: Path) -> None:
    written(tmp_path / "data/pg/base")
    written(tmp_path / "a.md")
    assert names(walked(tmp_path, own_folder=tmp_path / "data"), tmp_path) == ["a.md"]
    assert walked(tmp_path / "data", own_folder=tmp_path / "data").files == []


def test_a_file_that_changes_has_another_state(tmp_path: Path) -> None:
    path = written(tmp_path / "a.md", "one")
    before = walked(tmp_path).files
    assert walked(tmp_path).files == before
    written(path, "three")
    assert walked(tmp_path).files != before


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"# Words", None),
        ("no-ending", b"Words", None),
        ("README", "Größe".encode("utf-16"), None),
        ("a.pdf", b"%PDF-1.4 and then nothing", None),
        ("a.docx", b"PK\x03\x04 and then nothing", None),
        ("empty.md", b"", "The file is empty: it has 0 bytes."),
        ("song.mp3", b"ID3\x04\x00", "This is a sound recording; such files are not read."),
        (
            "cache.bin",
            bytes(range(256)) * 4,
            "This is a file of a kind that is not known here; such files are not read.",
        ),
    ],
)
def test_the_first_bytes_say_whether_it_may_be_a_document(
    tmp_path: Path, name: str, content: bytes, reason: str | None
) -> None:
    path = written(tmp_path / name, content)
    assert reason_against(FolderFile(path, name, (0, 0))) == reason
