"""The plan as the clock reads it. It stands in models/campaign/firings.py, since the chat shows the same dates."""

from models.campaign.firings import (
    Firing,
    Key,
    Window,
    duty_of,
    filed,
    firings,
    firings_of,
    plan,
)

__all__ = ["Firing", "Key", "Window", "duty_of", "filed", "firings", "firings_of", "plan"]
