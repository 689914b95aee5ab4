"""A bot that repeats what it hears, with wechatpy's crypto; it can be told to fail, be slow or answer nonsense."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import xmltodict
from flask import Flask, Response, request
from wechatpy.enterprise.replies import TextReply
from werkzeug.serving import make_server

Next = Callable[[], Response | None]


class EchoBot:
    """A server in a thread. `heard` holds the decrypted callbacks; `script` the next unusual answers."""

    def __init__(self, crypto: Any, answer: Callable[[str], str | None] = lambda text: f"收到：{text}") -> None:
        self.crypto = crypto
        self.answer = answer
        self.heard: list[dict[str, Any]] = []
        self.queries: list[dict[str, str]] = []
        self.script: list[Next] = []
        self.on_clock: Callable[[], None] = lambda: None
        self.clock = datetime.fromisoformat("2021-05-11T08:50:00+08:00")
        self.clock_works = True
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def callback_url(self) -> str:
        return f"{self.base}/wecom/callback"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def slow(self, seconds: float) -> None:
        """Answer the next callback late."""
        self.script.append(lambda: time.sleep(seconds))  # type: ignore[func-returns-value]

    def fail(self, status: int) -> None:
        """Answer the next callback with a status."""
        self.script.append(lambda: Response("", status=status))

    def say(self, body: str) -> None:
        """Answer the next callback with a body as it stands."""
        self.script.append(lambda: Response(body))

    def _app(self) -> Flask:
        app = Flask("echo")
        app.add_url_rule("/wecom/callback", "verify", self._verify, methods=["GET"])
        app.add_url_rule("/wecom/callback", "callback", self._callback, methods=["POST"])
        app.add_url_rule("/clock", "clock", self._clock, methods=["GET", "POST"])
        return app

    def _verify(self) -> str:
        args = request.args
        return str(
            self.crypto.check_signature(args["msg_signature"], args["timestamp"], args["nonce"], args["echostr"])
        )

    def _callback(self) -> Response:
        args = request.args
        try:
            plain = self.crypto.decrypt_message(
                request.get_data(), args["msg_signature"], args["timestamp"], args["nonce"]
            )
        except Exception:
            return Response("", status=403)
        heard = xmltodict.parse(plain)["xml"]
        self.heard.append(heard)
        self.queries.append(dict(args))
        if self.script:
            special = self.script.pop(0)()
            if special is not None:
                return special
        text = self.answer(heard.get("Content") or heard.get("Event") or heard["MsgType"])
        if text is None:
            return Response("")
        reply = TextReply(content=text.replace("]]>", "]]]]><![CDATA[>"))  # wechatpy does not escape it
        reply.source, reply.target = heard["ToUserName"], heard["FromUserName"]
        return Response(self.crypto.encrypt_message(reply.render(), "987654321"))

    def _clock(self) -> Any:
        if not self.clock_works:
            return Response("", status=503)
        if request.method == "POST":
            values = request.get_json()
            self.clock += timedelta(seconds=values.get("advance_seconds", 780))
            self.on_clock()
        following = {"at": (self.clock + timedelta(minutes=13)).isoformat(), "what": "每周短信任务：通知三家运营商"}
        return {"now": self.clock.isoformat(), "zone": "Asia/Shanghai", "next": following}
