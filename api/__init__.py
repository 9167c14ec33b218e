"""The edge: webhooks of the provider, the JSON interface, and the commands. Nothing imports it."""
