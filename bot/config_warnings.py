"""What is not wrong with an installation but should be looked at: said by `check`, and as `serve` or `work` starts."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.config import PUBLIC_API, Loaded
from models.campaign.loader import HUNAN
from models.campaign.workdays import unpublished
from models.session import sqlite_warning

EXAMPLE_SECRETS: Mapping[str, str] = {  # what stands in config.example.toml, which everybody can read
    "secret": "the app's secret",
    "token": "theTokenOfReceiveMessages",
    "encoding_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}


def warnings(loaded: Loaded, now: datetime) -> list[str]:
    """Say what is not wrong but should be looked at. now: the moment at which it would begin to work."""
    found = []
    if loaded.path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        found.append(f"{loaded.path.name} holds secrets and others can read it; run: chmod 600 {loaded.path}")
    wecom = loaded.config.wecom
    taken_over = [name for name, value in EXAMPLE_SECRETS.items() if getattr(wecom, name).get_secret_value() == value]
    if taken_over:
        keys = ", ".join(f"wecom.{name}" for name in taken_over)
        found.append(f"{loaded.path.name}: {keys}: still as in config.example.toml, so that anybody can forge messages")
    if loaded.config.clock is not None and urlsplit(wecom.api_base).hostname == urlsplit(PUBLIC_API).hostname:
        found.append(
            f"{loaded.path.name}: clock: the campaign's time is played, and its notices go to real people on the real "
            "platform (wecom.api_base); take [clock] out"
        )
    if _same(loaded.config.campaign.people, HUNAN.with_name("people.csv")):
        found.append(
            f"{loaded.path.name}: campaign.people: still the made-up people of the example; "
            "copy the file, write your own people into it, and name that one"
        )
    if not loaded.config.server.public_url:
        found.append(
            f"{loaded.path.name}: server.public_url is empty, so that no page and no link can be sent (总结, upload); "
            'write public_url = "https://bot.example.gov.cn"'
        )
    closed = loaded.campaign.closes_on
    if loaded.config.clock is None and loaded.campaign.local_day(now) > closed:
        found.append(
            f"{loaded.config.campaign.file.name}: the campaign closed on {closed}, so that nothing is taken, reminded "
            "or ranked any more; write the days of the next one"
        )
    if loaded.config.on_sqlite:
        found += filter(None, [sqlite_warning()])
    found += [
        f"{loaded.config.campaign.file.name}: the holidays of {year} are not published, or `holidays` is too old for "
        "them: Monday to Friday count as working days; upgrade it, or name them in rest_days and work_days"
        for year in unpublished(loaded.campaign)
    ]
    return found


def _same(file: Path, other: Path) -> bool:
    """Tell whether two files hold the same."""
    try:
        return file.read_bytes() == other.read_bytes()
    except OSError:
        return False
