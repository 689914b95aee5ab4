"""The platform's HTTP API below /cgi-bin/. Every answer is HTTP 200 with errcode and errmsg, as on the platform."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, Response, g, request

from bot.standin import robots, sending
from bot.standin.codes import TEXTS, ApiError
from bot.standin.exchanges import pretty_json
from bot.standin.faults import Fault
from bot.standin.media import APP
from bot.standin.server import cut_connection
from bot.standin.world import World

Answer = dict[str, Any] | Response
Route = Callable[[str, str], Callable[[Callable[[], Answer]], None]]


def register(app: Flask, world: World) -> None:
    """Mount the API."""
    api = Blueprint("cgi-bin", __name__, url_prefix="/cgi-bin")

    def route(path: str, method: str) -> Callable[[Callable[[], Answer]], None]:
        def mount(view: Callable[[], Answer]) -> None:
            def answer() -> Response:
                return _answered(view, method)

            api.add_url_rule(path, path, answer, methods=["GET", "POST"])

        return mount

    api.before_request(lambda: _start(world))
    api.after_request(lambda response: _finish(world, response))
    _mount_basics(world, route)
    _mount_sending(world, route)
    app.register_blueprint(api)


def _mount_basics(world: World, route: Route) -> None:
    @route("/gettoken", "GET")
    def gettoken() -> Answer:
        if request.args.get("corpid", "") != world.corp_id:
            raise ApiError(40013)
        secret = request.args.get("corpsecret", "")
        if not secret:
            raise ApiError(41004)
        if not hmac.compare_digest(secret.encode(), world.secret.encode()):
            raise ApiError(40001)
        token, seconds = world.tokens.issue()
        return {"access_token": token, "expires_in": seconds}

    @route("/getcallbackip", "GET")
    def getcallbackip() -> Answer:
        _check_token(world)
        return {"ip_list": ["127.0.0.1"]}

    @route("/user/get", "GET")
    def user_get() -> Answer:
        _check_token(world)
        member = world.member(request.args.get("userid", ""))
        if member is None:
            raise ApiError(60111)
        return {
            "userid": member.userid,
            "name": member.name,
            "department": [1],
            "position": member.title,
            "status": 1,
            "isleader": 0,
            "enable": 1,
            "alias": "",
        }

    @route("/media/upload", "POST")
    def media_upload() -> Answer:
        _check_token(world)
        return _upload(world, APP)

    @route("/media/get", "GET")
    def media_get() -> Answer:
        _check_token(world)
        media = world.media.get(request.args.get("media_id", ""))
        return Response(
            media.content,
            content_type=media.mime,
            headers={"Content-Disposition": f'attachment; filename="{media.media_id[:12]}"'},
        )


def _mount_sending(world: World, route: Route) -> None:
    @route("/message/send", "POST")
    def message_send() -> Answer:
        _check_token(world)
        return sending.send(world, _payload())

    @route("/message/recall", "POST")
    def message_recall() -> Answer:
        _check_token(world)
        return sending.recall(world, _payload())

    @route("/webhook/send", "POST")
    def webhook_send() -> Answer:
        return robots.send(world, request.args.get("key", ""), _payload())

    @route("/webhook/upload_media", "POST")
    def webhook_upload() -> Answer:
        return _upload(world, robots.group_of(world, request.args.get("key", "")).key)


def _check_token(world: World) -> None:
    world.tokens.check(request.args.get("access_token", ""))


def _payload() -> dict[str, Any]:
    try:
        value = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:  # nested too deep to be read
        raise ApiError(47001) from error
    if not isinstance(value, dict):
        raise ApiError(47001)
    return value


def _upload(world: World, owner: str) -> Answer:
    file = request.files.get("media")
    if file is None:
        raise ApiError(41005)
    media = world.media.upload(request.args.get("type", ""), file.filename or "file", file.read(), owner)
    return {"type": media.kind, "media_id": media.media_id, "created_at": str(int(media.created_at))}


def _answered(view: Callable[[], Answer], method: str) -> Response:
    try:
        if request.method != method:
            raise ApiError(43002)
        answer = view()
    except ApiError as error:
        return _json({"errcode": error.errcode, "errmsg": error.errmsg})
    if isinstance(answer, Response):
        return answer
    return _json({"errcode": 0, "errmsg": "ok", **answer})


def _json(value: dict[str, Any]) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), content_type="application/json; charset=UTF-8")


def _start(world: World) -> Response | None:
    g.started = time.monotonic()
    fault = world.faults.take(request.path)
    if fault is None:
        return None
    if fault.delay:
        world.stopping.wait(fault.delay)
    if fault.spoils and fault.accept:
        g.fault = fault
        return None
    return _spoiled(fault) if fault.spoils else None


def _spoiled(fault: Fault) -> Response:
    if fault.drop:
        g.dropped = True
        return Response(status=499)
    if fault.body is not None:
        return Response(fault.body, status=fault.status, content_type="text/html; charset=UTF-8")
    if fault.errcode is None:
        return Response("", status=fault.status)
    errmsg = fault.errmsg or TEXTS.get(fault.errcode, "error")
    response = _json({"errcode": fault.errcode, "errmsg": errmsg})
    response.status_code = fault.status
    return response


def _finish(world: World, response: Response) -> Response:
    fault = g.pop("fault", None)
    if fault is not None:
        response = _spoiled(fault)
    dropped = g.pop("dropped", False)
    world.exchanges.add(
        to_bot=False,
        method=request.method,
        path=request.full_path.rstrip("?"),
        status=None if dropped else response.status_code,
        ms=round((time.monotonic() - g.started) * 1000),
        sent=_sent_body(),
        sent_wire="",
        answered="" if dropped else _answer_body(response),
        answered_wire="",
        note="连接被切断，没有回应" if dropped else "",
    )
    if dropped:
        cut_connection(request.environ)
    return response


def _sent_body() -> str:
    if request.files:
        return "\n".join(f"{name}: {file.filename}" for name, file in request.files.items())
    return pretty_json(request.get_data(as_text=True))


def _answer_body(response: Response) -> str:
    if response.mimetype in ("application/json", "text/html"):
        return pretty_json(response.get_data(as_text=True))
    return f"({response.mimetype}, {response.calculate_content_length()} bytes)"
