"""scripts/reference.py: the tables that follow from the code."""

from __future__ import annotations

from pydantic import AliasChoices, BaseModel, Field, SecretStr

from scripts import reference


class Deep(BaseModel):
    """How deep it goes."""

    turn_seconds: float = Field(default=1.5, description="Longest turn.")


class Sample(BaseModel):
    """A sample."""

    port: int = Field(default=8000, description="Port to listen on.")
    api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("api_key", "OPENAI_API_KEY"), description="Key."
    )
    deep: Deep = Deep()


def test_settings_have_their_names_in_the_environment() -> None:
    found = [(setting.name, setting.default) for setting in reference.settings(Sample)]
    assert found == [("STEWARD_PORT", "8000"), ("OPENAI_API_KEY", ""), ("STEWARD_DEEP__TURN_SECONDS", "1.5")]


def test_a_table_goes_between_its_marks() -> None:
    page = "head\n<!-- table x -->\nold\n<!-- end x -->\ntail\n"
    assert reference.between(page, "x", "new\n") == "head\n<!-- table x -->\nnew\n<!-- end x -->\ntail\n"


def test_a_value_with_spaces_is_quoted() -> None:
    assert reference.quoted("two words") == '"two words"'
    assert reference.quoted("one") == "one"
