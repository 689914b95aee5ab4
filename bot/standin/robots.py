"""The group robots' side of sending: webhook/send."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any

from bot.standin import content
from bot.standin.codes import ApiError
from bot.standin.content import Body, Content
from bot.standin.media import EMPTY, MEGABYTE, picture_mime
from bot.standin.values import ROBOT_PUSH, Accepted, Group
from bot.standin.world import World

IMAGE_BYTES = 2 * MEGABYTE  # before encoding (page 99110)


def group_of(world: World, key: str) -> Group:
    """Find the group of a robot. Raises ApiError 93000."""
    group = world.groups.get(key)
    if group is None:
        raise ApiError(93000)
    return group


def send(world: World, key: str, payload: Body) -> dict[str, Any]:
    """Take a message to a group; robots get no msgid, so the answer adds nothing. Raises ApiError."""
    group = group_of(world, key)
    kind = str(payload.get("msgtype", ""))
    reader = _READERS.get(kind)
    if reader is None:
        raise ApiError(40008, kind)
    shown = reader(world, group, payload)
    with world.lock:
        if not world.robot_windows.take(key, world.now()):
            raise ApiError(45009)
        world.feed.add(
            group.chat,
            incoming=False,
            who=world.app_name,
            kind=shown.kind,
            text=shown.text,
            media_id=shown.media_id,
            via=ROBOT_PUSH,
        )
        world.feed.accept(Accepted(world.now(), kind, key, (group.name,), shown.text or shown.media_id))
    return {}


def _text(world: World, _: Group, payload: Body) -> Content:
    body = content.part(payload, "text")
    text = content.within(content.written(body), content.TEXT_BYTES, 45002)
    mentioned = body.get("mentioned_list")
    ids = [each for each in mentioned if isinstance(each, str)] if isinstance(mentioned, list) else []
    return Content("text", "\n".join([text, " ".join(_mention(world, each) for each in ids)]).rstrip())


def _mention(world: World, userid: str) -> str:
    if userid == "@all":
        return "@所有人"
    member = world.member(userid)
    return f"@{member.name if member else userid}"


def _markdown(kind: str) -> Callable[[World, Group, Body], Content]:
    def read(_: World, __: Group, payload: Body) -> Content:
        text = content.written(content.part(payload, kind))
        return Content("markdown", content.within(text, content.ROBOT_MARKDOWN_BYTES, 40058))

    return read


def _image(world: World, group: Group, payload: Body) -> Content:
    body = content.part(payload, "image")
    try:
        raw = base64.b64decode(str(body.get("base64", "")), validate=True)  # refuses line breaks, as the platform does
    except (binascii.Error, ValueError) as error:
        raise ApiError(40058, "image.base64") from error
    if len(raw) <= EMPTY:
        raise ApiError(44001)
    if len(raw) > IMAGE_BYTES:
        raise ApiError(45001)
    if not picture_mime(raw):
        raise ApiError(40005)
    if hashlib.md5(raw, usedforsecurity=False).hexdigest() != str(body.get("md5", "")).lower():
        raise ApiError(301019)
    return Content("image", "", world.media.keep("image", "image", raw, group.key).media_id)


def _file(kind: str) -> Callable[[World, Group, Body], Content]:
    def read(world: World, group: Group, payload: Body) -> Content:
        media = world.media.get(str(content.part(payload, kind).get("media_id", "")), group.key)
        return Content("file", media.name, media.media_id)

    return read


_READERS: dict[str, Callable[[World, Group, Body], Content]] = {
    "text": _text,
    "markdown": _markdown("markdown"),
    "markdown_v2": _markdown("markdown_v2"),
    "image": _image,
    "file": _file("file"),
    "voice": _file("voice"),
    "news": lambda _, __, payload: content.articles(payload),
    "template_card": lambda _, __, payload: content.template_card(payload),
}
