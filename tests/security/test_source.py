"""What holds by construction, read from the source: no later change can undo it unseen (S3, S6, S12, S17, S20)."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from bot.channels import wecom_xml

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "handlers", "models", "schedules")
LEFT_OUT = ("standin", "reading")  # the one is no part of the bot, the other pure: its tokens are words
SECRET_NAME = re.compile(r"signature|digest|secret|token|seal|code_hash|encoding_aes")
HARMLESS = {  # comparisons of what is named like a secret and is none
    ("bot/backup.py", "_sha256(copy) != manifest['database_sha256']"): "the checksum of a file that is there",
    ("bot/backup.py", "hashlib.sha256(content).hexdigest() != name"): "the checksum of a file that is there",
    ("bot/filestore.py", "hashlib.sha256(content).hexdigest() != digest"): "the checksum of a file that is there",
    ("bot/channels/tokens.py", "self._token != stale"): "our own token with our own",
    ("bot/channels/tokens.py", "token != stale"): "our own token with our own",
    ("bot/config_warnings.py", "getattr(wecom, name).get_secret_value() == value"): "with what stands in the example",
    ("handlers/binding.py", "Invitation.code_hash == confirmations.digest(code)"): "SQL, over a hash",
    ("models/confirmations.py", "Confirmation.code_hash == digest(code)"): "SQL, over a hash",
    ("models/issues.py", "Notice.content_hash == digest"): "SQL, over no secret",
    ("models/roster_sync.py", "settings.get(session, KEY) == digest"): "whether a file has changed",
}


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Return every node of the syntax of the bot that these tests look at, with its path."""
    found: list[tuple[str, ast.AST]] = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not set(LEFT_OUT) & set(path.parts):
                wanted = ast.Compare | ast.Import | ast.ImportFrom | ast.Attribute | ast.Call | ast.keyword
                name, tree = str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))
                found += [(name, node) for node in ast.walk(tree) if isinstance(node, wanted)]
    return tuple(found)


