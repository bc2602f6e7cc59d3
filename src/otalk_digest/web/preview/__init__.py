"""The maintainers' preview: loopback only, the very bytes that would be sent."""
