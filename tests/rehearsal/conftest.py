"""Fixtures of the rehearsal: the campaign of the notice with the sample roster, as a config names them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.config import Loaded, load_all
from models.campaign.loader import HUNAN

CONFIG = """
[database]
url = "sqlite:///bot.db"

[campaign]
file = "{campaign}"
roster = "roster.csv"
people = "people.csv"

[wecom]
corp_id = "ww1234567890abcdef"
agent_id = 1000002
secret = "secret-of-the-month"
token = "TokenOfTheMonth"
encoding_aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

[groups.office]
webhook = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=11111111-2222-3333-4444-555555555555"
"""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the log from the terminal."""
    with capture_logs():
        yield


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a config with the sample roster beside it; its database does not exist yet."""
    for name in ("roster.csv", "people.csv"):
        shutil.copy(HUNAN.with_name(name), tmp_path)
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(campaign=HUNAN))
    return path


@pytest.fixture
def loaded(config: Path) -> Loaded:
    """Return that config with everything that it names."""
    return load_all(config, environ={})
