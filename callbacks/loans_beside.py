"""Loans claimed by statements that commit by themselves (runtime/statements.py): one on PostgreSQL, two on SQLite.

There the first writes all that a claim leaves, and the next reads it. Between both somebody else may have changed a callback.
Then it is not this agent's any more, and is not told as theirs.
"""

from __future__ import annotations

from typing import Final

from callbacks import loans

_WRITES: Final = (loans.CLAIM_ON_SQLITE, loans.TELL_ON_SQLITE, loans.ENTER_ON_SQLITE)

# What a connection of SQLite needs first.
DEFINITIONS: Final = (
    "CREATE TEMP VIEW new_claims AS SELECT NULL AS loans",
    "CREATE TEMP TRIGGER new_claims_always INSTEAD OF INSERT ON new_claims BEGIN "
    f"{'; '.join(each.replace('json_each(?)', 'json_each(NEW.loans)') for each in _WRITES)}; END",
)

_CLAIM: Final = "INSERT INTO new_claims (loans) VALUES (?)"


def statements(dialect: str) -> tuple[str, ...]:
    """Each takes a batch's document; the last one's value is for `loans.by_nonce`."""
    if dialect == "postgresql":
        return (loans.claim_on_postgresql(waits=False),)  # a thread waits for a row that another transaction holds
    return _CLAIM, loans.LOOK_ON_SQLITE
