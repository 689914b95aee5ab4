"""How errors that people see are written."""

from __future__ import annotations

from models.errors import BotError, ConfigError, Problem, UserError


def test_a_config_error_is_one_line_a_problem() -> None:
    """Whatever people typed into the file, a problem stays on its line."""
    error = ConfigError([Problem("a.toml", "x", "holds\na break", "write y"), Problem("b.csv", "line 2", "is z", "go")])
    assert str(error) == "a.toml: x: holds a break; write y\nb.csv: line 2: is z; go"
    assert isinstance(error, BotError)


def test_a_user_error_carries_its_fields() -> None:
    """The sentence is made elsewhere, from the code and the fields; a field may be called code as well."""
    error = UserError("wrong-code", code="4821", left=2)
    assert (error.code, error.fields) == ("wrong-code", {"code": "4821", "left": 2})
    assert str(error) == "wrong-code code='4821' left=2"
