"""The subcommands of `ringback`, a file each. `cli` imports one when it is used."""
