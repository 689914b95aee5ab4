"""What stands beside our bot: the least that answers a callback, on the same server with the same threads.

They verify, decrypt, parse and echo, and keep nothing: no database, no reading, no exactly-once. For scale only.
"""

from __future__ import annotations

from flask import Flask, Response, request
from wechatpy.enterprise import create_reply, parse_message
from wechatpy.enterprise.crypto import WeChatCrypto
from werobot import WeRoBot
from werobot.contrib.flask import make_view

from tests.installing import AES_KEY, CORP_ID, TOKEN


def wechatpy_echo() -> Flask:
    """Make a bare wechatpy and Flask application."""
    app = Flask("echo")
    crypto = WeChatCrypto(TOKEN, AES_KEY, CORP_ID)

    @app.post("/wecom/callback")
    def callback() -> Response:
        args = request.args
        plain = crypto.decrypt_message(request.data, args["msg_signature"], args["timestamp"], args["nonce"])
        message = parse_message(plain)
        reply = create_reply(message.content, message).render()
        return Response(crypto.encrypt_message(reply, args["nonce"], args["timestamp"]))

    return app


def werobot_echo() -> Flask:
    """Make a WeRoBot for an official account, whose callbacks are sealed in the same way."""
    robot = WeRoBot(token=TOKEN, encoding_aes_key=AES_KEY, app_id=CORP_ID, enable_session=False)

    @robot.text
    def echo(message: object) -> str:
        return str(message.content)  # type: ignore[attr-defined]  # the library has no types

    app = Flask("werobot")
    app.add_url_rule("/wecom/callback", view_func=make_view(robot), methods=["GET", "POST"])
    return app
