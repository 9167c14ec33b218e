"""The built-in telephone line: a provider on this machine that plays TwiML as Twilio does.

It serves telephones in the terminal, scripts, tests and the drill. It asks webhooks over HTTP like a real provider, so it
imports nothing of the product but `runtime`. From outside use `service.server` (run a line), `caller.telephone` (call on
it), `caller.script` with `caller.scripted_call`, and `store.account`. Rules of playback: docs/twiml-rules.md.
"""
