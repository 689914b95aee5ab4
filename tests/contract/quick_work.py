"""The command `work`, quick to notice a dead worker: run as `python -m tests.contract.quick_work CONFIG`."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import partial

from bot import app
from bot.__main__ import main
from models import session
from tests.contract.site import QUICK

LEASE = timedelta(seconds=2)
IDLE_SECONDS = 1.0

if __name__ == "__main__":
    session.IDLE_SECONDS = IDLE_SECONDS
    app.ClusterEngine = partial(app.ClusterEngine, timing=QUICK)  # type: ignore[assignment, misc]
    app.Delivery = partial(app.Delivery, lease=LEASE)  # type: ignore[assignment, misc]
    sys.exit(main(["work", "--config", sys.argv[1]]))
