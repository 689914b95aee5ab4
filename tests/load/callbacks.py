"""The callbacks of a load run, sealed before the clock starts, and the pool that posts them on schedule."""

from __future__ import annotations

import http.client
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.installing import AES_KEY, AGENT_ID, CORP_ID, TOKEN
from tests.load import sealing

SENDERS = 64  # connections at most; a slow answer must not hold the next callback back
FIRST_ID = 7_000_000
GIVE_UP = 5.0  # seconds: as the platform


@dataclass(frozen=True, slots=True)
class Callback:
    """One sealed message, ready to post."""

    path: str
    body: bytes
    key: str  # the platform's MsgId


@dataclass
class Outcome:
    """What became of all callbacks of a run."""

    statuses: dict[int, int] = field(default_factory=dict)  # HTTP status, or 0: no answer in time
    seconds: list[float] = field(default_factory=list)  # from when it was due until it was answered, answered ones
    accepted: list[Callback] = field(default_factory=list)  # answered 200 with a body
    behind: float = 0.0  # seconds that the last one went out after it was due

    def percentile(self, share: float) -> float:
        """Return that share's time in milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else float("nan")


def sealed(count: int, senders: Sequence[str], first: int = 1) -> list[Callback]:
    """Seal so many reports, each of one hand-out figure, by the senders in turn."""
    now = int(time.time())
    made = []
    for number in range(first, first + count):
        sender, value = senders[number % len(senders)], 100 + number % 7
        plain = (
            f"<xml><ToUserName><![CDATA[{CORP_ID}]]></ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[今天发手册{value}册]]></Content><MsgId>{FIRST_ID + number}</MsgId>"
            f"<AgentID>{AGENT_ID}</AgentID></xml>"
        )
        made.append(_callback(plain, now, number))
    return made


def _callback(plain: str, now: int, number: int) -> Callback:
    text = sealing.encrypt(plain, AES_KEY, CORP_ID)
    nonce = f"n{number}"
    signature = sealing.signature(TOKEN, now, nonce, text)
    query = urlencode(
        {
            "msg_signature": signature,
            "timestamp": now,
            "nonce": nonce,
            "signature": sealing.signature(TOKEN, now, nonce, ""),  # this and the next only for WeRoBot
            "encrypt_type": "aes",
        }
    )
    body = (
        f"<xml><ToUserName><![CDATA[{CORP_ID}]]></ToUserName><Encrypt><![CDATA[{text}]]></Encrypt>"
        f"<AgentID><![CDATA[{AGENT_ID}]]></AgentID></xml>"
    )
    return Callback(f"?{query}", body.encode(), str(FIRST_ID + number))


def post(port: int, path: str, callbacks: Sequence[Callback], rate: float) -> Outcome:
    """Post callbacks at a steady rate, however long the answers take; the times count from when each was due."""
    outcome, lock = Outcome(), threading.Lock()
    due: queue.Queue[tuple[float, Callback] | None] = queue.Queue()
    threads = [
        threading.Thread(target=_sender, args=(port, path, due, outcome, lock), daemon=True) for _ in range(SENDERS)
    ]
    for thread in threads:
        thread.start()
    start = time.perf_counter() + 0.2
    for number, callback in enumerate(callbacks):
        at = start + number / rate
        time.sleep(max(0.0, at - time.perf_counter()))
        due.put((at, callback))
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    return outcome


def _sender(
    port: int,
    path: str,
    due: queue.Queue[tuple[float, Callback] | None],
    outcome: Outcome,
    lock: threading.Lock,
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GIVE_UP)
    while (item := due.get()) is not None:
        at, callback = item
        behind = time.perf_counter() - at
        try:
            connection.request("POST", path + callback.path, callback.body, {"Content-Type": "text/xml"})
            answer = connection.getresponse()
            body, status = answer.read(), answer.status
        except (OSError, http.client.HTTPException):
            connection.close()
            body, status = b"", 0
        taken = time.perf_counter() - at
        with lock:
            outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
            outcome.behind = max(outcome.behind, behind)
            if status == 200:
                outcome.seconds.append(taken)
            if status == 200 and body:
                outcome.accepted.append(callback)
    connection.close()
