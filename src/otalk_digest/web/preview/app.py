"""A page per variant, on loopback only: exactly what would be sent, to an invented reader.

The start address holds a random token, the Host header is checked against DNS rebinding, and
the mail stands in a sandboxed frame that runs no script.
"""

import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from otalk_digest.errors import SettingsError
from otalk_digest.pipeline.proofing import Proof

LOOPBACK: Final = "127.0.0.1"

_PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"
# The mail's own styles and https images; nothing else of it is loaded.
_MAIL_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src https:; sandbox"

_STYLE: Final = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:1120px;margin:0 auto;padding:16px}
a:focus-visible{outline:3px solid}
h1{font-size:24px}h2{font-size:20px;overflow-wrap:anywhere}
iframe{width:100%;height:80vh;border:1px solid;background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;padding:16px}
.frames{display:grid;gap:16px;grid-template-columns:minmax(0,1fr)}
@media(min-width:1060px){.frames{grid-template-columns:360px minmax(0,1fr)}}
"""


def build_app(proofs: Sequence[Proof], *, number: int, token: str) -> Starlette:
    """Return the app; every page lies under the token, everything else is not found."""
    shown = {proof.variant.segment: proof for proof in proofs}

    def find(request: Request) -> Proof:
        if not secrets.compare_digest(request.path_params["token"].encode(), token.encode()):
            raise HTTPException(404)
        segment = request.path_params.get("segment", next(iter(shown)))
        if segment not in shown:
            raise HTTPException(404)
        return shown[segment]

    def page(show: Callable[[Proof], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return show(find(request))

        return endpoint

    return Starlette(
        routes=[
            Route("/{token}/", page(lambda _: _page(_index(shown, number)))),
            Route("/{token}/{segment}/", page(lambda proof: _page(_variant_page(proof, number)))),
            Route("/{token}/{segment}/mail.html", page(_mail)),
            Route("/{token}/{segment}/mail.eml", page(_source)),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])],
    )


def serve_preview(
    proofs: Sequence[Proof], *, number: int, port: int, announce: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C; `announce` is told the address. Raises SettingsError."""
    token = secrets.token_urlsafe(16)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        # Before the address is told: who comes at once waits instead of being refused.
        listener.listen()
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Port {port} is taken ({error.strerror}). Name another one."
        ) from error
    announce(f"http://{LOOPBACK}:{listener.getsockname()[1]}/{token}/")
    app = build_app(proofs, number=number, token=token)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    with listener:
        server.run(sockets=[listener])


def _index(shown: dict[str, Proof], number: int) -> str:
    links = "".join(
        f'<li><a href="{escape(name)}/">{escape(name)}: {escape(proof.variant.subject)}</a></li>'
        for name, proof in shown.items()
    )
    return f"<title>Edition {number}</title><h1>Edition {number}</h1><ul>{links}</ul>"


def _variant_page(proof: Proof, number: int) -> str:
    variant = proof.variant
    name = escape(variant.segment)
    size = len(proof.html.encode()) / 1024
    return (
        f"<title>{name}, edition {number}</title>"
        f'<p><a href="../">All variants of edition {number}</a></p>'
        f"<h1>{name}</h1>"
        f"<h2>{escape(variant.subject)}</h2><p>{escape(variant.preheader)}</p>"
        f"<p>HTML {size:.1f} KB (mail programs cut at 102). "
        f'<a href="mail.eml">The message as it is sent</a></p>'
        '<div class="frames">'
        f'<iframe sandbox src="mail.html" title="{name} on a phone"></iframe>'
        f'<iframe sandbox src="mail.html" title="{name} on a desktop"></iframe>'
        "</div>"
        f"<h2>As plain text</h2><pre>{escape(proof.text)}</pre>"
    )


def _page(body: str) -> Response:
    document = (
        '<!DOCTYPE html><html lang="en-GB"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style>{body}"
    )
    return HTMLResponse(document, headers=_headers(_PAGE_POLICY))


def _mail(proof: Proof) -> Response:
    return HTMLResponse(proof.html, headers=_headers(_MAIL_POLICY))


def _source(proof: Proof) -> Response:
    return PlainTextResponse(proof.message, headers=_headers(_PAGE_POLICY))


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
