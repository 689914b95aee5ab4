"""The stand-in for the WeCom platform: one object that plays the members, the API and the callbacks.

It knows the bot only through HTTP and the real encryption. Used by the demo and by all tests; for both it is
started with start(), and stop() ends everything it runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from bot.standin import saying, switches
from bot.standin.app import create_app
from bot.standin.callback_xml import Nested, with_msg_ref
from bot.standin.callbacks import RETRIES, Caller, Signing
from bot.standin.envelope import Envelope
from bot.standin.exchanges import Exchanges
from bot.standin.faults import Fault
from bot.standin.media import MediaStore
from bot.standin.saying import Sender, Utterance
from bot.standin.server import LOOPBACK, ServerThread
from bot.standin.tokens import Tokens
from bot.standin.values import Accepted, Bubble, Delivery, Group, Member, Persona, TryLine
from bot.standin.world import World


class Platform:
    """WeCom's side of one self-built app and its group robots."""

    def __init__(
        self,
        *,
        corp_id: str,
        agent_id: int,
        secret: str,
        token: str,
        encoding_aes_key: str,
        app_name: str = "宣传月助手",
        robots: Mapping[str, str] | None = None,
        members: Iterable[Member] = (),
        callback_url: str = "",
        retry_pause: float = 5.0,
        now: Callable[[], float] = time.time,
        limited: bool = True,
    ) -> None:
        """Make a platform that is not yet reachable.

        robots:      key of each group robot -> name of its group.
        retry_pause: seconds from the start of a callback to its retry; the platform's own is 5.
        now:         real time; tests of limits and token life may turn it.
        limited:     False where the bot's clock leaps over days: no limit of real time drops or refuses anything.
        """
        self.world = World(corp_id, agent_id, secret, app_name, robots or {}, members, now, limited=limited)
        self._caller = Caller(self.world, Envelope(corp_id, token, encoding_aes_key), retry_pause)
        self._caller.url = callback_url
        self._server: ServerThread | None = None

    def start(
        self,
        port: int = 0,
        *,
        personas: Sequence[Persona] = (),
        try_lines: Sequence[TryLine] = (),
        bot_base: str | None = None,
        title: str = "",
    ) -> None:
        """Serve the API and the page on 127.0.0.1; port 0 takes a free one. Raises OSError when it is taken."""
        self.world.stopping.clear()
        app = create_app(self, personas=personas, try_lines=try_lines, bot_base=bot_base, title=title)
        self._server = ServerThread(app, port)

    def stop(self) -> None:
        """Stop serving and give up retries; what was said and accepted stays readable."""
        self.world.stopping.set()
        self.world.feed.wake()
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def port(self) -> int:
        """Return the port it serves on; RuntimeError when it does not."""
        if self._server is None:
            raise RuntimeError("the platform is not started")
        return self._server.port

    @property
    def base_url(self) -> str:
        """Return where the page is, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def api_base(self) -> str:
        """Return what the bot's [wecom] api_base must be."""
        return f"{self.base_url}/cgi-bin/"

    def webhook_url(self, key: str) -> str:
        """Return what a group's webhook in the bot's config must be."""
        return f"{self.api_base}webhook/send?key={key}"

    @property
    def callback_url(self) -> str:
        """Return where callbacks go."""
        return self._caller.url

    @callback_url.setter
    def callback_url(self, url: str) -> None:
        self._caller.url = url

    @property
    def retry_pause(self) -> float:
        """Return the seconds from the start of a callback to its retry."""
        return self._caller.retry_pause

    @retry_pause.setter
    def retry_pause(self, seconds: float) -> None:
        self._caller.retry_pause = seconds

    @property
    def answer_seconds(self) -> float:
        """Return how long an answer is waited for; the platform's own is 5."""
        return self._caller.answer_seconds

    @answer_seconds.setter
    def answer_seconds(self, seconds: float) -> None:
        self._caller.answer_seconds = seconds

    def say(self, userid: str, text: str, *, msg_id: str = "", signing: Signing | None = None) -> Delivery:
        """Send a text to the app; returns when the bot has answered or all retries are used up."""
        return self._send(userid, saying.text(text), msg_id, signing)

    def send_image(self, userid: str, content: bytes, name: str = "photo.png") -> Delivery:
        """Send a picture to the app."""
        media = self.world.media.keep("image", name, content)
        return self._send(userid, saying.image(media.media_id, f"{self._page_url()}/standin/media/{media.media_id}"))

    def send_voice(self, userid: str, content: bytes) -> Delivery:
        """Send a voice message to the app."""
        return self._send(userid, saying.voice(self.world.media.keep("voice", "voice.amr", content).media_id))

    def send_file(self, userid: str, content: bytes, name: str) -> Delivery:
        """Send a file to the app."""
        return self._send(userid, saying.file(self.world.media.keep("file", name, content).media_id, name))

    def send_location(self, userid: str, latitude: str, longitude: str, label: str) -> Delivery:
        """Send a place to the app."""
        return self._send(userid, saying.location(latitude, longitude, label))

    def send_link(self, userid: str, title: str, url: str, description: str = "") -> Delivery:
        """Send a link card to the app."""
        return self._send(userid, saying.link(title, description, url))

    def send_event(
        self, userid: str, event: str, event_key: str = "", values: Nested | None = None, *, created_at: int = 0
    ) -> Delivery:
        """Let an event happen, e.g. subscribe, enter_agent, click; it has no MsgId and shows no bubble."""
        xml = self._sender(userid, created_at).event(event, {"EventKey": event_key, **(values or {})})
        return self._caller.deliver(xml, Signing())

    def deliver(
        self,
        xml: str,
        *,
        msg_id: str = "",
        timestamp: int | None = None,
        nonce: str = "",
        signature: str = "",
        corp_id: str = "",
        agent_id: str = "",
        retries: int = RETRIES,
    ) -> Delivery:
        """Deliver a callback raw; with delivery.xml of an earlier one it is a repeat of the same MsgId.

        msg_id:    put in the place of the one in the XML.
        timestamp: of the signature, s; None is now. nonce, signature: sent instead of fresh and right ones.
        corp_id, agent_id: in the envelope outside of the encryption, instead of the right ones.
        retries:   0 sends it once only.
        """
        signing = Signing(timestamp, nonce, signature, corp_id, agent_id)
        return self._caller.deliver(with_msg_ref(xml, msg_id) if msg_id else xml, signing, retries)

    def text_xml(self, userid: str, text: str, *, msg_id: str = "", created_at: int = 0) -> str:
        """Build a text callback without sending it, for deliver()."""
        said = saying.text(text)
        return self._sender(userid, created_at).inbound(said.kind, msg_id or self.world.next_ref(), said.values)

    def verify_url(self) -> str:
        """Do the check that the platform does when an admin saves the callback URL. Raises VerificationError."""
        return self._caller.verify()

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """Return every send that was answered with errcode 0, oldest first."""
        return self.world.feed.accepted

    @property
    def exchanges(self) -> Exchanges:
        """Return the raw exchanges with the bot."""
        return self.world.exchanges

    def bubbles(self, userid: str) -> tuple[Bubble, ...]:
        """Return a member's conversation with the app, oldest first."""
        return self.world.feed.bubbles(self._member(userid).userid)

    def group_bubbles(self, key: str) -> tuple[Bubble, ...]:
        """Return what stands in the group of a robot, oldest first."""
        return self.world.feed.bubbles(self.world.groups[key].chat)

    def media_bytes(self, media_id: str) -> bytes:
        """Return the bytes of a picture or file. Raises KeyError."""
        media = self.world.media.find(media_id)
        if media is None:
            raise KeyError(media_id)
        return media.content

    def wait_until(self, predicate: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Wait until something is true that depends on what arrives here; False when the time is over."""
        until = time.monotonic() + timeout
        while True:
            version = self.world.feed.version
            if predicate():
                return True
            left = until - time.monotonic()
            if left <= 0:
                return False
            self.world.feed.wait(version, min(left, 0.1))

    @property
    def tokens(self) -> Tokens:
        """Return the access tokens: life, issued, expire(), revoke()."""
        return self.world.tokens

    @property
    def media(self) -> MediaStore:
        """Return the stored media."""
        return self.world.media

    def fault(
        self,
        path: str,
        *,
        errcode: int | None = None,
        errmsg: str = "",
        times: int | None = 1,
        status: int = 200,
        delay: float = 0.0,
        drop: bool = False,
        body: str | None = None,
        accept: bool = False,
        twice: bool = False,
        behind: bool = False,
        seconds: float | None = None,
    ) -> None:
        """Script the next answers on an API path such as "message/send"; faults of a path are used in order.

        times:  how often; None is until clear_faults(). seconds: how long, whatever times says.
        delay:  seconds before the answer; alone it makes a right answer late.
        drop:   cut the connection. accept: do the work before the answer is spoiled.
        body:   answer this text as it stands.
        The path "callback" concerns our own calls: delay makes them late, drop loses the bot's answer, twice hands
        each over twice, behind lets the next one overtake it if it comes within `delay`.
        """
        until = None if seconds is None else time.monotonic() + seconds
        fault = Fault(errcode, errmsg, times, status, delay, drop, body, accept, until, twice, behind)
        self.world.faults.add(path, fault)

    def switch(
        self, key: str, *, on: bool = True, times: int | None = None, seconds: float | None = None, userid: str = ""
    ) -> None:
        """Turn one of the faults of the page (switches.py) on or off, for so many calls or seconds. Raises KeyError."""
        if on:
            switches.turn_on(self.world, key, times=times, seconds=seconds, userid=userid)
        else:
            switches.turn_off(self.world, key)

    def clear_faults(self, path: str | None = None) -> None:
        """Forget the scripted faults of a path, or all."""
        self.world.faults.clear(path)

    @property
    def members(self) -> tuple[Member, ...]:
        """Return the members, in the order they came."""
        return tuple(self.world.members.values())

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return the groups, in the order they were given."""
        return tuple(self.world.groups.values())

    def add_member(self, member: Member) -> None:
        """Let somebody into the corp."""
        self.world.members[member.userid.lower()] = member

    def remove_member(self, userid: str) -> None:
        """Let somebody leave: sends to him come back in invaliduser."""
        self.world.members.pop(userid.lower(), None)

    def _send(self, userid: str, said: Utterance, ref: str = "", signing: Signing | None = None) -> Delivery:
        sender = self._sender(userid)
        ref = ref or self.world.next_ref()
        bubble = self.world.feed.add(
            sender.member.userid,
            incoming=True,
            who=sender.member.name,
            kind=said.bubble_kind,
            text=said.bubble_text,
            media_id=said.media_id,
            msg_ref=ref,
            state="pending",
        )
        delivery = self._caller.deliver(sender.inbound(said.kind, ref, said.values), signing or Signing())
        state, note = ("sent", "") if delivery.ok else ("failed", _what_happened(delivery))
        self.world.feed.change(bubble.id, state=state, note=note)
        return replace(delivery, bubble_id=bubble.id)

    def _sender(self, userid: str, created_at: int = 0) -> Sender:
        member = self._member(userid)
        return Sender(self.world.corp_id, self.world.agent_id, member, created_at or int(self.world.now()))

    def _member(self, userid: str) -> Member:
        member = self.world.member(userid)
        if member is None:
            raise ValueError(f"no such member: {userid}")
        return member

    def _page_url(self) -> str:
        return self.base_url if self._server is not None else f"http://{LOOPBACK}"


def _what_happened(delivery: Delivery) -> str:
    """Say in Chinese why a bubble failed."""
    tried = f"试了 {len(delivery.tries)} 次"
    status = delivery.tries[-1].status
    if status is None:
        return f"机器人没有回应（{tried}）"
    if status != 200:
        return f"机器人没有收下，回了 HTTP {status}（{tried}）"
    return "机器人的回应不合规范，平台没有显示"
