"""Call the platform's API as a bot would, with plain requests."""

from __future__ import annotations

from typing import Any

import requests

from bot.standin import Platform
from tests.standin.conftest import AGENT_ID, CORP_ID, SECRET


class Api:
    """A bot's view of the API; the token is fetched once."""

    def __init__(self, platform: Platform) -> None:
        self.base = platform.api_base
        self.token = self.gettoken()["access_token"]

    def gettoken(self, corpid: str = CORP_ID, secret: str = SECRET) -> dict[str, Any]:
        return self.get("gettoken", corpid=corpid, corpsecret=secret)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        response = requests.get(self.base + path, params=query, timeout=5)
        assert response.status_code == 200
        return dict(response.json())

    def post(self, path: str, body: Any = None, files: Any = None, **query: str) -> dict[str, Any]:
        response = requests.post(self.base + path, params=query, json=body, files=files, timeout=5)
        assert response.status_code == 200
        return dict(response.json())

    def send(self, touser: str, content: str = "你好", **more: Any) -> dict[str, Any]:
        """Send a text to members."""
        body = {"touser": touser, "msgtype": "text", "agentid": AGENT_ID, "text": {"content": content}, **more}
        return self.post("message/send", body, access_token=self.token)

    def robot(self, key: str, body: Any) -> dict[str, Any]:
        """Send to a group."""
        return self.post("webhook/send", body, key=key)
