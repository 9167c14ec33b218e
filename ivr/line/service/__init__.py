"""The line as a process: `server` serves telephones and the REST interface, `carrier` places the calls."""
