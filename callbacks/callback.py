"""One callback for life: its states, the steps between them, and what an outcome means. Pure.

Late is a flag and never a state; nothing expires.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

State = Literal[
    "waiting",
    "ready",
    "claimed",
    "dialing",
    "talking",
    "wrap_up",
    "resolved",
    "unreached",
    "cancelled_by_caller",
    "answered_elsewhere",
    "merged",
    "not_needed",
    "refused",
]
SubState = Literal[
    "",
    "window",
    "scheduled",
    "retry",
    "snoozed",
    "needs_number",
    "agent_leg",
    "customer_leg",
    "submission_unknown",
]
Step = Literal[
    "promote",  # its moment has come
    "claim",
    "inspect",  # taken up although it has no good number: somebody must find one, or close it
    "renew",
    "release",
    "expire",  # the lease ran out
    "dial",
    "agent_failed",  # the agent's own leg did not answer: no attempt on the customer
    "unsure",  # the provider did not answer
    "answer",
    "hang_up",
    "retry",  # try again later
    "lose_number",  # the number does not lead to the customer
    "give_number",
    "close",
    "cancel",  # the caller no longer wants it
    "merge",
    "dismiss",  # nobody spoke in its messages
    "reopen",
    "undo",  # a closing was a mistake: whoever closed it holds it again
]
Outcome = Literal[
    "busy",
    "no_answer",
    "voicemail_reached",
    "wrong_person",
    "invalid_number",
    "carrier_failure",
    "call_later",
    "resolved",
    "do_not_call",
    "not_needed",
    "answered_elsewhere",
    "cancelled_by_caller",
    "unreached",
]

# What an attempt may come to, and what may end a callback without one.
AttemptOutcome = Literal[
    "busy",
    "no_answer",
    "voicemail_reached",
    "wrong_person",
    "invalid_number",
    "carrier_failure",
    "call_later",
    "resolved",
    "do_not_call",
]
ClosingOutcome = Literal[
    "resolved", "do_not_call", "not_needed", "answered_elsewhere", "cancelled_by_caller", "unreached"
]

STATES: Final[tuple[State, ...]] = get_args(State)
STEPS: Final[tuple[Step, ...]] = get_args(Step)
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
HELD_STATES: Final[tuple[State, ...]] = ("claimed", "dialing", "talking", "wrap_up")
LIVE_STATES: Final[tuple[State, ...]] = ("waiting", "ready", *HELD_STATES)
FINAL_STATES: Final[tuple[State, ...]] = tuple(state for state in STATES if state not in LIVE_STATES)
# While a call is up its own state holds the callback; only these are given up when the lease runs out.
LEASED_STATES: Final[tuple[State, ...]] = ("claimed", "wrap_up")

# What ends a callback, and how it is then called. The other outcomes ask for another attempt (schedule/retry_schedule.py).
FINAL_OF_OUTCOME: Final[dict[Outcome, State]] = {
    "resolved": "resolved",
    "do_not_call": "refused",
    "not_needed": "not_needed",
    "answered_elsewhere": "answered_elsewhere",
    "cancelled_by_caller": "cancelled_by_caller",
    "unreached": "unreached",
}
# The agent spoke with the right person: a machine or a stranger is not contact.
CONTACTS: Final[frozenset[Outcome]] = frozenset({"call_later", "resolved", "do_not_call", "answered_elsewhere"})
# What weighs on the customer, whose patience is limited; a fault of the carrier or of the agent's leg does not.
COUNTED: Final[frozenset[Outcome]] = frozenset({"busy", "no_answer", "voicemail_reached", "wrong_person"})

_LEGAL: Final[dict[Step, tuple[State, ...]]] = {
    "promote": ("waiting",),
    "claim": ("ready",),
    "inspect": ("waiting",),
    "renew": HELD_STATES,
    "release": LEASED_STATES,
    "expire": LEASED_STATES,
    "dial": ("claimed",),
    "agent_failed": ("dialing",),
    "unsure": ("dialing",),
    "answer": ("dialing",),
    "hang_up": ("dialing", "talking"),
    "retry": HELD_STATES,
    "lose_number": HELD_STATES,
    "give_number": ("waiting", *HELD_STATES),
    "close": HELD_STATES,
    "cancel": LIVE_STATES,
    "merge": ("waiting", "ready"),
    "dismiss": ("waiting", "ready"),
    "reopen": FINAL_STATES,
    "undo": tuple(state for state in FINAL_STATES if state != "merged"),
}
_LEADS_TO: Final[dict[Step, State]] = {
    "promote": "ready",
    "claim": "claimed",
    "inspect": "claimed",
    "release": "ready",
    "expire": "ready",
    "dial": "dialing",
    "agent_failed": "claimed",
    "unsure": "dialing",
    "answer": "talking",
    "hang_up": "wrap_up",
    "retry": "waiting",
    "lose_number": "waiting",
    "give_number": "ready",
    "cancel": "cancelled_by_caller",
    "merge": "merged",
    "dismiss": "not_needed",
    "reopen": "ready",
    "undo": "claimed",
}


class CallbackError(Exception):
    """A step on a callback was refused; nothing changed. The same request again is refused again."""


class UnknownCallback(CallbackError):
    """There is no callback of this id."""

    def __init__(self, callback_id: str) -> None:
        super().__init__(f"there is no callback {callback_id}")
        self.callback_id = callback_id


class IllegalStep(CallbackError):
    """The callback is in a state from which this step does not go; it names who holds it."""

    def __init__(self, step: str, state: str, holder: str | None) -> None:
        held = f", held by {holder}" if holder else ""
        super().__init__(f"cannot {step.replace('_', ' ')}: the callback is {state.replace('_', ' ')}{held}")
        self.step, self.state, self.holder = step, state, holder


class StaleNonce(CallbackError):
    """The lease under which this was written is over: the callback is free, or somebody else's, or final."""

    def __init__(self, callback_id: str, state: str, holder: str | None, *, keeps_note: bool = False) -> None:
        held = f" and held by {holder}" if holder else ""
        if holder:
            remedy = f"Ask {holder}, or wait until it comes back to the queue."
        elif state in FINAL_STATES:
            remedy = "A note can still be added."
        else:
            remedy = "Claim it again to write."
        kept = " What you wrote is kept as a draft with the callback." if keeps_note else ""
        super().__init__(
            f"the lease on callback {callback_id} is over: it is now {state.replace('_', ' ')}{held}. {remedy}{kept}"
        )
        self.callback_id, self.state, self.holder = callback_id, state, holder


