"""The public web app: each module of pages names its routes, this one joins them."""

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from otalk_digest.web.public.desk import PublicDesk


def build_public(desk: PublicDesk) -> Starlette:
    """Return the app, for uvicorn or any other ASGI server."""
    routes: list[BaseRoute] = []
    return Starlette(routes=routes)
