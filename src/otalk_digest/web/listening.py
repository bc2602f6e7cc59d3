"""The socket that pages are served on."""

import socket

from otalk_digest.errors import SettingsError


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens already. Raises SettingsError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(
            f"{host!r} is no address of this machine. Name another with --host."
        ) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Before the address is told: who comes at once waits instead of being refused.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"{host}, port {port}, cannot be listened on ({error.strerror}). "
            "Name another with --port."
        ) from error
    return listener
