"""The ways to send: a folder, an SMTP server, SendGrid."""

import sys
from types import ModuleType
from typing import Final

# SendGrid's package would load all of `cryptography` with what looks at signatures of events:
# eight megabytes for whoever sends, and a wrong answer to hostile ones (RELIABILITY 1.8).
_UNUSED: Final = "sendgrid.helpers.eventwebhook"
sys.modules.setdefault(_UNUSED, ModuleType(_UNUSED))
