"""Plays a call: `player.play_call` runs the verbs of its documents on an `active_call.ActiveCall`."""
