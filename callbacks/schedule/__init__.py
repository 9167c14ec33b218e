"""When: open hours, targets, the moment that can be promised, and the next try. Reads no store; `now` is always given.

Import from outside:

- `calendar`: `Calendar`, what a calendar of the company says about a moment, and deadlines in open time
- `promise_quote`: `quote`, the promise that can be kept; `perform_effect`, the engine's questions about time
- `retry_schedule`: `next_try`, what follows an attempt
- `company_check`: `check_company`, everything in a company that a call would stumble over

`windows`, `public_holidays`, `calendar_check` and `targets` serve these.
"""
