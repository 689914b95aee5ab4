"""The app's side of sending: message/send and message/recall."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.standin import content
from bot.standin.codes import ApiError
from bot.standin.content import Body, Content
from bot.standin.media import APP
from bot.standin.values import APP_PUSH, Accepted, Bubble, Member
from bot.standin.world import World

MOST_USERS = 1000  # (page 90236)
DUPLICATE_SECONDS = 1800  # default interval of the duplicate check (page 90236)
DUPLICATE_SECONDS_MOST = 14400
RECALL_SECONDS = 24 * 3600.0  # (page 94867)


@dataclass(frozen=True)
class _Recipients:
    known: tuple[Member, ...]
    invalid: tuple[str, ...]  # lower-cased, as the platform gives them back
    others: dict[str, str]  # invalidparty, invalidtag


def send(world: World, payload: Body) -> dict[str, Any]:
    """Take a message to members; the answer's fields without errcode. Raises ApiError."""
    _check_agent(world, payload)
    kind = str(payload.get("msgtype", ""))
    shown = _content(world, kind, payload)
    recipients = _recipients(world, payload)
    userids = tuple(member.userid for member in recipients.known)
    with world.lock:
        own_ref = world.next_ref()
        msgid = _first_of_duplicates(world, payload, kind, userids, own_ref)
        dropped = {} if msgid == own_ref else dict.fromkeys(userids, "duplicate")
        for userid in userids:
            if userid.lower() in world.unlicensed:
                dropped[userid] = "unlicensed"
            elif userid not in dropped and not world.member_windows.take(userid, world.now()):
                dropped[userid] = "rate"
        for userid in userids:
            if userid not in dropped:
                _show(world, userid, shown, msgid)
        world.feed.accept(
            Accepted(world.now(), kind, APP, userids, shown.text or shown.media_id, msgid, recipients.invalid, dropped)
        )
    answer: dict[str, Any] = {"msgid": msgid, **recipients.others}
    if recipients.invalid:
        answer["invaliduser"] = "|".join(recipients.invalid)
    unlicensed = [userid.lower() for userid, why in dropped.items() if why == "unlicensed"]
    if unlicensed:
        answer["unlicenseduser"] = "|".join(unlicensed)
    return answer


def recall(world: World, payload: Body) -> dict[str, Any]:
    """Take back a message of the last 24 hours. Raises ApiError 40058."""
    msgid = str(payload.get("msgid", ""))
    sends = [each for each in world.feed.accepted if each.msgid == msgid and each.channel == APP] if msgid else []
    if not sends or sends[0].at + RECALL_SECONDS < world.now():
        raise ApiError(40058, "msgid")
    for bubble in world.feed.of_send(msgid):
        world.feed.change(bubble.id, recalled=True)
    return {}


def _check_agent(world: World, payload: Body) -> None:
    agent = payload.get("agentid")
    if isinstance(agent, str) and agent.isdecimal():
        agent = int(agent)
    if not isinstance(agent, int) or isinstance(agent, bool):
        raise ApiError(40056)
    if agent != world.agent_id:
        raise ApiError(301002)


def _recipients(world: World, payload: Body) -> _Recipients:
    lists = {name: _listed(payload.get(name)) for name in ("touser", "toparty", "totag")}
    if lists["touser"] == ["@all"]:
        return _Recipients(tuple(world.members.values()), (), {})
    if not any(lists.values()):
        raise ApiError(82001)
    if len(lists["touser"]) > MOST_USERS:
        raise ApiError(40032)
    wanted = dict.fromkeys(userid.lower() for userid in lists["touser"])
    known = tuple(world.members[userid] for userid in wanted if userid in world.members.keys() - world.hidden)
    invalid = tuple(userid for userid in wanted if userid not in world.members or userid in world.hidden)
    if not any(member.userid.lower() not in world.unlicensed for member in known):
        raise ApiError(81013)
    others = {"invalidparty": lists["toparty"], "invalidtag": lists["totag"]}  # the stand-in has neither
    return _Recipients(known, invalid, {name: "|".join(ids) for name, ids in others.items() if ids})


def _listed(value: object) -> list[str]:
    return [each.strip() for each in value.split("|") if each.strip()] if isinstance(value, str) else []


def _first_of_duplicates(world: World, payload: Body, kind: str, userids: Iterable[str], own_ref: str) -> str:
    if payload.get("enable_duplicate_check") != 1:
        return own_ref
    interval = payload.get("duplicate_check_interval", DUPLICATE_SECONDS)
    if not isinstance(interval, int) or not 0 < interval <= DUPLICATE_SECONDS_MOST:
        raise ApiError(40058, "duplicate_check_interval")
    key = (kind, json.dumps(payload.get(kind), sort_keys=True), tuple(sorted(userids)))
    return world.duplicates.first(key, world.now(), interval, own_ref)


def _show(world: World, userid: str, shown: Content, msgid: str) -> Bubble:
    return world.feed.add(
        userid,
        incoming=False,
        who=world.app_name,
        kind=shown.kind,
        text=shown.text,
        media_id=shown.media_id,
        via=APP_PUSH,
        msg_ref=msgid,
    )


def _content(world: World, kind: str, payload: Body) -> Content:
    reader = _READERS.get(kind)
    if reader is None:
        raise ApiError(40008, kind)
    return reader(world, payload)


def _text(_: World, payload: Body) -> Content:
    return Content("text", content.cut(content.written(content.part(payload, "text"))))


def _markdown(_: World, payload: Body) -> Content:
    written = content.written(content.part(payload, "markdown"))
    return Content("markdown", content.within(written, content.TEXT_BYTES, 45002))


def _textcard(_: World, payload: Body) -> Content:
    card = content.part(payload, "textcard")
    if not all(isinstance(card.get(name), str) and card[name] for name in ("title", "description", "url")):
        raise ApiError(40058, "textcard")
    return Content("card", content.card_text(card["title"], card["description"], card["url"]))


def _of_media(kind: str) -> Callable[[World, Body], Content]:
    def read(world: World, payload: Body) -> Content:
        media = world.media.get(str(content.part(payload, kind).get("media_id", "")))
        return Content("image" if kind == "image" else "file", "" if kind == "image" else media.name, media.media_id)

    return read


_READERS: dict[str, Callable[[World, Body], Content]] = {
    "text": _text,
    "markdown": _markdown,
    "textcard": _textcard,
    "news": lambda _, payload: content.articles(payload),
    "template_card": lambda _, payload: content.template_card(payload),
    **{kind: _of_media(kind) for kind in ("image", "voice", "video", "file")},
}
