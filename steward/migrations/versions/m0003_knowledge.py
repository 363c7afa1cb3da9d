"""Knowledge: files, collections, documents, their passages, and the search function of words."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import UserDefinedType

from steward.kernel.errors import Unavailable
from steward.kernel.rows import APP_ROLE, CURRENT_WORKSPACE, SYSTEM_ROLE, protect

revision = "0003"
down_revision = "0002"

_LENGTHS = (64, 128, 256, 384, 512, 768, 1024, 1536, 3072)


class _HalfVector(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "halfvec"


def upgrade() -> None:
    """Bring the tables to this revision."""
    _ensure_vector()
    op.create_table(
        "files",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_files_bytes")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_files_user_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_files_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_files")),
    )
    op.create_index("ix_files_purpose", "files", ["workspace_id", "purpose", "id"], unique=False)
    op.create_index("ix_files_sha256", "files", ["workspace_id", "sha256"], unique=False)
    op.create_table(
        "collections",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("in_chat", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("embedding_model", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.SmallInteger(), nullable=False),
        sa.Column("former_model", sa.Text(), nullable=True),
        sa.Column("former_dimensions", sa.SmallInteger(), nullable=True),
        sa.Column("chunk_tokens", sa.Integer(), nullable=False),
        sa.Column("chunk_overlap", sa.Integer(), nullable=False),
        sa.Column("expires_days", sa.Integer(), nullable=True),
        sa.Column(
            "last_active_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("chunks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "metadata",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("chunks >= 0", name=op.f("ck_collections_chunks")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_collections_user_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_collections_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_collections")),
    )
    op.create_index("ix_collections_list", "collections", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index(
        "uq_collections_default",
        "collections",
        ["workspace_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "documents",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("collection_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("file_id", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("title_given", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("status", sa.Text(), server_default="in_progress", nullable=False),
        sa.Column("stage", sa.Text(), server_default="accepted", nullable=False),
        sa.Column("chunks_done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("chunks_total", sa.Integer(), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("live_revision", sa.Integer(), nullable=True),
        sa.Column("live_model", sa.Text(), nullable=True),
        sa.Column("live_chunks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("chars", sa.Integer(), nullable=True),
        sa.Column("ready_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "stage IN ('accepted', 'stored', 'parsed', 'chunked', 'embedded', 'searchable')",
            name=op.f("ck_documents_stage"),
        ),
        sa.CheckConstraint("status IN ('in_progress', 'ready', 'failed')", name=op.f("ck_documents_status")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_documents_user_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "collection_id"],
            ["collections.workspace_id", "collections.id"],
            name=op.f("fk_documents_workspace_id_collection_id_collections"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "file_id"],
            ["files.workspace_id", "files.id"],
            name="fk_documents_file",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_documents_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_documents")),
    )
    op.create_index("ix_documents_file", "documents", ["workspace_id", "file_id"], unique=False)
    op.create_index(
        "ix_documents_list", "documents", ["workspace_id", "collection_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_documents_open",
        "documents",
        ["workspace_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'in_progress'"),
    )
    op.create_index(
        "uq_documents_source",
        "documents",
        ["workspace_id", "collection_id", "source"],
        unique=True,
        postgresql_where=sa.text("source IS NOT NULL"),
    )
    op.create_table(
        "document_texts",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "id"],
            ["documents.workspace_id", "documents.id"],
            name=op.f("fk_document_texts_workspace_id_id_documents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_document_texts_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", "revision", name=op.f("pk_document_texts")),
    )
    op.create_table(
        "chunks",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.Text(), nullable=False),
        sa.Column("start_at", sa.Integer(), nullable=False),
        sa.Column("end_at", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("headings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lexemes", postgresql.TSVECTOR(), nullable=False),
        sa.Column("dimensions", sa.SmallInteger(), nullable=False),
        sa.Column("is_indexed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("embedding", _HalfVector(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "document_id"],
            ["documents.workspace_id", "documents.id"],
            name=op.f("fk_chunks_workspace_id_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspaces.id"],
            name=op.f("fk_chunks_workspace_id_workspaces"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "document_id", "revision", "ordinal", name=op.f("pk_chunks")),
    )
    op.create_index("ix_chunks_collection", "chunks", ["workspace_id", "collection_id"], unique=False)
    op.create_index(
        "ix_chunks_unindexed",
        "chunks",
        ["workspace_id", "collection_id"],
        unique=False,
        postgresql_where=sa.text("NOT is_indexed"),
    )
    op.create_index("ix_chunks_lexemes", "chunks", ["lexemes"], unique=False, postgresql_using="gin")
    for statement in [
        *_vectors(),
        *_counting(),
        *protect("files"),
        *protect("collections"),
        *protect("documents"),
        *protect("document_texts"),
        *protect("chunks"),
        *_search(),
    ]:
        op.execute(statement)


def _ensure_vector() -> None:
    if (
        op.get_bind().execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'vector'")).first()
        is not None
    ):
        return
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION vector")
    except DBAPIError as error:
        raise Unavailable(
            "The database lacks the extension `vector`, and this role may not make it. Ask an administrator of the "
            "database to run CREATE EXTENSION vector; in it, then start again."
        ) from error


def _vectors() -> list[str]:
    return [
        # Vectors stay in the row, texts and words move out of it: whoever compares vectors one by one reads few pages.
        "ALTER TABLE chunks ALTER COLUMN embedding SET STORAGE PLAIN",
        "ALTER TABLE chunks SET (toast_tuple_target = 512)",
        *(
            f"CREATE INDEX ix_chunks_near_{length} ON chunks "
            f"USING hnsw ((embedding::halfvec({length})) halfvec_ip_ops) WHERE dimensions = {length} AND is_indexed"
            for length in _LENGTHS
        ),
    ]


def _counting() -> list[str]:
    # A collection knows how many passages can be found in it, also when documents go together with their file.
    return [
        """
