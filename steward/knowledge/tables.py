"""Tables of knowledge."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    func,
    literal_column,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from steward.kernel.rows import Owned, Row, Stamped

INDEXED_DIMENSIONS: Final = (64, 128, 256, 384, 512, 768, 1024, 1536, 3072)
"""Lengths of vectors that have an index of nearest neighbours; others are compared one by one."""


class HalfVector(UserDefinedType[str]):
    """pgvector's vector of 16-bit numbers, written as text: half the size, and no worse at finding neighbours."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in SQL."""
        return "halfvec"


# So that a comparison of tables and database knows the type.
cast(dict[str, object], ischema_names)["halfvec"] = HalfVector


class Collection(Owned, Stamped, Row):
    """Documents that are searched together; OpenAI calls it a vector store.

    `former_*` name the embedder whose vectors stand while a new one makes its own. `chunks` counts the passages
    that can be found, and `languages` are the text search configurations that they were written with.
    """

    __tablename__ = "collections"
    __table_args__ = (
        Index("ix_collections_list", "workspace_id", "created_at", "id"),
        Index("uq_collections_default", "workspace_id", unique=True, postgresql_where=sql("is_default")),
        CheckConstraint("chunks >= 0", name="chunks"),
    )

    name: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    is_default: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    in_chat: Mapped[bool] = mapped_column(Boolean, server_default=sql("true"))
    embedding_model: Mapped[str]
    dimensions: Mapped[int] = mapped_column(SmallInteger)
    former_model: Mapped[str | None]
    former_dimensions: Mapped[int | None] = mapped_column(SmallInteger)
    chunk_tokens: Mapped[int]
    chunk_overlap: Mapped[int]
    expires_days: Mapped[int | None]
    last_active_at: Mapped[datetime] = mapped_column(server_default=func.now())
    chunks: Mapped[int] = mapped_column(server_default=sql("0"))
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    collection_metadata: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=sql("'{}'"))


class Document(Owned, Stamped, Row):
    """A file in a collection, on its way to being found, or there.

    `revision` is the one wanted; `live_revision` the one whose passages are found, None while there is none.
    `chunk_*` say how it is cut, when not as its collection.
    """

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "collection_id"],
            ["collections.workspace_id", "collections.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "file_id"],
            ["files.workspace_id", "files.id"],
            name="fk_documents_file",
            ondelete="CASCADE",
        ),
        Index("ix_documents_list", "workspace_id", "collection_id", "created_at", "id"),
        Index("ix_documents_file", "workspace_id", "file_id"),
        Index(
            "uq_documents_source",
            "workspace_id",
            "collection_id",
            "source",
            unique=True,
            postgresql_where=sql("source IS NOT NULL"),
        ),
        Index("ix_documents_open", "workspace_id", "id", postgresql_where=sql("status = 'in_progress'")),
        CheckConstraint("status IN ('in_progress', 'ready', 'failed')", name="status"),
        CheckConstraint(
            "stage IN ('accepted', 'stored', 'parsed', 'chunked', 'embedded', 'searchable')", name="stage"
        ),
    )

    collection_id: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    file_id: Mapped[str | None]
    source: Mapped[str | None]
    title: Mapped[str] = mapped_column(server_default="")
    title_given: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    name: Mapped[str] = mapped_column(server_default="")
    media_type: Mapped[str] = mapped_column(server_default="")
    bytes: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    sha256: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'"))
    status: Mapped[str] = mapped_column(server_default="in_progress")
    stage: Mapped[str] = mapped_column(server_default="accepted")
    chunks_done: Mapped[int] = mapped_column(server_default=sql("0"))
    chunks_total: Mapped[int | None]
    chunk_tokens: Mapped[int | None]
    chunk_overlap: Mapped[int | None]
    error: Mapped[dict[str, Any] | None]
    revision: Mapped[int] = mapped_column(server_default=sql("1"))
    live_revision: Mapped[int | None]
    live_model: Mapped[str | None]
    live_chunks: Mapped[int] = mapped_column(server_default=sql("0"))
    language: Mapped[str | None]
    pages: Mapped[int | None]
    chars: Mapped[int | None]
    ready_at: Mapped[datetime | None]


class FileBatch(Owned, Stamped, Row):
    """Files that were put into a collection together: their documents tell how far it is."""

    __tablename__ = "file_batches"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "collection_id"],
            ["collections.workspace_id", "collections.id"],
            name="fk_file_batches_collection",
            ondelete="CASCADE",
        ),
        Index("ix_file_batches_collection", "workspace_id", "collection_id"),
    )

    collection_id: Mapped[str]
    file_ids: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    cancelled_at: Mapped[datetime | None]


class DocumentText(Owned, Row):
    """What a document says, in one revision: what the places of its passages count in."""

    __tablename__ = "document_texts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "id"], ["documents.workspace_id", "documents.id"], ondelete="CASCADE"
        ),
    )

    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]


class Chunk(Row):
    """A passage: `text` is the document's text from `start_at` to `end_at`.

    Attributes:
        lexemes: the words of title, headings and text, in the language of the document.
        embedding: of length 1, made by the collection's embedder.
        is_indexed: whether its vector is in an index of nearest neighbours. Only workspaces with many passages need
            one, and there passages are put into it a moment after they came.
    """

    __tablename__ = "chunks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "document_id"], ["documents.workspace_id", "documents.id"], ondelete="CASCADE"
        ),
        Index("ix_chunks_collection", "workspace_id", "collection_id"),
        Index(
            "ix_chunks_unindexed",
            "workspace_id",
            "collection_id",
            postgresql_where=sql("NOT is_indexed"),
        ),
        Index("ix_chunks_lexemes", "lexemes", postgresql_using="gin"),
        *(
            Index(
                f"ix_chunks_near_{length}",
                literal_column(f"(embedding::halfvec({length}))", Text).label("near"),
                postgresql_ops={"near": "halfvec_ip_ops"},
                postgresql_using="hnsw",
                postgresql_where=sql(f"dimensions = {length} AND is_indexed"),
            )
            for length in INDEXED_DIMENSIONS
        ),
    )

    workspace_id: Mapped[str] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    document_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    collection_id: Mapped[str]
    start_at: Mapped[int]
    end_at: Mapped[int]
    page: Mapped[int | None]
    headings: Mapped[list[str]] = mapped_column(JSONB)
    tokens: Mapped[int]
    text: Mapped[str]
    lexemes: Mapped[str] = mapped_column(TSVECTOR, deferred=True)
    dimensions: Mapped[int] = mapped_column(SmallInteger)
    is_indexed: Mapped[bool] = mapped_column(Boolean, server_default=sql("false"))
    embedding: Mapped[str] = mapped_column(HalfVector, deferred=True)
