"""States and steps of one callback."""

from __future__ import annotations

import pytest

from callbacks.callback import (
    CONTACTS,
    COUNTED,
    FINAL_OF_OUTCOME,
    FINAL_STATES,
    HELD_STATES,
    LIVE_STATES,
    OUTCOMES,
    STATES,
    STEPS,
    IllegalStep,
    State,
    Step,
    WrongOutcome,
    next_state,
)

# Every legal step; all that is not here is refused. `held` are claimed, dialing, talking and wrap_up.
LEGAL = """
promote       waiting                                   -> ready
claim         ready                                     -> claimed
inspect       waiting                                   -> claimed
renew         claimed                                   -> claimed
renew         dialing                                   -> dialing
renew         talking                                   -> talking
renew         wrap_up                                   -> wrap_up
release       claimed wrap_up                           -> ready
expire        claimed wrap_up                           -> ready
dial          claimed                                   -> dialing
agent_failed  dialing                                   -> claimed
unsure        dialing                                   -> dialing
answer        dialing                                   -> talking
hang_up       dialing talking                           -> wrap_up
retry         claimed dialing talking wrap_up           -> waiting
lose_number   claimed dialing talking wrap_up           -> waiting
give_number   waiting                                   -> ready
give_number   claimed                                   -> claimed
give_number   dialing                                   -> dialing
give_number   talking                                   -> talking
give_number   wrap_up                                   -> wrap_up
close         claimed dialing talking wrap_up           -> resolved
cancel        waiting ready claimed dialing talking wrap_up -> cancelled_by_caller
merge         waiting ready                             -> merged
dismiss       waiting ready                             -> not_needed
reopen        resolved unreached cancelled_by_caller answered_elsewhere merged not_needed refused -> ready
undo          resolved unreached cancelled_by_caller answered_elsewhere not_needed refused -> claimed
"""


def legal() -> dict[tuple[str, str], str]:
    table: dict[tuple[str, str], str] = {}
    for line in LEGAL.strip().splitlines():
        steps, _, leads_to = line.partition(" -> ")
        step, *states = steps.split()
        table |= {(state, step): leads_to for state in states}
    return table


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS)
def test_every_step_from_every_state_leads_where_the_table_says_or_is_refused(state: State, step: Step) -> None:
    expected = legal().get((state, step))
    if expected is not None:
        assert next_state(state, step, "anna", "resolved") == expected
        return
    with pytest.raises(IllegalStep) as refused:
        next_state(state, step, "anna", "resolved")
    assert (refused.value.state, refused.value.holder) == (state, "anna")
    assert "held by anna" in str(refused.value)


def test_every_state_is_live_or_final_and_held_ones_are_live() -> None:
    assert {*LIVE_STATES} | {*FINAL_STATES} == {*STATES}
    assert not {*LIVE_STATES} & {*FINAL_STATES}
    assert {*HELD_STATES} < {*LIVE_STATES}


def test_every_final_outcome_closes_and_the_others_do_not() -> None:
    for outcome in OUTCOMES:
        if outcome in FINAL_OF_OUTCOME:
            assert next_state("claimed", "close", None, outcome) in FINAL_STATES
        else:
            with pytest.raises(WrongOutcome, match="closes nothing"):
                next_state("claimed", "close", None, outcome)


def test_a_machine_or_a_stranger_is_not_contact_and_a_carrier_fault_does_not_count() -> None:
    assert not CONTACTS & {"voicemail_reached", "wrong_person", "no_answer", "busy"}
    assert not COUNTED & {"invalid_number", "carrier_failure"}
