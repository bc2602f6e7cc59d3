"""Feeds as WordPress.com writes them, with its furniture, around invented posts."""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

BLOG = "https://blog.otalk.example"
NEXT_PAGE = "<!--nextpage-->"
_EXCERPT_WORDS = 55
_PROTECTED = "There is no excerpt because this is a protected post."
_LOCKED = (
    '<form action="https://blog.otalk.example/wp-login.php?action=postpass" '
    'class="post-password-form" method="post"><p>This content is password protected.</p>'
    '<p><input name="post_password" type="password"></p></form>'
)
_PUBLISHED = datetime(2024, 3, 7, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePost:
    """What an editor typed."""

    id: int
    #: As typeset: curly quotes and dashes, tags and entities already gone.
    title: str
    html: str
    slug: str = "chat"
    author: str = "Wren & Pip"
    #: UTC.
    published_at: datetime = _PUBLISHED
    #: UTC; None means as published. RSS 2.0 does not show it.
    updated_at: datetime | None = None
    categories: tuple[str, ...] = ("Chats",)
    #: The permalink as guid, as an app or importer makes it (F12).
    has_permalink_guid: bool = False
    is_protected: bool = False
    #: Shown in RSS and Atom beside the post; nothing else changes with it (F11).
    comments: int = 2

    @property
    def link(self) -> str:
        day = self.published_at
        return f"{BLOG}/{day:%Y/%m/%d}/{self.slug}/"

    @property
    def guid(self) -> str:
        host = BLOG.removeprefix("https://")
        return self.link if self.has_permalink_guid else f"http://{host}/?p={self.id}"

    @property
    def changed_at(self) -> datetime:
        return self.updated_at or self.published_at


_RSS_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:wfw="http://wellformedweb.org/CommentAPI/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:atom="http://www.w3.org/2005/Atom"
\txmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
\txmlns:slash="http://purl.org/rss/1.0/modules/slash/"
\txmlns:georss="http://www.georss.org/georss"
\txmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"
\txmlns:media="http://search.yahoo.com/mrss/"
>

<channel>
\t<title>{title}</title>
\t<atom:link href="{blog}/feed/" rel="self" type="application/rss+xml" />
\t<link>{blog}</link>
\t<description>An invented blog</description>
\t<lastBuildDate>{built}</lastBuildDate>
\t<language>en</language>
\t<sy:updatePeriod>hourly</sy:updatePeriod>
\t<generator>http://wordpress.com/</generator>
<cloud domain='blog.otalk.example' port='80' path='/?rsscloud=notify' registerProcedure=''
 protocol='http-post' />
<image>
\t<url>https://s0.wp.com/i/buttonw-com.png</url>
\t<title>{title}: the picture</title>
\t<link>{blog}</link>
</image>
\t<atom:link rel="search" type="application/opensearchdescription+xml" href="{blog}/osd.xml"
 title="{title}" />
\t<atom:link rel='hub' href='{blog}/?pushpress=hub'/>
"""

_RSS_ITEM = """\t<item>
\t\t<title>{title}</title>
\t\t<link>{link}</link>
\t\t\t\t<comments>{link}#comments</comments>
\t\t<dc:creator><![CDATA[{author}]]></dc:creator>
\t\t<pubDate>{published}</pubDate>
{categories}
\t\t<guid isPermaLink="{is_permalink}">{guid}</guid>

\t\t\t\t\t<description><![CDATA[{description}]]></description>
{content}\t\t\t\t\t<wfw:commentRss>{link}feed/</wfw:commentRss>
\t\t\t<slash:comments>{comments}</slash:comments>
\t\t<media:content url="https://0.gravatar.com/avatar/invented?s=96" medium="image">
\t\t\t<media:title type="html">an avatar’s title</media:title>
\t\t</media:content>
\t</item>
"""

_ATOM_HEAD = """<?xml version="1.0" encoding="UTF-8"?><feed
\txmlns="http://www.w3.org/2005/Atom"
\txmlns:thr="http://purl.org/syndication/thread/1.0"
\txml:lang="en"
\txml:base="{blog}/wp-atom.php"
>
\t<title type="text">{title}</title>
\t<subtitle type="text">An invented blog</subtitle>
\t<updated>{built}</updated>
\t<link rel="alternate" type="text/html" href="{blog}" />
\t<id>{blog}/feed/atom/</id>
\t<link rel="self" type="application/atom+xml" href="{blog}/feed/atom/" />
\t<generator uri="http://wordpress.com/">WordPress.com</generator>
"""

_ATOM_ENTRY = """\t<entry>
\t\t<author>
\t\t\t<name>{author}</name>
\t\t\t<uri>{blog}</uri>
\t\t</author>
\t\t<title type="html"><![CDATA[{title}]]></title>
\t\t<link rel="alternate" type="text/html" href="{link}" />
\t\t<id>{guid}</id>
\t\t<updated>{updated}</updated>
\t\t<published>{published}</published>
{categories}
\t\t<summary type="html"><![CDATA[{description}]]></summary>
{content}\t\t<link rel="replies" type="text/html" href="{link}#comments" thr:count="2" />
\t\t<thr:total>2</thr:total>
\t</entry>
"""


def rss2(
    posts: Sequence[SourcePost], *, title: str = "Invented chats", is_summary_only: bool = False
) -> bytes:
    """An RSS 2.0 feed in the order given; `is_summary_only` is the blog's own setting (F4)."""
    built = max((post.changed_at for post in posts), default=_PUBLISHED)
    head = _RSS_HEAD.format(title=_typeset(title), blog=BLOG, built=format_datetime(built))
    items = "".join(_rss_item(post, is_summary_only=is_summary_only) for post in posts)
    return f"{head}{items}</channel>\n</rss>\n".encode()


def atom(
    posts: Sequence[SourcePost], *, title: str = "Invented chats", is_summary_only: bool = False
) -> bytes:
    """The same as Atom, where an edit shows in `updated`."""
    built = max((post.changed_at for post in posts), default=_PUBLISHED)
    head = _ATOM_HEAD.format(title=_typeset(title), blog=BLOG, built=_iso(built))
    entries = "".join(_atom_entry(post, is_summary_only=is_summary_only) for post in posts)
    return f"{head}{entries}</feed>\n".encode()


def rest(posts: Sequence[SourcePost]) -> bytes:
    """The same as WordPress's REST gives it, with the author embedded (F32 to F34)."""
    return json.dumps([_rest_post(post) for post in posts]).encode()


def _rest_post(post: SourcePost) -> dict[str, object]:
    return {
        "id": post.id,
        "type": "post",
        "slug": post.slug,
        # In the site's own time, here an hour ahead, and without saying so.
        "date": _local(post.published_at + timedelta(hours=1)),
        "date_gmt": _local(post.published_at),
        "modified_gmt": _local(post.changed_at),
        "guid": {"rendered": post.guid.replace("&", "&#038;")},
        "link": post.link,
        "title": {"rendered": _typeset(post.title).replace("&#038;", "&amp;")},
        "content": {
            "rendered": "" if post.is_protected else post.html.replace(NEXT_PAGE, ""),
            "protected": post.is_protected,
        },
        "_embedded": {"author": [{"name": _typeset(post.author)}]},
    }


def _local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def furniture(post: SourcePost) -> str:
    """What WordPress.com puts behind each post: share icons, then the pixel (F37)."""
    services = ("comments", "twitter", "reddit")
    icons = " ".join(
        f'<a rel="nofollow" href="http://feeds.wordpress.com/1.0/go{name}/x.wordpress.com/{post.id}/">'
        f'<img alt="" border="0" src="http://feeds.wordpress.com/1.0/{name}/x.wordpress.com/{post.id}/"'
        " /></a>"
        for name in services
    )
    pixel = (
        '<img alt="" border="0" src="https://stats.wordpress.com/b.gif?host=blog.otalk.example'
        f'&#038;blog=1&#038;post={post.id}&#038;feed=1" width="1" height="1" />'
    )
    return f"{icons} {pixel}"


def smiley(emoji: str) -> str:
    """An emoji as feeds carry it (F24)."""
    return (
        f'<img src="https://s.w.org/images/core/emoji/14.0.0/72x72/{ord(emoji[0]):x}.png" '
        f'alt="{emoji}" class="wp-smiley" style="height: 1em; max-height: 1em;" />'
    )


def excerpt(markup: str) -> str:
    """F23: the first 55 words without tags, and without a space where a tag was."""
    words = re.sub(r"<[^>]+>", "", markup).split()
    if len(words) <= _EXCERPT_WORDS:
        return " ".join(words)
    return " ".join(words[:_EXCERPT_WORDS]) + " [&#8230;]"


def _rss_item(post: SourcePost, *, is_summary_only: bool) -> str:
    content = f"\t\t\t\t\t\t\t\t\t\t<content:encoded><![CDATA[{_body(post)}]]></content:encoded>\n"
    return _RSS_ITEM.format(
        title=_title(post),
        link=post.link,
        author=_typeset(post.author),
        published=format_datetime(post.published_at),
        categories="\n".join(
            f"\t\t<category><![CDATA[{_typeset(name)}]]></category>" for name in post.categories
        ),
        is_permalink="true" if post.has_permalink_guid else "false",
        guid=_typeset(post.guid),
        description=_PROTECTED if post.is_protected else excerpt(post.html),
        comments=post.comments,
        content="" if is_summary_only else content,
    )


def _atom_entry(post: SourcePost, *, is_summary_only: bool) -> str:
    content = (
        f'\t\t<content type="html" xml:base="{post.link}"><![CDATA[{_body(post)}]]></content>\n'
    )
    return _ATOM_ENTRY.format(
        # F22: escaped once for HTML and once more for XML.
        author=html.escape(_typeset(post.author)),
        blog=BLOG,
        title=_title(post),
        link=post.link,
        guid=_typeset(post.guid),
        updated=_iso(post.changed_at),
        published=_iso(post.published_at),
        categories="\n".join(
            f'\t\t<category scheme="{BLOG}" term="{_typeset(name)}" />' for name in post.categories
        ),
        description=_PROTECTED if post.is_protected else excerpt(post.html),
        comments=post.comments,
        content="" if is_summary_only else content,
    )


def _title(post: SourcePost) -> str:
    # F17: in feeds the title says so; REST has a field for it.
    return _typeset(f"Protected: {post.title}" if post.is_protected else post.title)


def _body(post: SourcePost) -> str:
    if post.is_protected:
        return _LOCKED
    # F27: the first page only.
    first_page = post.html.split(NEXT_PAGE)[0]
    return (first_page + "\n" + furniture(post)).replace("]]>", "]]&gt;")


def _typeset(text: str) -> str:
    """F20: WordPress writes numbers, not names."""
    return text.replace("&", "&#038;").replace("<", "&lt;").replace(">", "&gt;")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
