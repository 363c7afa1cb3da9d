from __future__ import annotations

import pytest

from steward.doors.terminal.talking import Talk
from steward.kernel.errors import NotFound
from tests.conftest import Person
from tests.runs.test_actions import paid
from tests.runs.test_tools import calling
from tests.runs.turns import begin


async def test_a_call_is_asked_about_at_the_terminal(ada: Person, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def agree(question: str) -> bool:
        asked.append(question)
        return True

    started = await begin(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    await Talk(ada.actor, started.run_id, agree).show()
    assert asked == ["Allow testPay amount=5?"]
    assert "Paid." in capsys.readouterr().out


async def test_a_no_is_a_no(ada: Person, capsys: pytest.CaptureFixture[str]) -> None:
    started = await begin(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:As you wish.}}}}")
    await Talk(ada.actor, started.run_id, lambda _question: False).show()
    shown = capsys.readouterr()
    assert "As you wish." in shown.out
    assert "A person said no to this call." in shown.err


async def test_without_anybody_there_it_says_what_waits(
    ada: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    started = await begin(ada, f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}")
    await Talk(ada.actor, started.run_id, None).show()
    shown = capsys.readouterr().err
    assert "Waiting (approval): testPay amount=5; action call_" in shown
    assert paid(shown.split("action ")[1].strip()) == 0


async def test_a_failure_is_told(ada: Person) -> None:
    started = await begin(ada, "{{status:400}}")
    with pytest.raises(NotFound):
        await Talk(ada.actor, started.run_id, None).show()
