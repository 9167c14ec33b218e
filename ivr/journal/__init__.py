"""The journal: every turn of every call, durable before its answer goes out. One way, on both databases.

Import from here:

- `journal.Journal` writes turns. One thread takes all that wait as a batch and commits it with what follows from it; while SQL
  is away turns go to the spool.
- `spool.Spool` is the file of one process where turns wait on the disk.
- `turn_record` has the values: `TurnRecord`, `CallFacts`.
- `past_turns` reads turns back.
- `codec` writes inputs, results and events as JSON.

`turn_writer` is the journal's own. What follows from turns is given to the journal as a function (ivr/effects.py): nothing here
knows of calls, customers or callbacks.
"""
