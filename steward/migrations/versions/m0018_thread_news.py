"""Changes of conversations are told to whoever listens, by ids alone."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"

# Of a conversation, what a list of them shows; counts of tokens and the like change in silence.
_SHOWN = (
    "title",
    "is_pinned",
    "archived",
    "tags",
    "is_running",
    "head_id",
    "agent_id",
    "last_message_at",
    "last_message_preview",
)


def upgrade() -> None:
    """Bring the tables to this revision."""
    # Row security hides no notice from anybody who listens: ids only.
    op.execute(
        """
CREATE FUNCTION tell_of_thread() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    thread threads := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM pg_catalog.pg_notify('steward_threads', concat_ws(',', thread.workspace_id, thread.user_id, thread.id));
    RETURN NULL;
END
$$"""
    )
    old, new = (", ".join(f"{row}.{column}" for column in _SHOWN) for row in ("OLD", "NEW"))
    op.execute(
        "CREATE TRIGGER tell_of_thread AFTER INSERT OR DELETE ON threads "
        "FOR EACH ROW EXECUTE FUNCTION tell_of_thread()"
    )
    op.execute(
        "CREATE TRIGGER tell_of_changed_thread AFTER UPDATE ON threads "
        f"FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION tell_of_thread()"
    )
