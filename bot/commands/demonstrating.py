"""demo: the bot beside a stand-in platform. The only module outside of the tests that knows the platform."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands.base import DONE, FAILED, say

if TYPE_CHECKING:
    from bot.config import Loaded
    from bot.demo import Child, Keys
    from bot.standin import Platform

OTHER_PORT = 8610  # for a second demo


def demo(args: argparse.Namespace) -> int:
    """Serve the platform's page on a port and the bot on the next one, until told to stop."""
    from bot import config, logs, server
    from bot import demo as parts
    from bot.standin import Persona, TryLine, serve

    logs.configure("WARNING")
    try:
        for port in (args.port, args.port + 1):
            server.must_be_free("127.0.0.1", port)
    except server.PortTaken as error:
        return say(f"{error}; another demo may run; stop it or use PORT={OTHER_PORT}", FAILED)
    if args.fresh:
        parts.forget(args.data)
    made = parts.keys(args.data)
    loaded = config.load_all(parts.write_config(args.data, made, args.port), environ={})
    _migrated(loaded.config.database_url)
    faces = [Persona(userid, name, label) for userid, name, label in parts.faces(loaded.roster)]
    bot = _Bot(loaded.path, args.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # serve() hears the first; those that follow must not cut its end short
    try:
        serve(
            _platform(loaded, made, args.port + 1),
            args.port,
            personas=faces,
            try_lines=[TryLine(face.userid, line) for face, line in zip(faces, parts.TRY_LINES, strict=False)],
            bot_base=f"http://127.0.0.1:{args.port + 1}",
            title=loaded.campaign.name,
            on_start=bot.start,
        )
    finally:
        bot.stop()
    return say(f"the bot has ended; see the end of {bot.log}", FAILED) if bot.died.is_set() else DONE


class _Bot:
    """The bot in a process of its own. When it ends by itself the demo ends as well."""

    def __init__(self, config: Path, port: int) -> None:
        self.died = threading.Event()
        self.log = Path()
        self._config, self._port = config, port
        self._ending = threading.Event()
        self._child: Child | None = None

    def start(self) -> None:
        """Start it and say where the page is as soon as it answers. Raises BotError."""
        from bot.demo import Child

        self._child = Child(self._config, self._port + 1)
        self.log = self._child.log
        self._child.wait_ready()
        threading.Thread(target=self._watch, args=(self._child,), daemon=True).start()
        print(f"The demo is at http://127.0.0.1:{self._port}/ - stop it with Ctrl-C.", flush=True)

    def _watch(self, child: Child) -> None:
        child.wait()
        if not self._ending.is_set():
            self.died.set()
            signal.raise_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End it, if it was started."""
        self._ending.set()
        if self._child is not None:
            self._child.stop()


def _migrated(url: str) -> None:
    from models.migrations import run
    from models.session import connect

    engine = connect(url)
    run.upgrade(engine)
    engine.dispose()


def _platform(loaded: Loaded, made: Keys, bot_port: int) -> Platform:
    """Make the stand-in platform with everybody of the roster who has an account."""
    from bot import demo as parts
    from bot.standin import Member, Platform

    people = [each for each in loaded.roster.people if each.wecom_userid]
    return Platform(
        corp_id=made.corp_id,
        agent_id=parts.AGENT_ID,
        secret=made.secret,
        token=made.token,
        encoding_aes_key=made.encoding_aes_key,
        robots={made.robot: loaded.campaign.groups.get(parts.GROUP, parts.GROUP)},
        members=[Member(each.wecom_userid, each.name, each.org) for each in people],
        callback_url=f"http://127.0.0.1:{bot_port}/wecom/callback",
        limited=False,
    )
