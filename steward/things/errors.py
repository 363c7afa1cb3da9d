"""What things refuse."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class KindUnknown(Refusal):
    """No room knows things of this kind."""

    tag = "kind_unknown"
    status = 422
    title = "There is no such kind of thing"
    remedy = "Choose one of the kinds that the ontology lists."