CREATE FUNCTION count_chunks() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE collections SET chunks = chunks - OLD.live_chunks + CASE TG_OP WHEN 'UPDATE' THEN NEW.live_chunks ELSE 0 END
    WHERE workspace_id = OLD.workspace_id AND id = OLD.collection_id;
    RETURN NULL;
END
$$""",
        "CREATE TRIGGER count_chunks AFTER DELETE OR UPDATE OF live_chunks ON documents "
        "FOR EACH ROW EXECUTE FUNCTION count_chunks()",
    ]


def _search() -> list[str]:
    # Words use no index behind row security, so they are searched through one function that names the workspace itself.
    # A word counts by how rare it is among what is searched, and fifty passages without it: in a handful of passages
    # every word would be common. In a large collection only the rarer words choose the
    # candidates: ranking every passage that holds a common one would take seconds.
    signature = (
        "search_chunks(text[], text, text[], text[], text[], jsonpath, jsonb, int, int, text[], int[], int[])"
    )
    return [
        f"""
CREATE FUNCTION search_chunks(
    words text[], main text, configs text[], collections text[], documents text[], filter jsonpath, filter_values jsonb,
    in_scope int, most int, near_documents text[], near_revisions int[], near_ordinals int[]
)
RETURNS TABLE (document_id text, revision int, ordinal int, rank real, coverage real)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    workspace text := {CURRENT_WORKSPACE};
    forms tsquery[];
    likely float[];
    wanted tsquery;
    form tsquery;
    plan json;
    sum_likely float := 0;
    every float;
