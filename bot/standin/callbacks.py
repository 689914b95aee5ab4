"""Hand callbacks to the bot as the platform does: sealed, signed, five seconds at most, three retries."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import requests

from bot.standin import callback_xml
from bot.standin.content import cut
from bot.standin.envelope import BadReplyError, Envelope, Sealed
from bot.standin.faults import CALLBACK
from bot.standin.values import PASSIVE_REPLY, Delivery, Try
from bot.standin.world import World

ANSWER_SECONDS = 5.0  # the connection is cut after that (page 90238)
VERIFY_SECONDS = 1.0  # for the URL check (page 90238)
RETRIES = 3  # after the first try (page 90238)
SILENT_ANSWERS = ("", "success")


class VerificationError(Exception):
    """The callback URL did not answer the check as the platform wants it; the text says how."""


@dataclass(frozen=True)
class Signing:
    """How a delivery is signed. Empty values are made fresh for every try, as the platform does."""

    timestamp: int | None = None
    nonce: str = ""
    signature: str = ""  # sent instead of the right one
    corp_id: str = ""  # in the envelope's ToUserName, instead of the right one
    agent_id: str = ""  # likewise AgentID

    def seal(self, envelope: Envelope, plain: str, now: float) -> Sealed:
        """Seal a text for one try."""
        sealed = envelope.seal(plain, int(now) if self.timestamp is None else self.timestamp, self.nonce)
        return Sealed(sealed.encrypted, self.signature or sealed.signature, sealed.timestamp, sealed.nonce)


@dataclass(frozen=True)
class _Answer:
    """The outcome of one try."""

    status: int | None
    body: str
    seconds: float
    problem: str = ""


class Caller:
    """Deliver to one callback URL. Thread-safe; a delivery blocks its caller until it is over."""

    def __init__(self, world: World, envelope: Envelope, retry_pause: float) -> None:
        self.url = ""
        self.retry_pause = retry_pause  # s from the start of a try to the start of the next
        self.answer_seconds = ANSWER_SECONDS
        self._world = world
        self._envelope = envelope
        self._answered: set[str] = set()  # MsgIds whose reply was already shown
        self._passed = threading.Condition()
        self._handed_over = 0  # tries that were made
        self._held_back = False  # one waits for another to overtake it

    def deliver(self, xml: str, signing: Signing, retries: int = RETRIES) -> Delivery:
        """Send a callback until it is answered with 200, then take the passive reply."""
        started = time.monotonic()
        tries: list[Try] = []
        while True:
            sealed = signing.seal(self._envelope, xml, self._world.now())
            answer = self._attempt(xml, sealed, signing)
            tries.append(Try(answer.status, answer.seconds, answer.problem))
            if answer.status == 200 or len(tries) > retries:
                break
            if self._world.stopping.wait(max(0.0, self.retry_pause - answer.seconds)):
                break
        return self._outcome(xml, answer, tuple(tries), time.monotonic() - started)

    def verify(self) -> str:
        """Check the URL as the admin page does on saving; the echoed number. Raises VerificationError."""
        echo = str(time.time_ns())
        sealed = self._envelope.seal(echo, int(self._world.now()))
        started = time.monotonic()
        answer = self._request("GET", sealed, {"echostr": sealed.encrypted}, None, VERIFY_SECONDS)
        self._record("GET", f"echostr={echo}", sealed.encrypted, answer, answer.body, "")
        if answer.status != 200 or answer.body != echo:
            raise VerificationError(answer.problem or f"status {answer.status}, answered {answer.body[:80]!r}")
        if time.monotonic() - started > VERIFY_SECONDS:
            raise VerificationError("answered too late")
        return echo

    def _attempt(self, xml: str, sealed: Sealed, signing: Signing) -> _Answer:
        body = callback_xml.build(
            {
                "ToUserName": signing.corp_id or self._world.corp_id,
                "AgentID": signing.agent_id or str(self._world.agent_id),
                "Encrypt": sealed.encrypted,
            }
        )
        fault = self._world.faults.take(CALLBACK)
        if fault is not None and fault.behind:
            self._let_one_pass(fault.delay)
        elif fault is not None and fault.delay:
            self._world.stopping.wait(fault.delay)
        answer = self._request("POST", sealed, {}, body, self.answer_seconds)
        with self._passed:
            self._handed_over += 1
            self._passed.notify_all()
        if fault is not None and fault.twice:
            again = self._request("POST", sealed, {}, body, self.answer_seconds)
            self._record("POST", callback_xml.pretty(xml), body, again, self._readable(again.body), again.body)
        if fault is not None and fault.drop:
            answer = _Answer(None, "", answer.seconds, "the answer got lost on the way")
        self._record("POST", callback_xml.pretty(xml), body, answer, self._readable(answer.body), answer.body)
        return answer

    def _let_one_pass(self, seconds: float) -> None:
        """Wait until another callback was handed over, at most so long; only one waits at a time."""
        with self._passed:
            if self._held_back:
                return
            self._held_back, before = True, self._handed_over
            self._passed.wait_for(lambda: self._handed_over > before or self._world.stopping.is_set(), seconds)
            self._held_back = False

    def _request(self, method: str, sealed: Sealed, extra: dict[str, str], body: str | None, limit: float) -> _Answer:
        started = time.monotonic()
        try:
            with requests.Session() as http:
                http.trust_env = False  # a proxy of the environment must not see what goes to 127.0.0.1
                response = http.request(
                    method,
                    self.url,
                    params={**sealed.query, **extra},
                    data=None if body is None else body.encode(),
                    headers={"Content-Type": "text/xml"},
                    timeout=limit,
                    allow_redirects=False,
                )
        except requests.Timeout:
            return _Answer(None, "", time.monotonic() - started, "no answer in time")
        except requests.RequestException as error:
            return _Answer(None, "", time.monotonic() - started, type(error).__name__)
        seconds = time.monotonic() - started
        if seconds > limit:
            return _Answer(None, "", seconds, "no answer in time")
        problem = "" if response.status_code == 200 else f"status {response.status_code}"
        return _Answer(response.status_code, response.content.decode(errors="replace"), seconds, problem)

    def _record(self, method: str, sent: str, wire: str, answer: _Answer, plain: str, answer_wire: str) -> None:
        path = self.url.split("://", 1)[-1].partition("/")[2]
        self._world.exchanges.add(
            to_bot=True,
            method=method,
            path=f"/{path}",
            status=answer.status,
            ms=round(answer.seconds * 1000),
            sent=sent,
            sent_wire=wire,
            answered=plain,
            answered_wire=answer_wire if answer_wire != plain else "",
            note="" if answer.status is not None else f"没有回应（{answer.problem}）",
        )

    def _readable(self, body: str) -> str:
        if body.strip() in SILENT_ANSWERS:
            return body
        try:
            return callback_xml.pretty(self._envelope.open_reply(body))
        except BadReplyError:
            return body

    def _outcome(self, xml: str, answer: _Answer, tries: tuple[Try, ...], elapsed: float) -> Delivery:
        ref = callback_xml.msg_ref(xml)
        problem, reply_xml = answer.problem, ""
        reply: dict[str, str] = {}
        if answer.status == 200 and answer.body.strip() not in SILENT_ANSWERS:
            try:
                reply_xml = self._envelope.open_reply(answer.body)
                reply = self._read(xml, reply_xml)
            except (BadReplyError, ValueError) as error:
                problem = f"bad reply: {error}"
        if reply:
            self._show(callback_xml.fields(xml)["FromUserName"], ref, reply)
        return Delivery(
            xml=xml,
            tries=tries,
            elapsed=elapsed,
            msg_ref=ref,
            reply=reply.get("text"),
            reply_kind=reply.get("kind", ""),
            reply_xml=reply_xml,
            problem=problem,
        )

    def _read(self, xml: str, reply_xml: str) -> dict[str, str]:
        """Read a passive reply as the member sees it. Raises ValueError."""
        sent, fields = callback_xml.fields(xml), callback_xml.fields(reply_xml)
        if (
            fields.get("ToUserName", "") != sent.get("FromUserName")
            or fields.get("FromUserName") != self._world.corp_id
        ):
            raise ValueError("the reply goes to someone else than the sender, or does not come from the corp")
        kind = fields.get("MsgType", "")
        if kind == "text":
            return {"kind": "text", "text": cut(fields.get("Content", ""))}
        root = callback_xml.parse(reply_xml)
        if kind in ("image", "voice", "video"):
            media_id = root.findtext(f"{kind.capitalize()}/MediaId") or ""
            if self._world.media.find(media_id) is None:
                raise ValueError("unknown media id")
            return {"kind": "image" if kind == "image" else "file", "text": "", "media_id": media_id}
        if kind == "news":
            titles = [item.findtext("Title") or "" for item in root.iterfind("Articles/item")]
            return {"kind": "card", "text": "\n".join(titles)}
        raise ValueError(f"a passive reply cannot be {kind or 'without MsgType'}")

    def _show(self, userid: str, ref: str, reply: dict[str, str]) -> None:
        """Put the reply into the conversation; a repeat of the same MsgId shows nothing new."""
        with self._world.lock:
            if ref and ref in self._answered:
                return
            self._answered.add(ref)
            self._world.feed.add(
                userid, incoming=False, who=self._world.app_name, via=PASSIVE_REPLY, msg_ref=ref, **reply
            )