class NotTheHolder(CallbackError):
    """The claim is, or was, somebody else's: only its holder writes under its nonce."""

    def __init__(self, callback_id: str, state: str, holder: str | None, by: str) -> None:
        how = "held" if state in HELD_STATES else "closed"
        super().__init__(f"callback {callback_id} is {how} by {holder}, not by {by}: only {holder} can change it")
        self.callback_id, self.state, self.holder = callback_id, state, holder


class TooLate(CallbackError):
    """A closing is undone within ten minutes only; later the customer's next message reopens the callback."""


class WrongOutcome(CallbackError):
    """The outcome does not belong to this step, or lacks what it needs (call_later needs a time)."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One row of `callbacks`; what the fields mean stands in tables.py."""

    id: str
    customer_id: str
    number: str | None
    queue: str
    intent: str
    language: str
    state: State
    sub_state: SubState
    due_at: datetime
    promised_until: datetime | None
    not_before: datetime | None
    overdue: bool
    version: int
    holder: str | None
    nonce: str | None
    lease_expires_at: datetime | None
    lost_leases: int
    attempts: int
    outcome: str | None
    note: str
    contacted_at: datetime | None
    created_at: datetime
    closed_at: datetime | None
    reopened: int

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES


def next_state(state: State, step: Step, holder: str | None = None, outcome: Outcome | None = None) -> State:
    """The state to which a step leads; `close` needs the outcome that closes. Raises IllegalStep, which names the holder."""
    if state not in _LEGAL[step]:
        raise IllegalStep(step, state, holder)
    if step == "renew" or (step == "give_number" and state in HELD_STATES):
        return state
    if step == "close":
        if outcome is None or outcome not in FINAL_OF_OUTCOME:
            raise WrongOutcome(f"{outcome} closes nothing; these do: {', '.join(FINAL_OF_OUTCOME)}")
        return FINAL_OF_OUTCOME[outcome]
    return _LEADS_TO[step]
