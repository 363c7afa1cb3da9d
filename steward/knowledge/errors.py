"""What the knowledge room refuses."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class CollectionExpired(Refusal):
    """The collection has not been used for as long as it was to be kept."""

    tag = "collection_expired"
    status = 409
    title = "The collection has expired"
    remedy = "Give it more days, or none, then search again."


class CollectionBusy(Refusal):
    """The collection is still being embedded anew by an earlier change."""

    tag = "collection_busy"
    status = 409
    title = "The collection is being embedded anew"
    remedy = "Wait until all its documents are ready, then change the embedding model again."


class DocumentNotReady(Refusal):
    """The document has no text to show yet, or never will."""

    tag = "document_not_ready"
    status = 409
    title = "The document is not ready"
    remedy = "Wait until its status is ready; when it has failed, do what its error says."


class FilterInvalid(Refusal):
    """The filter of a search is none."""

    tag = "filter_invalid"
    status = 422
    title = "The filter is not valid"
    remedy = "Use eq, ne, gt, gte, lt, lte, in or nin on an attribute, joined by and or or."


class SamplesMissing(Refusal):
    """This installation has no sample documents."""

    tag = "samples_missing"
    status = 404
    title = "There are no sample documents"
    remedy = "Use documents of your own."
