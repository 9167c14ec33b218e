"""Loans claimed by a process beside: one statement writes all that a claim leaves and commits it, the next reads it.

Between both somebody else may have changed a callback. Then it is not this agent's any more, and is not told as theirs.
"""

from __future__ import annotations

from typing import Final

from callbacks import loans

_WRITES: Final = (loans.CLAIM_ON_SQLITE, loans.TELL_ON_SQLITE, loans.ENTER_ON_SQLITE)

# What a connection needs first.
DEFINITIONS: Final = (
    "CREATE TEMP VIEW new_claims AS SELECT NULL AS loans",
    "CREATE TEMP TRIGGER new_claims_always INSTEAD OF INSERT ON new_claims BEGIN "
    f"{'; '.join(each.replace('json_each(?)', 'json_each(NEW.loans)') for each in _WRITES)}; END",
)

# Both take a batch's document.
CLAIM: Final = "INSERT INTO new_claims (loans) VALUES (?)"
LOOK: Final = loans.LOOK_ON_SQLITE
