"""Every refusal says what happened and what to do, and docs/errors.md lists it."""

from __future__ import annotations

import inspect
import re

import pytest

from scripts import reference
from steward.doors.openai.errors import error_body
from steward.kernel.errors import Refusal
from steward.kernel.http import problem_body
from steward.knowledge.reading.refusals import TOO_MUCH_MEMORY

PAGE = (reference.ROOT / "docs/errors.md").read_text("utf-8")
# A remedy tells somebody to do something, so it begins with one of these.
VERB = re.compile(
    r"(Activate|Answer|Ask|Change|Check|Choose|Correct|Give|Keep|Load|Name|Read|Refresh|Reload|Send|Shorten|Start|Store|"
    r"Switch|Take|Try|Use|Wait|Write) "
)
# Names as code has them, addresses of files, and what the server is made of.
INTERNALS = re.compile(
    r"[a-z][A-Z]|[a-z]_[a-z]|[/\\`(){}<>]|\.py\b|\b(sql|postgres\w*|dbos|redis|python|exceptions?|traceback|stack|bugs?)\b|"
    r"\b(None|True|False)\b"
)


def kinds() -> list[type[Refusal]]:
    """Every refusal of the program, and the one that they all come from."""
    reference.modules()
    return sorted(
        {kind for kind in reference.descendants(Refusal) if kind.__module__.startswith("steward.")},
        key=lambda kind: (kind.__module__, kind.__name__),
    )


every_refusal = pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)


def test_every_tag_is_documented() -> None:
    listed = dict(re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", PAGE, re.MULTILINE))
    assert listed == {tag.tag: str(tag.status) for tag in reference.tags()}, "run make docs"


def test_what_documents_and_answers_say_is_documented() -> None:
    said = re.compile(r'\b(?:Unreadable|Notice)\(\s*"([a-z_]+)"')
    tags = {
        tag
        for path in (reference.ROOT / "steward").rglob("*.py")
        for tag in said.findall(path.read_text("utf-8"))
    }
    assert {"file_is_encrypted", "fallback_model"} <= tags
    assert {tag for tag in tags | {TOO_MUCH_MEMORY} if f"| `{tag}` |" not in PAGE} == set()


def test_every_refusal_says_when_it_happens() -> None:
    assert [tag.tag for tag in reference.tags() if not tag.meaning.endswith(".")] == []


@pytest.mark.req("ERR-20")
@every_refusal
def test_a_refusal_has_code_cause_and_remedy(kind: type[Refusal]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.tag)
    assert 400 <= kind.status < 600
    assert re.fullmatch(r"[A-Z][^.]+", kind.title)
    cause = inspect.getdoc(kind)
    assert cause is not None
    assert cause.split("\n\n")[0].endswith(".")


@pytest.mark.req("ERR-20")
@every_refusal
def test_a_remedy_is_one_sentence_that_tells_what_to_do(kind: type[Refusal]) -> None:
    assert re.fullmatch(r"[A-Z][^.!?\n]{15,118}\.", kind.remedy)
    assert VERB.match(kind.remedy)
    assert kind.remedy.rstrip(".").casefold() != kind.title.casefold()


@pytest.mark.req("ERR-20")
@every_refusal
def test_what_people_read_names_no_internals(kind: type[Refusal]) -> None:
    assert INTERNALS.search(kind.title) is None
    assert INTERNALS.search(kind.remedy) is None


@pytest.mark.parametrize(
    "text",
    [
        "Look at runs.error in the table model_calls.",
        "Call ProviderTimeout again.",
        "Read steward/kernel/work.py.",
        "Start postgres again.",
        "Set it to None.",
    ],
)
def test_internals_are_recognised(text: str) -> None:
    assert INTERNALS.search(text)


@pytest.mark.req("ERR-20")
@every_refusal
def test_the_page_has_the_whole_refusal(kind: type[Refusal]) -> None:
    if kind is Refusal:
        return
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith(f"| `{kind.tag}` |")]
    ((_, status, title, cause, remedy),) = rows
    assert (status, title, remedy) == (str(kind.status), kind.title, f"{kind.remedy} |")
    assert cause.endswith(".")


@pytest.mark.req("ERR-20")
def test_a_tag_belongs_to_one_refusal_and_those_that_inherit_it() -> None:
    owners = [kind.tag for kind in kinds() if "tag" in vars(kind)]
    assert sorted(owners) == sorted(set(owners))


@pytest.mark.req("ERR-20")
def test_a_refusal_with_a_tag_of_its_own_has_a_remedy_of_its_own() -> None:
    assert [kind for kind in kinds() if "tag" in vars(kind) and "remedy" not in vars(kind)] == []


def test_an_inherited_tag_keeps_status_title_and_remedy() -> None:
    heirs = [kind for kind in kinds() if "tag" not in vars(kind)]
    assert heirs
    for kind in heirs:
        assert vars(kind).keys().isdisjoint({"status", "title", "remedy"}), kind


@pytest.mark.req("ERR-20")
@every_refusal
def test_each_door_shows_the_refusal_in_its_own_shape(kind: type[Refusal]) -> None:
    refusal = kind.__new__(kind)
    Refusal.__init__(refusal, "It did not work.")
    shown = problem_body(refusal, "req_1")
    assert (shown["tag"], shown["detail"], shown["remedy"]) == (kind.tag, "It did not work.", kind.remedy)
    assert error_body(refusal)["error"].keys() == {"message", "type", "param", "code"}
