"""Quoted-printable in pieces that can be joined. Pure.

A piece stands between line breaks of the encoded text, so a reader's value can be put
between two pieces without encoding the pieces again (RFC 2045 §6.7).
"""

import re
from typing import Final

#: Decodes to nothing: stands between two pieces of one line.
SOFT_BREAK: Final = b"=\r\n"

#: 76, less the "=" of a soft break, less two for a first character that had to be encoded.
_WIDTH: Final = 73
_NEWLINE: Final = re.compile(rb"\r\n|\r|\n")
_UNSAFE: Final = re.compile(rb"[^\t -<>-~]")
_TRAILING_BLANK: Final = re.compile(rb"[ \t]\Z")
#: A leading dot would need stuffing (RFC 5321 §4.5.2); mbox files break at "From ".
_AWKWARD_START: Final = re.compile(rb"\A(?:\.|F(?=rom ))")
#: Most values are one of these: an address of the web, or a short line.
_UNBROKEN: Final = re.compile(r"[!-<>-~]+")
_PLAIN: Final = re.compile(r"[!-\-/-<>-EG-~](?:[ -<>-~]{0,71}[!-<>-~])?")


def encode_piece(text: str) -> bytes:
    """Return what decodes to the text, its line ends as CRLF; no line passes 76 octets.

    Raises UnicodeEncodeError when the text holds half a surrogate pair.
    """
    if _PLAIN.fullmatch(text):
        return text.encode("ascii")
    if _UNBROKEN.fullmatch(text):
        cuts = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
        safe = [f"=2E{cut[1:]}" if cut[0] == "." else cut for cut in cuts]
        return "=\r\n".join(safe).encode("ascii")
    return b"\r\n".join(_encode_line(line) for line in _NEWLINE.split(text.encode("utf-8")))


def _encode_line(line: bytes) -> bytes:
    # §6.7 (3): a blank at the end of a line may be lost on the way.
    encoded = _TRAILING_BLANK.sub(_escape, _UNSAFE.sub(_escape, line))
    return SOFT_BREAK.join(_AWKWARD_START.sub(_escape, cut) for cut in _cuts(encoded))


def _escape(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % match[0][0]


def _cuts(encoded: bytes) -> list[bytes]:
    cuts = []
    while len(encoded) > _WIDTH:
        # "=" is always the first of three: cut in front of it, never behind.
        inside = encoded.find(b"=", _WIDTH - 2, _WIDTH)
        end = _WIDTH if inside < 0 else inside
        cuts.append(encoded[:end])
        encoded = encoded[end:]
    return [*cuts, encoded]
