"""SQL on both databases: `database` opens them, `migrate` updates tables, `bulk` and `outbox` write many rows."""
