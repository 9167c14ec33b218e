"""What a process opens: settings, databases, Redis, jobs, logs and metrics. It knows nothing of telephony."""
