"""Native REST of the ontology: read only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from steward.identity.access import InWork
from steward.kernel.pages import PageSize
from steward.runs import ontology
from steward.runs.ontology import DimensionName, OntologyPage, OntologyRead

router = APIRouter(tags=["ontology"])


@router.get("/ontology")
async def read_ontology(work: InWork) -> OntologyRead:
    """What the workspace is made of: the seven dimensions, how much of each the caller may see, and kinds of thing."""
    return await ontology.overview(work)


@router.get("/ontology/{dimension}")
async def list_dimension(
    work: InWork,
    dimension: DimensionName,
    limit: PageSize = 30,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> OntologyPage:
    """List a dimension, the newest first, every row in the same shape."""
    return await ontology.page(work, dimension, limit=limit, cursor=cursor)
