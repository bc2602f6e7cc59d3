"""Pages for maintainers, on this machine only."""