@cache
def imports() -> tuple[tuple[str, str], ...]:
    """Return (path, module) for each import."""
    found: list[tuple[str, str]] = []
    for path, node in nodes():
        if isinstance(node, ast.Import):
            found += [(path, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(path, node.module), *((path, f"{node.module}.{alias.name}") for alias in node.names)]
    return tuple(found)


def test_s03_secrets_are_compared_in_constant_time() -> None:
    """No == on signatures, seals, codes or tokens: hmac.compare_digest, after a check of type and length."""
    found = set()
    for path, node in nodes():
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [node.left, *node.comparators]
            constant = any(isinstance(each, ast.Constant) for each in sides)
            names = (getattr(each, "id", "") or getattr(each, "attr", "") for each in ast.walk(node))
            if not constant and any(map(SECRET_NAME.search, names)):
                found.add((path, ast.unparse(node)))
    assert found - set(HARMLESS) == set()
    assert len(found) >= 8  # the search sees what it is for
    for path, what in (("bot/channels/wecom_crypto.py", 2), ("models/signed_links.py", 1)):
        assert (ROOT / path).read_text(encoding="utf-8").count("hmac.compare_digest(") >= what, path


def test_s03_the_librarys_own_checks_are_not_used() -> None:
    """wechatpy compares with != and takes any age: of it only the cipher and the sealing are called."""
    taken = {(path, module) for path, module in imports() if module.startswith("wechatpy")}
    head = "wechatpy.enterprise.crypto"
    assert taken == {("bot/channels/wecom_crypto.py", f"{head}{end}") for end in ("", ".PrpCrypto", ".WeChatCrypto")}
    names = {node.attr for _, node in nodes() if isinstance(node, ast.Attribute)}
    assert not {"check_signature", "decrypt_message", "parse_message"} & names


IMPORTED: dict[str, set[str]] = {  # what may open a connection, and who may import it
    "requests": {"bot/channels/http.py", "bot/channels/wecom_api.py", "bot/channels/group_robot.py", "bot/demo.py"},
    "urllib3": {"bot/channels/http.py"},
    "socket": {"bot/app.py", "bot/server.py"},
    **{name: set() for name in ("urllib.request", "http.client", "aiohttp", "httpx", "ftplib", "smtplib")},
}


def test_s12_one_way_out() -> None:
    """Only the channels' HTTP layer opens connections; the demo asks its own child for its health."""
    for path, module in imports():
        for name, allowed in IMPORTED.items():
            if module == name or module.startswith(f"{name}."):
                assert path in allowed, (path, module)


def test_s12_the_way_out_is_closed_in_front() -> None:
    """No call without allow_redirects=False and a timeout, and nowhere is the check of certificates turned off."""
    here = [node for path, node in nodes() if path == "bot/channels/http.py" and isinstance(node, ast.Call)]
    calls = [node for node in here if ast.unparse(node.func) in ("session.request", "session.get")]
    assert len(calls) == 2
    for call in calls:
        given = {each.arg: ast.unparse(each.value) for each in call.keywords if each.arg}
        assert given["allow_redirects"] == "False"
        assert given["timeout"] == "timeout"
    assert [path for path, node in nodes() if isinstance(node, ast.keyword) and node.arg == "verify"] == []


def test_s17_nothing_is_unpickled_or_evaluated() -> None:
    """No pickle, marshal, shelve, YAML, eval or exec: what is stored is JSON."""
    forbidden = ("pickle", "cPickle", "dill", "marshal", "shelve", "yaml", "jsonpickle")
    assert [each for each in imports() if each[1].partition(".")[0] in forbidden] == []
    calls = [(path, node.func) for path, node in nodes() if isinstance(node, ast.Call)]
    named = [(path, func.id) for path, func in calls if isinstance(func, ast.Name)]
    assert [each for each in named if each[1] in ("eval", "exec", "compile", "__import__")] == []


def test_s17_sql_is_bound() -> None:
    """The linter's rules against SQL put together from texts are on; text() gets constants but for our own names."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert not {"S608", "S", "S301", "S307"} & set(lint["ignore"])
    assert [key for key, rules in lint["per-file-ignores"].items() if "S608" in rules] == ["bot/copying.py"]
    built = {
        path
        for path, node in nodes()
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("text", "sqlalchemy.text")
        and not (node.args and isinstance(node.args[0], ast.Constant))
    }
    assert built <= {"bot/copying.py", "models/audit.py", "bot/engine/cluster_schema.py"}


def test_s06_the_parser_refuses_what_xml_can_do() -> None:
    """DOCTYPE, entities of every kind, a known tag twice or with tags inside, depth and endless names: refused."""
    known = ("FromUserName", "Content")
    bombs = [
        '<!DOCTYPE xml [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>',
        '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml/>',
        '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><Content>&x;</Content></xml>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]><xml/>',
        "<xml><Content>&undefined;</Content></xml>",
        "<xml><FromUserName>a</FromUserName><FromUserName>b</FromUserName></xml>",
        "<xml><FromUserName>a<b>c</b></FromUserName></xml>",
        "<xml>" + "<a>" * 8 + "</a>" * 8 + "</xml>",
        "<xml><Content>a</xml>",
        "<root><Content>a</Content></root>",
        "",
        "\x00",
        "<xml>\ud800</xml>",
        "<xml><Content>a</Content></xml><xml/>",
    ]
    for document in bombs:
        with pytest.raises(wecom_xml.UnreadableError):
            wecom_xml.read(document, known)
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    with pytest.raises(wecom_xml.UnreadableError):
        wecom_xml.read(f'<!DOCTYPE xml [<!ENTITY l0 "lol">{lol}]><xml><Content>&l8;</Content></xml>', known)
    assert wecom_xml.read("<xml><Content>&lt;&#x41;</Content><b><c/><c/></b></xml>", known) == {"Content": "<A"}


def test_s20_what_the_bot_imports_is_locked() -> None:
    """Nothing of the bot leans on a package that only development has, or that nobody asked for."""
    written = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    locked = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)", written, re.MULTILINE)}
    makers = packages_distributions()
    for path, module in imports():
        top = module.partition(".")[0]
        if top not in FOLDERS and top not in sys.stdlib_module_names:
            assert {canonicalize_name(each) for each in makers.get(top, ["nobody"])} & locked, (path, module)
