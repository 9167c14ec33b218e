"""Who may come in: users and tokens, roles, and the guard that checks them before a body is read."""
