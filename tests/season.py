"""A season of 30 weeks: what the editors did on the blog, and the news that it was.

The specification by example. Each week is one look at the blog, on a Monday at nine. An act
names the traps that it lays; what follows as news is all that may be told. All people, posts
and topics are invented.
"""

from dataclasses import replace

from tests.editors import (
    appends,
    breaks_down,
    comes_back,
    comments,
    edits,
    makes_again,
    moves_house,
    publishes,
    puts_on_top,
    restores,
    rewrites,
    schedules,
    trashes,
    turns_summaries_over,
)
from tests.feeds import NEXT_PAGE, SourcePost, smiley
from tests.season_words import (
    BY_FEED,
    BY_REST,
    CUT_SHORT,
    HEADING,
    IN_FULL,
    PROMISE,
    Talk,
    Week,
    announced,
    block,
    called_off,
    changed,
    chat,
    corrected,
    figures,
    hosted_by,
    notice,
    noticed,
    transcript,
    wrapped_up,
)

SOUP = Talk(post=9, topic="Soup and company", starts_at="2025-09-09 19:00", hosts=("@moss_hollow",))
OARS = Talk(
    post=10,
    topic="Oars, ropes and asking for help.",
    starts_at="2025-09-16 19:00",
    hosts=("@wren_otter",),
)
ROOFS = Talk(post=11, topic="Roof gardens.", starts_at="2025-09-23 19:00", hosts=("@tam_ostler",))
RIVERS = Talk(
    post=12,
    topic="Sharing river walks",
    starts_at="2025-09-30 19:00",
    hosts=("@ash_quill", "@LinPedal"),
)
EXTRA = Talk(
    post=13,
    topic="Harbour Week Extra Tweet Chat #OTsOnDeck",
    starts_at="2025-10-08 18:00",
    hosts=("@TheKiteLoft",),
)
TEA = Talk(
    post=14,
    topic="Tea rotas and rest",
    starts_at="2025-10-14 19:00",
    hosts=("Orla Wick",),
    flags=("fallback-host",),
)
TEA_HOSTED = TEA.but(hosts=("@pip_kettle",), flags=())
BIKES = Talk(
    post=15, topic="Bicycles and balance", starts_at="2025-10-21 19:00", hosts=("@fern_oar",)
)
BIKES_MOVED = BIKES.but(starts_at="2025-11-04 20:00")
KITES = BIKES_MOVED.but(topic="Kites, strings and shared leisure")
DOORS = Talk(
    post=16,
    topic="Doorways and thresholds",
    starts_at="2025-10-28 20:00",
    hosts=("@moss_hollow",),
    flags=("date-corrected",),
)
SEASONS = Talk(
    post=18, topic="Slow food and seasons", starts_at="2025-11-11 20:00", hosts=("@wren_otter",)
)
WEATHER = Talk(
    post=20, topic="Weather as an employer", starts_at="2025-11-18 20:00", hosts=("@ash_quill",)
)
WEATHER_MOVED = WEATHER.but(starts_at="2025-12-02 20:00")
SHADE = Talk(post=21, topic="Planting shade", starts_at="2025-11-25 20:00", hosts=("@tam_ostler",))
BOATS = Talk(
    post=23,
    topic="Media Club- Paper boats and patience",
    starts_at="2025-12-16 20:00",
    hosts=("@LinPedal",),
)
ROTAS = Talk(
    post=24,
    topic="Growing shade into the rota.",
    starts_at="2026-01-06 20:00",
    hosts=("@pip_kettle",),
)
LAMPS = Talk(
    post=26, topic="Lighthouses at home", starts_at="2026-01-13 20:00", hosts=("@fern_oar",)
)
STAIRS = Talk(
    post=27, topic="Stairs and slopes.", starts_at="2026-01-20 20:00", hosts=("@moss_hollow",)
)
LADDERS = Talk(
    post=28,
    topic="Ladders, lofts and letting go",
    starts_at="2026-02-03 20:00",
    hosts=("@wren_otter",),
)
REPAIRS = Talk(post=29, topic="Repair cafés", starts_at="2026-02-10 20:00", hosts=("@ash_quill",))
CHOIRS = Talk(
    post=30, topic="Choirs on Mondays", starts_at="2026-02-17 20:00", hosts=("@tam_ostler",)
)
QUIZ = Talk(
    post=31,
    topic="Quiz an Expert using #WARDchat",
    starts_at="2026-02-24 20:00",
    hosts=("@LinPedal",),
)
KETTLES = Talk(
    post=33, topic="Kettles on wheels", starts_at="2026-03-10 20:00", hosts=("@pip_kettle",)
)
HATS = Talk(post=34, topic="Hats indoors", starts_at="2026-03-03 20:00", hosts=("@fern_oar",))
WHITTLING = Talk(
    post=35, topic="Whittling in company", starts_at="2026-04-07 19:00", hosts=("@moss_hollow",)
)

