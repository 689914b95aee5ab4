"""A local stand-in for the WeCom platform, used by `python -m bot demo` and by all tests.

It speaks HTTP and the real encryption, and knows the bot only through them: nothing here imports the rest of the
project, and of the project only the command line and the tests may import this.
"""

from bot.standin.app import create_app
from bot.standin.callbacks import Signing, VerificationError
from bot.standin.foreground import serve
from bot.standin.platform import Platform
from bot.standin.values import Accepted, Bubble, Delivery, Exchange, Group, Member, Persona, Try, TryLine

__all__ = [
    "Accepted",
    "Bubble",
    "Delivery",
    "Exchange",
    "Group",
    "Member",
    "Persona",
    "Platform",
    "Signing",
    "Try",
    "TryLine",
    "VerificationError",
    "create_app",
    "serve",
]
