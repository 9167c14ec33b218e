"""The checks of `ringback doctor`: `checkup` looks at this machine, `reachability` at the way to the provider."""
