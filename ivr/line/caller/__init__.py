"""The caller's side: `telephone.dial` connects; `terminal` is for a person, `script` and `scripted_call` are for none."""
