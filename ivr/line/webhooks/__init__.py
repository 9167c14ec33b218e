"""Sends signed requests to webhooks: `webhook_client.WebhookClient`, with `network_faults` on request."""
