"""One conversation of many messages, written past the model, for what opens and draws it.

python -m bench.long_conversation --data-dir FOLDER --workspace ID --email ADDRESS [--messages N]

Steward runs on the folder meanwhile. The conversation's id is printed.
"""

import argparse
import asyncio
from pathlib import Path

import asyncpg

from steward.kernel.embedded import EmbeddedPostgres
from steward.kernel.ids import new_id
from steward.kernel.work import asyncpg_dsn

# Every fourth answer has what costs most to draw: a list, a table and code.
_FILL = """
WITH said AS (
    SELECT m, CASE WHEN m % 2 = 1 THEN 'Question ' || m || ': what does the log say of berth ' || m % 40 || '?'
        ELSE 'Answer ' || m || E': the berth was **free** in the `morning`.\n\n' || (
            SELECT string_agg('word' || (hashint4(m * 100 + w) & 4095), ' ') FROM generate_series(1, 60) w
        ) || CASE WHEN m % 8 = 0 THEN E'\n\n- one\n- two\n\n| berth | fee |\n| --- | ---: |\n| 1 | 12 |\n\n'
            || E'```python\ndef fee(berth: int) -> int:\n    return berth * 12\n```\n' ELSE '' END
        END AS content
    FROM generate_series(1, $4::int) m
), thread AS (
    INSERT INTO threads (workspace_id, id, user_id, title, head_id, message_count, token_count, last_message_at,
        last_message_preview, created_at)
    VALUES ($1, $2, $3, 'A long conversation', 'msg_' || substr($2, 8) || '_' || lpad($4::text, 6, '0'), $4, $4 * 40,
        now(), 'the end of it', now() - interval '30 days')
)
INSERT INTO messages (workspace_id, id, thread_id, user_id, parent_id, role, content, parts, created_at)
SELECT $1, 'msg_' || substr($2, 8) || '_' || lpad(m::text, 6, '0'), $2, $3,
    CASE WHEN m > 1 THEN 'msg_' || substr($2, 8) || '_' || lpad((m - 1)::text, 6, '0') END,
    CASE WHEN m % 2 = 1 THEN 'user' ELSE 'assistant' END, content,
    jsonb_build_array(jsonb_build_object('type', 'text', 'text', content)), now() - interval '1 second' * ($4 - m)
FROM said
"""


async def write(data_dir: Path, workspace_id: str, email: str, messages: int) -> str:
    """Write the conversation as the owner of the tables. Returns: its id."""
    database = await asyncpg.connect(asyncpg_dsn(EmbeddedPostgres(data_dir).owner_url))
    try:
        user_id = await database.fetchval("SELECT id FROM users WHERE email = $1", email)
        thread_id = new_id("thread")
        async with database.transaction():
            # Rows point at each other; the checks are put off past the filling.
            await database.execute("SET LOCAL session_replication_role = replica")
            await database.execute(_FILL, workspace_id, thread_id, user_id, messages)
        return thread_id
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.long_conversation")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--workspace", required=True, help="the id of the workspace")
    parser.add_argument("--email", required=True, help="whose conversation it is")
    parser.add_argument("--messages", type=int, default=10_000)
    options = parser.parse_args()
    print(asyncio.run(write(options.data_dir, options.workspace, options.email, options.messages)))


if __name__ == "__main__":
    main()
