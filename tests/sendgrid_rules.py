"""What SendGrid documents about a Mail Send request, and what it makes of one. Pure."""

# ruff: noqa: ANN401  what is judged here is JSON that may be anything
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RESERVED = frozenset(
    [
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    ]
)
ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
SETTINGS = {"click_tracking", "open_tracking", "subscription_tracking", "ganalytics"}
TOP_LEVEL = {
    "personalizations", "from", "reply_to", "subject", "content", "attachments", "headers",
    "tracking_settings", "mail_settings", "custom_args", "categories", "send_at", "batch_id",
    "asm",
}  # fmt: skip
PERSONAL = {"to", "cc", "bcc", "subject", "headers", "substitutions", "custom_args", "send_at"}

Errors = Iterator[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One accepted mail, as its reader gets it."""

    address: str
    name: str | None
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    custom_args: Mapping[str, str]
    #: Name → content.
    attachments: Mapping[str, bytes]
    tracking: Mapping[str, Any]


def errors_in(body: Any) -> list[dict[str, Any]]:
    """Every breach of a documented rule, in SendGrid's own shape."""
    if not isinstance(body, dict):
        return [_error("Bad Request")]
    return [*_shared_errors(body), *_personal_errors(body)]


def mails_of(body: Mapping[str, Any]) -> list[Mail]:
    """What a valid request sends. Substitutions reach subject and content, never headers."""
    return [_mail(body, personal) for personal in body["personalizations"]]


def _error(message: str, field: str | None = None) -> dict[str, Any]:
    return {"message": message, "field": field, "help": None}


def _shared_errors(body: Mapping[str, Any]) -> Errors:
    for key in body.keys() - TOP_LEVEL:
        yield _error("Additional property is not allowed", key)
    if not _is_mailbox(body.get("from")):
        yield _error("The from object must hold a valid address.", "from.email")
    elif not body["from"].get("name", "").isascii():
        yield _error("Unicode encoding is not supported for the from field.", "from.name")
    if "reply_to" in body and not _is_mailbox(body["reply_to"]):
        yield _error("The reply_to object must hold a valid address.", "reply_to.email")
    yield from _content_errors(body.get("content"))
    yield from _attachment_errors(body.get("attachments", []))
    yield from _header_errors(body.get("headers", {}), "headers")
    yield from _argument_errors(body.get("custom_args", {}), "custom_args")
    if "asm" in body and not isinstance(body["asm"].get("group_id"), int):
        yield _error("The group id must be an integer.", "asm.group_id")
    if not _is_send_time(body.get("send_at", 0)):
        yield _error("The send_at parameter should be a Unix timestamp.", "send_at")
    for name, setting in body.get("tracking_settings", {}).items():
        if name not in SETTINGS or not isinstance(setting.get("enable"), bool):
            yield _error("The setting must be enabled or not.", f"tracking_settings.{name}")


def _content_errors(content: Any) -> Errors:
    if not isinstance(content, list) or not content:
        yield _error("The content is required.", "content")
        return
    for place, part in enumerate(content):
        kind, value = part.get("type"), part.get("value")
        if not isinstance(kind, str) or not kind or re.search(r"[;,\r\n]", kind):
            yield _error("The type must be plain.", f"content.{place}.type")
        if not isinstance(value, str) or not value:
            yield _error("The value must be at least one character.", f"content.{place}.value")
    kinds = [part.get("type") for part in content]
    known = [kind for kind in ("text/plain", "text/html") if kind in kinds]
    if kinds[: len(known)] != known:
        yield _error("The content must be in order: text/plain, text/html.", "content")


def _attachment_errors(attachments: Any) -> Errors:
    for place, each in enumerate(attachments):
        if not each.get("content") or re.search(r"[\r\n]", each["content"]):
            yield _error("The content must be base64.", f"attachments.{place}.content")
        if not each.get("filename") or re.search(r"[;\r\n]", each["filename"]):
            yield _error("The filename is required.", f"attachments.{place}.filename")
        if re.search(r"[;\r\n]", each.get("type", "")):
            yield _error("The type must be plain.", f"attachments.{place}.type")


def _header_errors(headers: Any, field: str) -> Errors:
    if len({name.lower() for name in headers}) != len(headers):
        yield _error("Header names must be unique.", field)
    for name, value in headers.items():
        if name.lower() in RESERVED or not re.fullmatch(r"[!-9;-~]+", name):
            yield _error("The header may not be set.", f"{field}.{name}")
        if not isinstance(value, str) or re.search(r"[\r\n]", value):
            yield _error("The value must be one line.", f"{field}.{name}")


def _argument_errors(arguments: Any, field: str) -> Errors:
    if not isinstance(arguments, dict):
        yield _error("custom_args must be an object.", field)
    elif not all(isinstance(value, str) and value for value in arguments.values()):
        yield _error("custom_args must be strings, not empty.", field)
    elif _size(arguments) > 10_000:
        yield _error("custom_args are longer than 10,000 bytes.", field)


def _personal_errors(body: Mapping[str, Any]) -> Errors:
    personal = body.get("personalizations")
    if not isinstance(personal, list) or not 1 <= len(personal) <= 1000:
        yield _error("There must be 1 to 1,000 personalizations.", "personalizations")
        return
    seen: set[str] = set()
    recipients = 0
    for place, each in enumerate(personal):
        field = f"personalizations.{place}"
        yield from _personalization_errors(body, each, field)
        for mailbox in [box for kind in ("to", "cc", "bcc") for box in each.get(kind, [])]:
            recipients += 1
            address = str(mailbox.get("email")).lower()
            if address in seen:
                yield _error("Each email address should be unique.", "personalizations")
            seen.add(address)
    if recipients > 1000:
        yield _error("There may be 1,000 recipients.", "personalizations")


def _personalization_errors(body: Mapping[str, Any], each: Mapping[str, Any], field: str) -> Errors:
    for key in each.keys() - PERSONAL:
        yield _error("Additional property is not allowed", f"{field}.{key}")
    if not each.get("to"):
        yield _error("The to array is required.", f"{field}.to")
    for place, mailbox in enumerate(each.get("to", [])):
        if not _is_mailbox(mailbox):
            yield _error("Does not contain a valid address.", f"{field}.to.{place}.email")
        elif re.search(r"[;,\r\n]", mailbox.get("name", "")):
            yield _error("The name may not hold ; or ,", f"{field}.to.{place}.name")
    if not (each.get("subject") or body.get("subject")):
        yield _error("The subject is required.", f"{field}.subject")
    tags = each.get("substitutions", {})
    if not all(isinstance(value, str) for value in tags.values()) or any(" " in t for t in tags):
        yield _error("Substitutions must be strings.", f"{field}.substitutions")
    elif _size(tags) > 10_000 or len(tags) > 100:
        yield _error("Substitutions are longer than 10,000 bytes.", f"{field}.substitutions")
    yield from _header_errors(each.get("headers", {}), f"{field}.headers")
    merged = {**body.get("custom_args", {}), **each.get("custom_args", {})}
    yield from _argument_errors(merged, f"{field}.custom_args")


def _is_send_time(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool)


def _is_mailbox(found: Any) -> bool:
    return isinstance(found, dict) and bool(ADDRESS.fullmatch(str(found.get("email"))))


def _size(strings: Mapping[str, str]) -> int:
    return sum(len(part.encode()) for pair in strings.items() for part in pair)


def _mail(body: Mapping[str, Any], personal: Mapping[str, Any]) -> Mail:
    def fill(text: str) -> str:
        for tag, value in personal.get("substitutions", {}).items():
            text = text.replace(tag, value)
        return text

    parts = {part["type"]: fill(part["value"]) for part in body["content"]}
    (to,) = personal["to"]
    return Mail(
        address=to["email"],
        name=to.get("name"),
        subject=fill(personal.get("subject") or body["subject"]),
        text=parts["text/plain"],
        html=parts["text/html"],
        headers={**body.get("headers", {}), **personal.get("headers", {})},
        custom_args={**body.get("custom_args", {}), **personal.get("custom_args", {})},
        attachments={
            each["filename"]: b64decode(each["content"], validate=True)
            for each in body.get("attachments", [])
        },
        tracking=body.get("tracking_settings", {}),
    )
