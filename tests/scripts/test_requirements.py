"""scripts/requirements.py: which rows have a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from scripts import requirements

PAGE = """
| Id | What | How to show it works |
| --- | --- | --- |
| CHAT-01 | An endpoint | a test |
| CHAT-02 | Settings `a|b` of it | a test |
| UI-01 | A page | a test |
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with one requirements page and no test."""
    for folder in ("docs", "tests/chat", "web/src", "web/node_modules/x"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "docs/requirements.md").write_text(PAGE)
    return tmp_path


def test_every_row_of_the_page_is_read() -> None:
    text = (requirements.ROOT / "docs/requirements.md").read_text("utf-8")
    rows = requirements.rows_of(text)
    assert len(rows) == len(re.findall(r"^\| [A-Z]+-\d", text, re.MULTILINE)) > 500


def test_no_test_names_an_unknown_row() -> None:
    assert requirements.read(requirements.ROOT).unknown == {}


def test_marks_are_found_on_functions_classes_and_modules() -> None:
    source = '''
pytestmark = pytest.mark.req("A-01")
@pytest.mark.req("A-02", "A-03")
class TestThis:
    @mark.req("A-04")
    def test_that(self): """Not "A-05"."""
'''
    assert sorted(requirements.ids_in_python(source)) == ["A-01", "A-02", "A-03", "A-04"]


def test_titles_of_the_web_app_are_read() -> None:
    source = """
// test('[A-09] commented in no title'
describe("the list [A-01]", () => {
  it(`shows rows [A-02, A-03]`, () => { expect(x).toBe("[A-08]") });
  test.skip(
    'waits [A-04]', async () => {});
  it.each(Object.entries(table) as [A, Record<B, string>][])("counts %s [A-05]", () => {});
});
"""
    assert set(requirements.ids_in_web(source)) >= {"A-01", "A-02", "A-03", "A-04", "A-05"}
    assert "A-08" not in set(requirements.ids_in_web(source))


def test_the_table_counts_covered_and_open_rows(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "tests/chat/test_a.py").write_text(
        'import pytest\n@pytest.mark.req("CHAT-01")\ndef test_a(): ...\n'
    )
    (tree / "web/src/list.test.tsx").write_text('it("shows a page [UI-01]", () => {})')
    (tree / "web/node_modules/x/x.test.ts").write_text('it("is not ours [NO-01]", () => {})')
    assert requirements.main([], tree) == 0
    assert capsys.readouterr().out == snapshot("""\
group  covered  open  open rows
CHAT         1     1  02
UI           1     0
sum          2     1  of 3
""")


def test_open_rows_are_listed_with_their_sentence(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert requirements.main(["--open", "chat"], tree) == 0
    assert capsys.readouterr().out == snapshot("""\
CHAT-01  An endpoint
CHAT-02  Settings `a|b` of it
""")


def test_an_unknown_group_is_refused(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert requirements.main(["--open", "NOPE"], tree) == 2
    assert "the groups are CHAT UI" in capsys.readouterr().err


def test_an_unknown_id_fails(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "tests/chat/test_a.py").write_text('@pytest.mark.req("CHAT-99")\ndef test_a(): ...\n')
    assert requirements.main([], tree) == 1
    assert (
        "CHAT-99 is not in docs/requirements.md, but tests/chat/test_a.py names it" in capsys.readouterr().err
    )
