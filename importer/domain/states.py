"""The states of an invoice in the ledger, and the only ways from one to another."""

from enum import StrEnum


class State(StrEnum):
    """What the ledger knows of an invoice."""

    READY = "ready"  # frozen, not sent (or proved not sent)
    SENDING = "sending"  # an attempt was begun; what it did is not proved yet
    POSTED = "posted"  # exists in Facturalia; final
    REJECTED = "rejected"  # definitively refused by the API; a later import tries the next generation
    UNKNOWN = "unknown"  # cannot be proved without a person
    HELD = "held"  # a person must decide (credit note, negative line, `hold`)


class PlanClass(StrEnum):
    """What a plan says of one source invoice against the ledger. Each invoice has exactly one."""

    NEW = "new"  # never sent: will be posted
    READY = "ready"  # frozen earlier, not sent yet: frozen anew and posted
    RETRY = "retry"  # rejected before: sent again with the next generation
    REPLAY = "replay"  # an attempt is unanswered: only its stored bytes go again
    ALREADY_POSTED = "already_posted"
    CHANGED = "changed"  # posted, and the file now says something else: shown, never sent
    HELD = "held"
    SETTLED = "settled"  # a person took it off the list
    UNKNOWN = "unknown"
    REFUSED = "refused"


SENDABLE = frozenset({PlanClass.NEW, PlanClass.READY, PlanClass.RETRY, PlanClass.REPLAY})

TRANSITIONS: frozenset[tuple[State, State]] = frozenset(
    {
        (State.READY, State.READY),  # frozen anew from a newer file
        (State.READY, State.SENDING),
        (State.READY, State.HELD),
        (State.SENDING, State.SENDING),  # another attempt
        (State.SENDING, State.READY),  # every attempt was proved not sent
        (State.SENDING, State.POSTED),
        (State.SENDING, State.REJECTED),
        (State.SENDING, State.UNKNOWN),
        (State.UNKNOWN, State.SENDING),  # replay inside the window
        (State.UNKNOWN, State.POSTED),  # a person
        (State.UNKNOWN, State.READY),  # a person: next generation
        (State.REJECTED, State.READY),  # next generation
        (State.REJECTED, State.HELD),
        (State.HELD, State.READY),  # released, or the newer file is no credit note any more
        (State.HELD, State.HELD),
    }
)