CONFERENCE = tuple(range(101, 113))


def report(number: int) -> str:
    return f"From room {number} of #ABC2025"


def conference(*numbers: int, day: str) -> list[SourcePost]:
    return [notice(n, f"{day} {n - 95:02}:00", report(n)) for n in numbers]


SEASON = (
    Week(
        number=1,
        acts={
            "T33 a first look at ten posts; D1 D2 D5 T4; T34 one has its block": publishes(
                chat(
                    1,
                    "2025-05-28 08:00",
                    "#OTalk 3rd June 2025 – Ferry timetables",
                    host="@fern_oar",
                ),
                chat(2, "2025-06-04 08:00", "#OTalk – 10 June 2025 – Whittling.", host="@fern_oar"),
                notice(3, "2025-06-10 08:00", "Volunteers Wanted – #OTalk Tea Rota Keeper"),
                chat(
                    4,
                    "2025-06-17 08:00",
                    "#OTalk – 23rd June 2024 – Doorways",
                    top="<p>Date: 24/06/2025 Host: @fern_oar</p>\n",
                ),
                chat(
                    5,
                    "2025-06-25 08:00",
                    "2nd July 2024 – Does singing lift the week?",
                    top="<p>Join #OTalk on Tuesday 1st July 2025, hosted by @fern_oar.</p>\n",
                ),
                chat(6, "2025-07-02 08:00", "#OTalk 8/7/25 Bread ovens", host="@fern_oar"),
                chat(
                    7,
                    "2025-07-09 08:00",
                    "#OTalk 15thJuly – Winter clothes and plans for 2027",
                    host="@fern_oar",
                ),
                chat(8, "2025-07-16 08:00", "#OTalk 22th July 25 – Rest", host="@fern_oar"),
                chat(
                    9,
                    "2025-09-03 08:00",
                    "#OTalk 9th September 2025 – Soup and company",
                    host="@moss_hollow",
                    end=block(9, 64),
                ),
                chat(
                    10,
                    "2025-09-10 08:00",
                    f"#OTalk 16th September 2025 – {OARS.topic}",
                    host="Wren Otter (@wren_otter)",
                ),
            ),
        },
        news=(announced(OARS),),
        partial=((IN_FULL, wrapped_up(SOUP, tweets=64)),),
    ),
    Week(
        number=2,
        acts={
            "T17 a wrap-up in steps: the transcript first": appends(10, HEADING + transcript(10)),
            "T1 no year, a month in four letters": publishes(
                chat(11, "2025-09-17 08:00", "#Otalk 23rd Sept -Roof gardens.", host="@tam_ostler")
            ),
        },
        news=(wrapped_up(OARS), announced(ROOFS)),
        # An excerpt shows no block: the whole post is asked for once the chat is known.
        partial=((CUT_SHORT, wrapped_up(SOUP, tweets=64)),),
    ),
    Week(
        number=3,
        acts={
            "T17 the figures later: no second wrap-up": appends(10, figures(93)),
            "T18 a heading with nothing under it but a promise": appends(11, HEADING + PROMISE),
            "D3 an ordinal typo; D4 T3 the slug says another day": publishes(
                replace(
                    chat(
                        12,
                        "2025-09-24 08:00",
                        f"#OTalk 30st September 2025 – {RIVERS.topic}",
                        host="@ash_quill and @LinPedal",
                    ),
                    slug="otalk-23rd-september-kites",
                )
            ),
        },
        news=(announced(RIVERS.but(slug="otalk-23rd-september-kites")),),
        partial=(
            (
                IN_FULL,
                corrected(
                    OARS,
                    {
                        "impressions": (None, "212.480K"),
                        "tweets": (None, "93"),
                        "participants": (None, "27"),
                    },
                    tweets=93,
                ),
            ),
        ),
    ),
    Week(
        number=4,
        acts={
            "F5 one figure is put right": rewrites(10, "93 Tweets", "95 Tweets"),
            "T18 T10 the block is filled in, one figure missing": appends(
                11, transcript(11) + figures(71)
            ),
            "T16 a typo after the chat": rewrites(12, "kettle", "kettel"),
            "T5 a Wednesday at seven": publishes(
                chat(
                    13,
                    "2025-10-02 08:00",
                    f"#OTalk {EXTRA.topic} WEDNESDAY 8th October 2025 7pm – Hosted by @TheKiteLoft",
                )
            ),
            "T8 no host yet": publishes(
                chat(14, "2025-10-06 08:00", f"#OTalk 14th October 2025 – {TEA.topic}")
            ),
        },
        news=(wrapped_up(ROOFS, tweets=71), announced(EXTRA), announced(TEA)),
        partial=((IN_FULL, corrected(OARS, {"tweets": ("93", "95")}, tweets=95)),),
    ),
    Week(
        number=5,
        acts={
            "T16 a host is added": puts_on_top(14, hosted_by("@pip_kettle")),
            "T19 the header of 2013, no heading": puts_on_top(
                12,
                "<p>Date: 30/09/2025 Host: @ash_quill and @LinPedal</p>\n<p>Blog Post – "
                '<a href="https://transcripts.example/12">Transcript</a></p>\n',
            ),
            "T19 figures straight after the text": appends(13, figures(58)),
            "a chat that will be moved and renamed": publishes(
                chat(
                    15,
                    "2025-10-13 07:00",
                    f"#OTalk 21st October 2025 – {BIKES.topic}",
                    host="@fern_oar",
                )
            ),
            "D1 T2 last year in the title": publishes(
                chat(
                    16,
                    "2025-10-13 08:00",
                    f"#OTalk – 28th October 2024 – {DOORS.topic}",
                    top="<p>Join us on Tuesday 28th October 2025 for this #OTalk, hosted by "
                    "@moss_hollow. 🪁</p>\n",
                )
            ),
        },
        news=(
            changed(TEA_HOSTED, {"hosts": (None, "@pip_kettle")}),
            wrapped_up(RIVERS.but(slug="otalk-23rd-september-kites")),
            wrapped_up(EXTRA, tweets=58, has_transcript=False),
            announced(BIKES),
            announced(DOORS),
        ),
    ),
    Week(
        number=6,
        acts={
            "T16 the date is moved": edits(15, title=f"#OTalk 4th November 2025 – {BIKES.topic}"),
            "T17 a wrap-up": appends(14, block(14, 88)),
            "T20 not a chat": publishes(
                notice(17, "2025-10-17 08:00", "#OTalk Tea Squad #ABC2025")
            ),
        },
        news=(
            changed(
                BIKES_MOVED,
                {"starts_at": ("2025-10-21T19:00:00+00:00", "2025-11-04T20:00:00+00:00")},
            ),
            wrapped_up(TEA_HOSTED, tweets=88),
            noticed(17, "#OTalk Tea Squad #ABC2025"),
        ),
    ),
    Week(
        number=7,
        acts={
            "T16 another topic, under the old slug": edits(
                15, title=f"#OTalk 4th November 2025 – {KITES.topic}"
            ),
            "T24 Update pressed without a change": edits(14),
            "T24 F24 an emoji becomes a picture": rewrites(16, "🪁", smiley("🪁")),
            "T24 F39 an advertisement": appends(
                16, '<div class="wpcnt"><div class="wpa"><span>Advertisements</span></div></div>'
            ),
            "T24 F11 a reader comments": comments(16),
            "T20 a notice is edited": rewrites(17, "glad", "very glad"),
        },
        news=(changed(KITES, {"topic": (BIKES.topic, KITES.topic)}),),
    ),
    Week(
        number=8,
        acts={
            "T26 F27 a wrap-up on the second page of the post": appends(
                16, NEXT_PAGE + block(16, 77)
            ),
            "T16 a typo in the title": edits(
                15, title="#OTalk 4th November 2025 – Kites, strings and shraed leisure"
            ),
            "T28 F14 another slug": edits(15, slug="kites-and-strings"),
            "a chat that will be cancelled": publishes(
                chat(
                    18,
                    "2025-11-03 08:00",
                    f"#OTalk 11th November 2025 – {SEASONS.topic}",
                    host="@wren_otter",
                )
            ),
            "T21 the US chat": publishes(
                notice(19, "2025-11-01 08:00", "OTalk2US 9th November, by Harriet Sandwell")
            ),
        },
        news=(
            wrapped_up(DOORS, tweets=77),
            announced(SEASONS),
            noticed(19, "OTalk2US 9th November, by Harriet Sandwell"),
        ),
    ),
    Week(
        number=9,
        acts={
            "F19 cancelled in the title": edits(
                18, title=f"CANCELLED: #OTalk 11th November 2025 – {SEASONS.topic}"
            ),
            "T18 a promise is no wrap-up": appends(15, PROMISE),
            "a chat that will be put off": publishes(
                chat(
                    20,
                    "2025-11-10 08:00",
                    f"#OTalk 18th November 2025 – {WEATHER.topic}",
                    host="@ash_quill",
                )
            ),
        },
        news=(called_off(SEASONS), announced(WEATHER)),
    ),
    Week(
        number=10,
        acts={
            "T17 a wrap-up, and the title without its typo": edits(
                15, title=f"#OTalk 4th November 2025 – {KITES.topic}"
            ),
            "T17 the block under a promise": appends(15, block(15, 92)),
            "postponed without a new date": edits(
                20, title=f"POSTPONED – #OTalk 18th November 2025 – {WEATHER.topic}"
            ),
            "T4 a date with slashes": publishes(
                chat(21, "2025-11-17 08:00", f"#OTalk 25/11/25 {SHADE.topic}", host="@tam_ostler")
            ),
        },
        news=(
            wrapped_up(KITES, tweets=92, slug="kites-and-strings"),
            called_off(WEATHER),
            announced(SHADE),
        ),
    ),
    Week(
        number=11,
        acts={
            "a new date for what was put off": edits(
                20, title=f"#OTalk 2nd December 2025 – {WEATHER.topic}"
            ),
            "F3 a conference begins": publishes(*conference(*CONFERENCE[:6], day="2025-11-22")),
        },
        news=(
            changed(
                WEATHER_MOVED,
                {
                    "phase": ("postponed", "announced"),
                    "starts_at": ("2025-11-18T20:00:00+00:00", "2025-12-02T20:00:00+00:00"),
                },
            ),
            *(noticed(number, report(number)) for number in CONFERENCE[:6]),
        ),
    ),
    Week(
        number=12,
        acts={
            "F3 the conference pushes chats off the page": publishes(
                *conference(*CONFERENCE[6:], day="2025-11-29")
            ),
            "T25 the wrap-up of a post that is not on it any more": appends(21, block(21, 66)),
        },
        news=(
            *(noticed(number, report(number)) for number in CONFERENCE[6:]),
            wrapped_up(SHADE, tweets=66),
        ),
    ),
    Week(
        number=13,
        acts={
            "T15 the transcript in a post of its own": publishes(
                replace(
                    notice(
                        22,
                        "2025-12-05 08:00",
                        f"Transcript: {WEATHER.topic} – #OTalk (2 December 2025)",
                    ),
                    html=transcript(20),
                )
            ),
            "a series word behind the date": publishes(
                chat(
                    23,
                    "2025-12-08 08:00",
                    f"#OTalk 16th December 2025 {BOATS.topic}",
                    host="@LinPedal",
                )
            ),
        },
        news=(announced(BOATS),),
        partial=(
            (IN_FULL, wrapped_up(WEATHER_MOVED, slug="otalk-22")),
            # F23: there are no links in an excerpt.
            (CUT_SHORT, wrapped_up(WEATHER_MOVED, slug="otalk-22", has_transcript=False)),
        ),
    ),
    Week(
        number=14,
        acts={
            "T1 January in December, no year": publishes(
                chat(
                    24,
                    "2025-12-15 08:00",
                    f"#OTalk 6th January – {ROTAS.topic}",
                    host="@pip_kettle",
                    end="<p>No chats on 23rd and 30th December; we are back on 6th January.</p>\n",
                )
            ),
            "T16 a handle in other letters": rewrites(23, "@LinPedal", "@linpedal"),
        },
        news=(announced(ROTAS),),
    ),
    Week(
        number=15,
        acts={
            "T17 a wrap-up before Christmas": appends(23, block(23, 59)),
            "T20 a farewell that begins with the tag": publishes(
                notice(25, "2025-12-20 08:00", "#OTalk – Lights out yet the kettle stays on!")
            ),
        },
        news=(
            wrapped_up(BOATS.but(hosts=("@linpedal",)), tweets=59),
            noticed(25, "#OTalk – Lights out yet the kettle stays on!"),
        ),
    ),
    Week(number=16, acts={"the blog is down": breaks_down()}, status=75),
    Week(
        number=17,
        acts={
            "F15 a post from the week without an answer": publishes(
                chat(
                    26,
                    "2025-12-30 08:00",
                    f"#OTalk 13th January – {LAMPS.topic}",
                    host="@fern_oar",
                )
            ),
            "the blog is back": comes_back(),
        },
        news=(announced(LAMPS),),
    ),
    Week(
        number=18,
        acts={
            "T17 a wrap-up of last year's post": appends(24, block(24, 84)),
            "T29 F19 a post is taken down the day before its chat": trashes(26),
            "T30 F17 a post behind a password": publishes(
                replace(
                    chat(
                        27,
                        "2026-01-12 08:00",
                        f"#OTalk 20th January 2026 – {STAIRS.topic}",
                        host="@moss_hollow",
                    ),
                    is_protected=True,
                )
            ),
        },
        news=(wrapped_up(ROTAS, tweets=84),),
        warnings=("has gone from the blog: #OTalk 13th January – Lighthouses at home",),
    ),
    Week(
        number=19,
        acts={
            "T29 the post is back": restores(26),
            "T30 the password is taken off": edits(27, is_protected=False),
        },
        news=(announced(STAIRS),),
    ),
    Week(
        number=20,
        acts={
            "T29 the wrap-up of a post that was away": appends(26, block(26, 49)),
            "a post that will be made again": publishes(
                chat(
                    28,
                    "2026-01-26 06:00",
                    f"#OTalk 3rd February 2026 – {LADDERS.topic}",
                    host="@wren_otter",
                )
            ),
        },
        news=(wrapped_up(LAMPS, tweets=49), announced(LADDERS)),
    ),
    Week(
        number=21,
        acts={
            "T17 a wrap-up": appends(27, block(27, 73)),
            "T27 F15 a draft of January comes out with its old date": publishes(
                chat(
                    29,
                    "2026-01-20 08:00",
                    f"#OTalk 10th February 2026 – {REPAIRS.topic}",
                    host="@ash_quill",
                )
            ),
            "T28 F18 deleted and made again: another guid, the same title": makes_again(
                28, as_number=38
            ),
            "F16 a post is scheduled for Tuesday": schedules(
                chat(
                    30,
                    "2026-02-03 08:00",
                    f"#OTalk 17th February 2026 – {CHOIRS.topic}",
                    host="@tam_ostler",
                )
            ),
        },
        news=(wrapped_up(STAIRS, tweets=73), announced(REPAIRS)),
    ),
    Week(
        number=22,
        acts={
            "T28 the wrap-up stands in the post that was made again": appends(38, block(28, 69)),
            "T28 F14 a post is dated anew": edits(
                29, published_at=chat(29, "2026-02-08 08:00", "").published_at
            ),
        },
        news=(wrapped_up(LADDERS, tweets=69, slug="otalk-38"), announced(CHOIRS)),
    ),
    Week(
        number=23,
        acts={
            "T17 a wrap-up": appends(29, block(29, 80)),
            "T22 one post, several events": publishes(
                chat(
                    31,
                    "2026-02-16 06:00",
                    "Quiz an Expert – #OTalk 24th February 2026 using #WARDchat",
                    host="@LinPedal",
                    end="<p>Also: Knot Evening, 26th February 2026; Tide Walk, 3rd March 2026.</p>",
                )
            ),
            "F4 the feed is turned from full text to summaries, or back": turns_summaries_over(),
        },
        news=(wrapped_up(REPAIRS, tweets=80), announced(QUIZ)),
        # Of what is still on the page, this alone was not seen before.
        partial=(
            (
                CUT_SHORT,
                corrected(
                    WEATHER_MOVED.but(slug="otalk-22"),
                    {"transcript_url": (None, "https://transcripts.example/20")},
                ),
            ),
        ),
    ),
    Week(
        number=24,
        acts={
            "F4 and turned again": turns_summaries_over(),
            "T17 a wrap-up": appends(30, block(30, 55)),
            "T29 F9 the newest post is taken down": trashes(31),
        },
        news=(wrapped_up(CHOIRS, tweets=55),),
        warnings=("has gone from the blog: Quiz an Expert",),
    ),
    Week(
        number=25,
        acts={
            "T28 F13 the blog moves to another domain": moves_house(),
            "T29 a post is back": restores(31),
            "T17 a wrap-up": appends(31, block(31, 61)),
            "the last chat before the silence": publishes(
                chat(
                    33,
                    "2026-03-02 08:00",
                    f"#OTalk 10th March 2026 – {KETTLES.topic}",
                    host="@pip_kettle",
                )
            ),
        },
        news=(wrapped_up(QUIZ, tweets=61), announced(KETTLES)),
    ),
    Week(
        number=26,
        acts={
            "T24 Update pressed without a change": edits(33),
            "T34 first seen with its block": publishes(
                chat(
                    34,
                    "2026-03-02 18:00",
                    f"#OTalk 3rd March 2026 – {HATS.topic}",
                    host="@fern_oar",
                    end=block(34, 44),
                )
            ),
        },
        # An excerpt shows no block: the whole post is asked for once the chat is known.
        partial=((IN_FULL, wrapped_up(HATS, tweets=44)), (CUT_SHORT, announced(HATS))),
    ),
    Week(
        number=27,
        acts={"T17 a wrap-up at the new address": appends(33, block(33, 90))},
        news=(wrapped_up(KETTLES, tweets=90),),
        partial=((CUT_SHORT, wrapped_up(HATS, tweets=44)),),
    ),
    Week(
        number=28,
        acts={
            "T31 F8 a second edit in the same second": rewrites(
                33, "90 Tweets", "91 Tweets", is_silent=True
            )
        },
        partial=((BY_REST, corrected(KETTLES, {"tweets": ("90", "91")}, tweets=91)),),
    ),
    Week(
        number=29,
        acts={"T35 F11 nothing but a comment": comments(33)},
        partial=((BY_FEED, corrected(KETTLES, {"tweets": ("90", "91")}, tweets=91)),),
    ),
    Week(
        number=30,
        acts={
            "T35 the first chat after the silence": publishes(
                chat(
                    35,
                    "2026-04-01 08:00",
                    f"#OTalk 7th April 2026 – {WHITTLING.topic}",
                    host="@moss_hollow",
                )
            ),
        },
        news=(announced(WHITTLING),),
    ),
)

#: What is known of each chat when the season is over: phase, hour, and how sure that is.
AT_THE_END = {
    1: ("announced", "2025-06-03 19:00", ()),
    2: ("announced", "2025-06-10 19:00", ()),
    # D1, D2, and the other dates that need more than their title.
    4: ("announced", "2025-06-24 19:00", ("date-corrected",)),
    5: ("announced", "2025-07-01 19:00", ("date-corrected",)),
    6: ("announced", "2025-07-08 19:00", ()),
    7: ("announced", "2025-07-15 19:00", ()),
    8: ("announced", "2025-07-22 19:00", ()),
    **{
        talk.post: ("wrapped_up", talk.starts_at, talk.flags)
        for talk in (
            *(SOUP, OARS, ROOFS, RIVERS, EXTRA, TEA_HOSTED, KITES, DOORS, WEATHER_MOVED, SHADE),
            *(BOATS, ROTAS, LAMPS, STAIRS, LADDERS, REPAIRS, CHOIRS, QUIZ, KETTLES, HATS),
        )
    },
    SEASONS.post: ("cancelled", SEASONS.starts_at, ()),
    WHITTLING.post: ("announced", WHITTLING.starts_at, ()),
}
