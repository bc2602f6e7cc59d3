"""What SendGrid posts: its event webhook. Signed, small, stored before it is answered."""

import asyncio
import threading
import time
from datetime import datetime
from typing import Final

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from otalk_digest.errors import InputError, StoreError
from otalk_digest.logs import log_event
from otalk_digest.pipeline import receiving
from otalk_digest.pipeline.receiving import Opener, SignedPost
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.writer import GroupWriter

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"
#: SendGrid posts up to 768 KB at a time.
MOST_BYTES: Final = 1024 * 1024
#: Time for a body to arrive.
_PATIENCE_S: Final = 20.0
#: Of the time, applying takes a quarter at most: what comes in comes first.
_REST: Final = 3
