"""What the benches of recognition share: `conditions` degrades clips, `hearing` recognises them both ways."""
