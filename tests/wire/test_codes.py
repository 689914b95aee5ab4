"""The error table against part 6 of the platform reference, line by line."""

from __future__ import annotations

import pytest

from bot.channels.base import CODES, Reaction, refused

# What the reference says to do about each code of a self-built app and a group's robot; lines of sign-in (40029) and of
# other products are left out. R retry, T token, D drop the recipient, F our request is wrong, W wait, A alert.
TABLE = """
R  -1
A  40001
T  40014 42001
F  41001 41004
A  40013
D  40003 40031 46004 60111
F  40008 40035 40058 47001
A  40056 301002
A  40057
D  43004
F  44001 44004
F  45001 45002 45008
W  45009
W  45011
R  45033
A  48001 48002 48004 48006
A  48009
A  50001
D  50002 60011
A  50003
A  60020
D  60123
D  81013
F  82001 82002 82003
F  85002
D  86001 86003 86008
F  86006 86216
A  93000 93004 93008
"""
KINDS = {
    "R": Reaction.BUSY,
    "T": Reaction.REFRESH,
    "D": Reaction.RECIPIENT,
    "F": Reaction.BUG,
    "W": Reaction.WAIT,
    "A": Reaction.ALERT,
}
OURS = {40007, 40032, 830002}  # uploaded again once, see wecom_app; the last two can be no answer to what we send
ROWS = [(int(code), line.split()[0]) for line in TABLE.split("\n") if line for code in line.split()[1:]]


@pytest.mark.parametrize(("code", "kind"), ROWS)
def test_a_code_has_the_reaction_of_the_reference(code: int, kind: str) -> None:
    """What the reference says is what delivery does."""
    assert refused(code).reaction is KINDS[kind]


def test_the_table_holds_nothing_else() -> None:
    """A code that the reference does not know is not in the table: it is uncertain."""
    assert set(CODES) == {code for code, _ in ROWS} | OURS
    assert refused(123456, "what is this").reaction is Reaction.UNCERTAIN
