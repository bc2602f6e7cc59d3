"""What the editors of a blog do to it, each act a value that a story can be written with."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.feeds import SourcePost
from tests.http_server import Request, answer, redirects, running_site
from tests.wordpress import WordPress

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True, kw_only=True)
class Blog:
    """A WordPress that may move, and the posts that wait for their hour."""

    site: WordPress
    #: Ends the servers that it runs on.
    servers: ExitStack
    #: UTC.
    now: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    scheduled: list[SourcePost] = field(default_factory=list)

    def live_until(self, now: datetime, acts: "Iterable[Act]") -> None:
        """Let time pass: what was scheduled appears (F16), then the editors are at work."""
        self.now = now
        due = [post for post in self.scheduled if post.published_at <= now]
        self.scheduled = [post for post in self.scheduled if post not in due]
        self.site.posts += due
        for act in acts:
            act(self)

    def change(self, number: int, **fields: Any) -> None:  # noqa: ANN401 - any field of a post
        """Put other values into a post."""
        self.site.posts = [
            replace(post, **fields) if post.id == number else post for post in self.site.posts
        ]

    def post(self, number: int) -> SourcePost:
        """Return a post by its number."""
        return next(post for post in self.site.posts if post.id == number)

    @property
    def moment_of_edit(self) -> datetime:
        """Shortly before the weekly look."""
        return self.now - timedelta(hours=2)


Act = Callable[[Blog], None]


def publishes(*posts: SourcePost) -> Act:
    def act(blog: Blog) -> None:
        blog.site.posts += posts

    return act


def schedules(post: SourcePost) -> Act:
    """It is absent until its hour (F16)."""

    def act(blog: Blog) -> None:
        blog.scheduled.append(post)

    return act


def edits(number: int, **fields: Any) -> Act:  # noqa: ANN401 - any field of a post
    """Other values for some fields; without any, "Update" is pressed and no more (T24)."""

    def act(blog: Blog) -> None:
        blog.change(number, **{"updated_at": blog.moment_of_edit, **fields})

    return act


def rewrites(number: int, old: str, new: str, *, is_silent: bool = False) -> Act:
    """Other words in the text; silently, in the same second as the edit before (F8)."""

    def act(blog: Blog) -> None:
        post = blog.post(number)
        assert old in post.html
        moment = post.updated_at if is_silent else blog.moment_of_edit
        blog.change(number, html=post.html.replace(old, new), updated_at=moment)

    return act


def appends(number: int, html: str) -> Act:
    def act(blog: Blog) -> None:
        after = f"{blog.post(number).html}\n{html}"
        blog.change(number, html=after, updated_at=blog.moment_of_edit)

    return act


def puts_on_top(number: int, html: str) -> Act:
    def act(blog: Blog) -> None:
        after = f"{html}\n{blog.post(number).html}"
        blog.change(number, html=after, updated_at=blog.moment_of_edit)

    return act


def comments(number: int) -> Act:
    """A reader does: it moves nothing but a counter (F11)."""
    return lambda blog: blog.change(number, comments=blog.post(number).comments + 1)


def trashes(number: int) -> Act:
    return lambda blog: blog.site.trashed.add(number)


def restores(number: int) -> Act:
    return lambda blog: blog.site.trashed.discard(number)


def makes_again(number: int, *, as_number: int) -> Act:
    """Delete a post and type it in once more: another guid, another link (T28)."""

    def act(blog: Blog) -> None:
        again = replace(
            blog.post(number),
            id=as_number,
            slug=f"otalk-{as_number}",
            published_at=blog.moment_of_edit,
            updated_at=None,
        )
        blog.site.posts = [post for post in blog.site.posts if post.id != number] + [again]

    return act


def turns_summaries_over() -> Act:
    """Settings > Reading: from the full text to summaries, or back (F4)."""

    def act(blog: Blog) -> None:
        blog.site.is_summary_only = not blog.site.is_summary_only

    return act


def breaks_down() -> Act:
    """For long enough that a polite client does not wait."""
    closed = answer(503, b"Back soon.", {"Retry-After": "86400"})

    def act(blog: Blog) -> None:
        blog.site.site.otherwise = closed

    return act


def comes_back() -> Act:
    def act(blog: Blog) -> None:
        blog.site.site.otherwise = blog.site.serve

    return act


def moves_house() -> Act:
    """To another domain: links move, guids stay, the old addresses answer 301 (F13, F14)."""

    def act(blog: Blog) -> None:
        old, new = blog.site, blog.servers.enter_context(running_site())

        def lead(connection: Any, request: Request) -> None:  # noqa: ANN401 - a socket
            redirects(new.url(request.path))(connection, request)

        blog.site = replace(old, site=new)
        old.site.otherwise = lead

    return act
