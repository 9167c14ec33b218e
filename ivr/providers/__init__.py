"""The telephone providers: `twilio` reads and signs webhooks, `twiml` renders verbs, `listing` lists calls and recordings."""
