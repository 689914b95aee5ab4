"""Starting and stopping: the port, restarts, the foreground."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
import requests

from bot.standin import Platform
from tests.standin.api_client import Api
from tests.standin.conftest import make_platform

FOREGROUND = """
from bot.standin import serve
from tests.standin.conftest import make_platform
platform = make_platform()
serve(platform, 0, on_start=lambda: print(platform.base_url, flush=True))
print("stopped", flush=True)
"""


def test_taken_port(live: Platform) -> None:
    """A port that is taken is an OSError, not the end of the process."""
    with pytest.raises(OSError, match="in use"):
        make_platform().start(live.port)


def test_restart_keeps_what_was_said(live: Platform) -> None:
    """After stop and start on the same port the log and the tokens are still there."""
    api, port = Api(live), live.port
    api.send("ZhangSan", "一")
    live.stop()
    with pytest.raises(requests.ConnectionError):
        api.send("ZhangSan", "二")

    live.start(port)
    assert api.send("ZhangSan", "三")["errcode"] == 0
    assert [each.content for each in live.accepted] == ["一", "三"]


def test_stop_ends_retries(live: Platform) -> None:
    """Stopping does not wait for the retries of a callback in progress."""
    live.callback_url = "http://127.0.0.1:9/"
    live.retry_pause = 30.0
    live.world.stopping.set()
    started = time.monotonic()

    assert live.say("ZhangSan", "我的").statuses == (None,)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_foreground(number: signal.Signals) -> None:
    """In the foreground it serves until it is asked to end, and then ends cleanly."""
    with subprocess.Popen([sys.executable, "-c", FOREGROUND], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert requests.get(url, timeout=5).status_code == 200
        process.send_signal(number)
        assert process.stdout.read() == "stopped\n"
        assert process.wait(10) == 0
