"""Sign-up: the form, also to be embedded elsewhere, and the page behind a confirmation's link.

Everybody gets the same answer, whatever is known of the address that they typed, and as late:
who is new takes more writing than who is here already, and who complained takes none.
"""

import asyncio
import time
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from otalk_digest.audience.identity import normalise_address
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Wishes
from otalk_digest.model.edition import LetterKind
from otalk_digest.pipeline import signing_up
from otalk_digest.pipeline.signing_up import Asked, Heard, Standing
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.forms import (
    Fields,
    Read,
    choices_of,
    first,
    read_form,
    read_wishes,
)
from otalk_digest.web.public.guard import POLICY, client_of
from otalk_digest.web.public.pages import notice_page, page, speaking

_FORM: Final = "subscribe.html.j2"
_CONFIRM: Final = "confirm.html.j2"
#: A field that no person sees; whoever fills it in is a machine.
_TRAP: Final = "website"
#: RFC 5321 §4.5.3.1.3.
_LONGEST_ADDRESS: Final = 254
#: Any page may show the form in a frame: it acts on nobody's behalf.
_EMBEDDED: Final = {"Content-Security-Policy": POLICY.format(ancestors="*")}
#: An answer leaves a whole number of these after it was asked for; the writing takes a part of one.
BEAT_S: Final = 0.25
_UNWISHED: Final = Read(wishes=Wishes())


def routes(desk: PublicDesk) -> list[BaseRoute]:
    """Return the pages of signing up."""
    pages = _SignUp(desk)
    return [
        Route("/subscribe", pages.show, methods=["GET"]),
        Route("/subscribe", pages.take, methods=["POST"]),
        Route("/subscribe/embed", pages.show, methods=["GET"]),
        Route("/subscribe/embed", pages.take, methods=["POST"]),
        Route("/confirm/{token}", pages.ask, methods=["GET"]),
        Route("/confirm/{token}", pages.confirm, methods=["POST"]),
    ]


def rest_of_beat(took_s: float) -> float:
    """Return how long an answer waits, so that its time does not tell what was done for it."""
    return -took_s % BEAT_S


class _SignUp:
    def __init__(self, desk: PublicDesk) -> None:
        self._desk = desk
        self._offered = choices_of(desk)

    async def show(self, request: Request) -> Response:
        """Show the form."""
        return self._form(request, {}, _UNWISHED)

    async def take(self, request: Request) -> Response:
        """Keep what is asked for; a confirmation mail says the rest."""
        desk, fields = self._desk, await read_form(request)
        began = time.monotonic()
        now, is_embedded = desk.clock(), _is_embedded(request)
        home = desk.press.profile.zone
        read = read_wishes(fields, self._offered, home=home, now=now)
        try:
            address, identity = normalise_address(first(fields, "email")[: _LONGEST_ADDRESS + 1])
        except InputError:
            wrong = Read(wishes=read.wishes, wrong=read.wrong | {"email"})
            return self._form(request, fields, wrong, status=400)
        if read.wrong:
            return self._form(request, fields, read, status=400)
        heard = Heard.ASKED
        if not first(fields, _TRAP):
            asked = Asked(
                address=address,
                identity=identity,
                wishes=read.wishes,
                wording=self._wording(),
                source="sign-up form",
                network=client_of(request.scope, desk.trusted_proxies),
            )
            heard = await self._sign_up(asked)
            await asyncio.sleep(rest_of_beat(time.monotonic() - began))
        if heard is Heard.TOO_MANY:
            return notice_page(desk, "too_many", status=429)
        said = page(desk, _FORM, is_embedded=is_embedded, is_asked=True)
        return _framed(said, is_embedded=is_embedded)

    async def _sign_up(self, asked: Asked) -> Heard:
        desk, language = self._desk, asked.wishes.language
        # Made before it is known which one is called for: it takes time, once.
        letters = await asyncio.to_thread(
            lambda: {kind: desk.stationery.letter(kind, language) for kind in LetterKind}
        )
        heard = await asyncio.wrap_future(
            desk.writer.submit(
                lambda connection: signing_up.sign_up(
                    connection, asked, letters, key=desk.links.key, now=desk.clock()
                )
            )
        )
        desk.courier.wake()
        return heard

    async def ask(self, request: Request) -> Response:
        """Show a button: scanners follow links, people press buttons."""
        token = request.path_params["token"]
        seen = await asyncio.to_thread(self._look_at, token)
        return self._confirmation(seen)

    async def confirm(self, request: Request) -> Response:
        """Let the owner of the address in."""
        desk, token = self._desk, request.path_params["token"]
        seen = await asyncio.to_thread(self._look_at, token)
        if seen.standing is Standing.OPEN:
            kind = LetterKind.WELCOME
            letter = await asyncio.to_thread(desk.stationery.letter, kind, seen.language)
            seen = await asyncio.wrap_future(
                desk.writer.submit(
                    lambda connection: signing_up.confirm(
                        connection, token, letter, now=desk.clock()
                    )
                )
            )
            desk.courier.wake()
        return self._confirmation(seen)

    def _look_at(self, token: str) -> signing_up.Confirmation:
        with self._desk.store.read() as connection:
            return signing_up.look_at(connection, token, now=self._desk.clock())

    def _confirmation(self, seen: signing_up.Confirmation) -> Response:
        if seen.standing is Standing.UNKNOWN or seen.subscriber_id is None:
            raise HTTPException(404)
        desk = self._desk
        own = desk.links.token(seen.subscriber_id)
        return page(
            desk,
            _CONFIRM,
            status=410 if seen.standing is Standing.EXPIRED else 200,
            language=seen.language,
            standing=str(seen.standing),
            preferences=f"{desk.root}/p/{own}",
        )

    def _wording(self) -> str:
        """Return the words beside the button, as they are kept with the consent."""
        theme, publication = speaking(self._desk, None), self._desk.press.publication
        return theme.phrase("subscribe", "consent", name=publication.name)

    def _form(
        self, request: Request, fields: Fields, read: Read, *, status: int = 200
    ) -> HTMLResponse:
        is_embedded = _is_embedded(request)
        form = page(
            self._desk,
            _FORM,
            status=status,
            is_embedded=is_embedded,
            is_asked=False,
            offered=self._offered,
            wishes=read.wishes,
            kinds=read.wishes.wants or self._offered.kinds,
            wrong=read.wrong,
            typed={name: first(fields, name) for name in ("email", "name")},
            pause=None,
            action=request.scope["path"],
            home=self._desk.press.profile.zone,
        )
        return _framed(form, is_embedded=is_embedded)


def _is_embedded(request: Request) -> bool:
    return str(request.scope["path"]).endswith("/embed")


def _framed(answer: HTMLResponse, *, is_embedded: bool) -> HTMLResponse:
    if is_embedded:
        answer.headers.update(_EMBEDDED)
    return answer
