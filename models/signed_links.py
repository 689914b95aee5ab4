"""Links that let somebody do one thing for a while, without signing in: what the link allows stands in it, signed.

The key is made once and kept in the database, so that every process signs and checks alike. A link is used up by what
it does (its nonce becomes the key of an inbound), so looking at its page, as chat programs do by themselves, is free.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from models import settings

LIFE = timedelta(minutes=30)  # real time; decided by us 2026-11-24
KEY = "link-key"  # setting
LONGEST = 400  # characters of a token
_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,300})\.([A-Za-z0-9_-]{43})")


class BadLinkError(Exception):
    """Not a link that we have signed."""


@dataclass(frozen=True, slots=True)
class SignedLink:
    """What a link allows: this person, for this org, this one duty, until then, once."""

    purpose: str
    org_id: int
    person_id: int
    duty: str
    expires_at: datetime  # transport time, whole seconds
    nonce: str


def link(purpose: str, org_id: int, person_id: int, duty: str, wall: datetime) -> SignedLink:
    """Make a fresh link of 30 minutes. wall: transport time."""
    expires_at = (wall + LIFE).replace(microsecond=0)
    return SignedLink(purpose, org_id, person_id, duty, expires_at, secrets.token_urlsafe(12))


def token(session: Session, signed: SignedLink) -> str:
    """Write a link as a signed token of letters that a URL path can carry."""
    payload = _payload(signed)
    return f"{payload}.{_seal(_key(session), payload)}"


def read(session: Session, written: str, purpose: str) -> SignedLink:
    """Read a token back; whether it is still good is for the caller to ask. Writes nothing.

    Raises BadLinkError for what was not signed here, or for another purpose.
    """
    parts = _TOKEN.fullmatch(written) if len(written) <= LONGEST else None
    key = settings.get(session, KEY)
    if parts is None or not key:
        raise BadLinkError
    if not hmac.compare_digest(_seal(bytes.fromhex(key), parts[1]), parts[2]):
        raise BadLinkError
    found = _signed(parts[1])
    if found.purpose != purpose:
        raise BadLinkError
    return found


def _key(session: Session) -> bytes:
    return bytes.fromhex(settings.get(session, KEY) or settings.keep(session, KEY, secrets.token_hex(32)))


def _payload(signed: SignedLink) -> str:
    fields = [
        signed.purpose,
        signed.org_id,
        signed.person_id,
        signed.duty,
        int(signed.expires_at.timestamp()),
        signed.nonce,
    ]
    written = json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


def _signed(payload: str) -> SignedLink:
    """Read a payload whose signature was right: only we can have written it."""
    fields = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    purpose, org_id, person_id, duty, until, nonce = fields
    return SignedLink(purpose, org_id, person_id, duty, datetime.fromtimestamp(until, UTC), nonce)


def _seal(key: bytes, payload: str) -> str:
    digest = hmac.new(key, payload.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
