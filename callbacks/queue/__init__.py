"""The order of callbacks in Redis: who is next, who holds what and for how long, and the bell for consoles.

SQL is the truth; all of this can be built again from it at any time. Import from outside:

- `callback_queue`: `CallbackQueue`, one tenant's queue on a server, and its errors
- `index`: `Index`, the queue as claims and the clock use it; `deliver_changed` for the outbox; `rebuild` and `refresh`
- `consistency`: `Comparison`, which compares it with SQL, and `drift`

`queue.lua` is the only code that changes the keys; its first lines list them.
"""
