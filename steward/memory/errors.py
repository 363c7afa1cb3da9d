"""What memory refuses."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class MemoryOff(Refusal):
    """Nothing is remembered of this person: they, or the operator, switched it off."""

    tag = "memory_off"
    status = 409
    title = "Memory is switched off"
    remedy = "Switch memory on in your profile, then try again."


class MemoryKnown(Refusal):
    """Another memory of the person says the same."""

    tag = "memory_known"
    status = 409
    title = "The memory is there already"
    remedy = "Change the other memory, or delete one of the two."