BEGIN
    SELECT array_agg(one.form::tsquery ORDER BY one.at) INTO forms FROM (
        SELECT w.at, string_agg(DISTINCT quote_literal(v.lexeme), ' | ') AS form
        FROM unnest(words) WITH ORDINALITY AS w(word, at), unnest(configs) AS c(name),
            unnest(to_tsvector(c.name::regconfig, w.word)) AS v
        WHERE to_tsvector(main::regconfig, w.word) <> ''::tsvector
        GROUP BY w.at
    ) AS one;
    IF forms IS NULL THEN
        forms := ARRAY[]::tsquery[];
    END IF;
    likely := array_fill(0::float, ARRAY[cardinality(forms)]);
    IF in_scope > {{small}} THEN
        SELECT greatest(1, t.reltuples) INTO every FROM pg_class t WHERE t.oid = 'chunks'::regclass;
        FOR at IN 1..cardinality(forms) LOOP
            EXECUTE format('EXPLAIN (FORMAT JSON) SELECT 1 FROM chunks WHERE lexemes @@ %L::tsquery', forms[at])
                INTO plan;
            likely[at] := (plan -> 0 -> 'Plan' ->> 'Plan Rows')::float;
        END LOOP;
        FOR form, sum_likely IN
            SELECT f.form, sum(f.likely) OVER (ORDER BY f.likely, f.at)
            FROM unnest(forms, likely) WITH ORDINALITY AS f(form, likely, at) ORDER BY f.likely, f.at
        LOOP
            EXIT WHEN wanted IS NOT NULL AND sum_likely > {{enough}};
            wanted := coalesce(wanted || form, form);
        END LOOP;
        SELECT l.least INTO sum_likely FROM (SELECT min(v) AS least FROM unnest(likely) AS v) AS l;
        IF sum_likely > {{enough}} AND cardinality(forms) > 1 THEN
            -- Every word is common: passages that hold the three rarest together.
            SELECT string_agg('(' || r.form::text || ')', ' & ')::tsquery INTO wanted FROM (
                SELECT f.form FROM unnest(forms, likely) AS f(form, likely) ORDER BY f.likely LIMIT 3
            ) AS r;
        END IF;
        likely := ARRAY(SELECT v * in_scope / greatest(every, in_scope) FROM unnest(likely) WITH ORDINALITY AS l(v, at)
            ORDER BY at);
    ELSE
        FOREACH form IN ARRAY forms LOOP
            wanted := coalesce(wanted || form, form);
        END LOOP;
    END IF;
    RETURN QUERY
    WITH found AS (
        (
            SELECT c.document_id, c.revision, c.ordinal, c.lexemes
            FROM chunks c JOIN documents d
                ON d.workspace_id = workspace AND d.id = c.document_id AND d.live_revision = c.revision
            WHERE c.workspace_id = workspace AND c.collection_id = ANY (collections) AND c.lexemes @@ wanted
                AND (search_chunks.documents IS NULL OR c.document_id = ANY (search_chunks.documents))
                AND (filter IS NULL OR jsonb_path_match(d.attributes, filter, filter_values, true))
            LIMIT {{most_candidates}}
        )
        UNION
        SELECT c.document_id, c.revision, c.ordinal, c.lexemes
        FROM unnest(near_documents, near_revisions, near_ordinals) AS n(document_id, revision, ordinal)
        JOIN chunks c ON c.workspace_id = workspace AND c.document_id = n.document_id AND c.revision = n.revision
            AND c.ordinal = n.ordinal
    ),
    seen AS (
        SELECT f.document_id, f.revision, f.ordinal, q.at, f.lexemes @@ q.form AS has,
            ts_rank(ARRAY[1, 1, 1, 1]::real[], f.lexemes, q.form) AS weight
        FROM found f CROSS JOIN unnest(forms) WITH ORDINALITY AS q(form, at)
    ),
    rarity AS (
        SELECT s.at, ln(1 + (greatest(in_scope, k.often) + 50 - k.often + 0.5) / (k.often + 0.5)) AS weight
        FROM (SELECT seen.at, count(*) FILTER (WHERE seen.has) AS counted FROM seen GROUP BY seen.at) AS s
        CROSS JOIN LATERAL (SELECT greatest(s.counted, likely[s.at]) AS often) AS k
    )
    SELECT s.document_id, s.revision, s.ordinal, sum(r.weight * s.weight)::real,
        (coalesce(sum(r.weight) FILTER (WHERE s.has), 0) / sum(r.weight))::real
    FROM seen s JOIN rarity r ON r.at = s.at
    GROUP BY s.document_id, s.revision, s.ordinal
    ORDER BY 4 DESC, s.document_id, s.ordinal
    LIMIT most + cardinality(near_documents);
END
$$""".replace("{small}", "1000")
        .replace("{enough}", "600")
        .replace("{most_candidates}", "1200"),
        f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}",
        f"GRANT {SYSTEM_ROLE} TO CURRENT_USER",
        f"GRANT CREATE ON SCHEMA public TO {SYSTEM_ROLE}",
        f"ALTER FUNCTION {signature} OWNER TO {SYSTEM_ROLE}",
        f"REVOKE CREATE ON SCHEMA public FROM {SYSTEM_ROLE}",
    ]
