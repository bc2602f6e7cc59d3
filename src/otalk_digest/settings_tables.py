"""The tables of the settings file, their keys and defaults. Pure. Unknown keys are errors."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from otalk_digest.model.chat import ChatProfile
from otalk_digest.model.feed import FeedKind

_FEED_KINDS = {
    "auto": None,
    "rss": FeedKind.RSS2,
    "atom": FeedKind.ATOM,
    "rest": FeedKind.REST,
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

#: At most what a database calls an integer.
Positive = Annotated[int, Meta(ge=1, le=2_147_483_647)]
#: At most a century, so that no moment lies before the calendar begins, or after its end.
Days = Annotated[int, Meta(ge=1, le=36_500)]
Hours = Annotated[int, Meta(ge=1, le=876_000)]
Minutes = Annotated[int, Meta(ge=1, le=10_080)]
#: At most a day: the system waits no longer than its own numbers reach.
Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Address = Annotated[
    str,
    Meta(
        pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$",
        description='one address and nothing else, such as "digest@example.org"',
    ),
]
Hour = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description='hours and minutes of the day, such as "20:00"',
    ),
]
#: With a host, and without what no address holds or takes apart.
WebAddress = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s/?#\[\]<>\"]+([/?#][^\s<>\"]*)?$",
        description='a whole address of the web, such as "https://otalk.example/"',
    ),
]


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The chat profile; the defaults are #OTalk's."""

    tags: Annotated[tuple[str, ...], Meta(min_length=1)] = ("OTalk", "Occhat")
    account: str = "OTalk_"
    platform: str = "X"
    weekday: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = "tuesday"
    start: Hour = "20:00"
    duration_minutes: Minutes = 60
    zone: str = "Europe/London"
    dates: Literal["day-first", "month-first"] = "day-first"
    series: tuple[str, ...] = ("Research", "Journal Club", "Media Club")
    join_url: str | None = None
    who_can_join: str = "Anyone can read along; everyone is welcome to join in."
    wait: Days = 14

    def profile(self) -> ChatProfile:
        """Return it as the rooms know it."""
        hour, minute = self.start.split(":")
        return ChatProfile(
            tags=tuple(tag.lstrip("#") for tag in self.tags),
            weekday=_WEEKDAYS.index(self.weekday),
            start_hour=int(hour),
            start_minute=int(minute),
            duration_minutes=self.duration_minutes,
            zone=self.zone,
            series=tuple(self.series),
            account=self.account.lstrip("@"),
            platform=self.platform,
            join_url=self.join_url,
            who_can_join=self.who_can_join,
            is_day_first=self.dates == "day-first",
            wait_days=self.wait,
        )


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the blog is, how it is read, and how patient we are with it."""

    address: str = ""
    kind: Literal["auto", "rss", "atom", "rest"] = "auto"
    timeout_s: Seconds = 30.0
    max_bytes: Positive = 10_000_000
    max_redirects: Positive = 10
    allow_private_addresses: bool = False

    def wanted(self) -> FeedKind | None:
        """Return the kind that is asked for; None for the best there is."""
        return _FEED_KINDS[self.kind]


class DigestSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the e-mails say of themselves."""

    name: str = "#OTalk digest"
    blog_url: WebAddress = ""
    contact: Address | None = None
    postal_address: str = ""
    language: str = "en-GB"
    links: dict[str, str] = {}
    approval: Literal["none", "required"] = "none"
    image_hosts: tuple[str, ...] = ()
    templates: str = "templates"
    segments: str = "subscribers/segments.toml"


class FilesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages as .eml files."""

    folder: str = "outbox"


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail server. The password comes from the environment."""

    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    connections: Annotated[int, Meta(ge=1, le=20)] = 4
    messages_per_connection: Positive | None = None
    messages_per_minute: Positive | None = None
    return_path: Address | None = None
    dkim_domain: str | None = None
    dkim_selector: str | None = None


class SendGridSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """SendGrid's v3 API. The key comes from the environment."""

    host: str = "https://api.sendgrid.com"
    timeout_s: Seconds = 30.0
    requests: Annotated[int, Meta(ge=1, le=8)] = 4
    group: Positive | None = None
    suppressions: bool = True
    webhook_key: str | None = None
    fence: bool = False
    fence_minutes: Annotated[int, Meta(ge=25, le=4200)] = 30


class WorkersSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether workers deliver what `run` plans, and how fast all of them together."""

    enabled: bool = False
    messages_per_minute: Positive | None = None


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How messages leave, and in whose name."""

    provider: Literal["files", "smtp", "sendgrid"] = "files"
    from_address: Address | None = None
    from_name: str = ""
    reply_to: Address | None = None
    list_id: str | None = None
    in_doubt: Literal["hold", "resend", "assume_sent"] = "hold"
    in_doubt_after_hours: Hours = 24
    soft_bounces: Positive = 3
    put_off_days: Days = 5
    files: FilesSettings = FilesSettings()
    smtp: SmtpSettings = SmtpSettings()
    sendgrid: SendGridSettings = SendGridSettings()
    workers: WorkersSettings = WorkersSettings()


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where state is kept."""

    url: str = "sqlite:///otalk-digest.sqlite3"


class WebSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public address under which unsubscribe and preference links work."""

    base_url: WebAddress | None = None
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    archive_segment: str | None = None
    archive_url: WebAddress | None = None


class PrivacySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long what is kept; `run` forgets the rest."""

    unconfirmed_days: Days = 30
    left_days: Days = 365
    events_days: Days = 90


class PreviewSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the preview may do: send a test, to this one address."""

    test_to: Address | None = None


class SettingsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    chat: ChatSettings = ChatSettings()
    feed: FeedSettings = FeedSettings()
    digest: DigestSettings = DigestSettings()
    delivery: DeliverySettings = DeliverySettings()
    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    preview: PreviewSettings = PreviewSettings()
    privacy: PrivacySettings = PrivacySettings()
