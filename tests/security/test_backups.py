"""A backup that anybody may have handled: brought back whole, or refused and nothing is changed (S7)."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backup import DATABASE, FILES, MANIFEST, BackupError, backup, restore
from bot.filestore import FileStore
from models.errors import BotError
from tests.security.test_parsers import FEW, JSON


@pytest.fixture(scope="module")
def whole(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a good backup with a file in it."""
    folder = tmp_path_factory.mktemp("backed-up")
    FileStore(folder / "files").keep(b"a photo")
    backup(f"sqlite:///{sqlite_template}", folder / "files", folder / "good.zip", datetime(2021, 5, 14, tzinfo=UTC))
    return folder / "good.zip"


def broken(made: bytes, seed: int) -> bytes:
    """Return a ZIP with some bytes changed, most often near its lists of parts, or cut."""
    rng, changed = random.Random(seed), bytearray(made)
    for _ in range(rng.randint(1, 3)):
        lists = (made.rfind(b"PK\x01\x02"), made.find(b"PK\x01\x02"), 0, len(made) - 22)
        at = min(len(made) - 1, rng.choice((*lists, rng.randrange(len(made)))) + rng.randrange(60))
        changed[at : at + 1 + rng.randrange(4)] = rng.randbytes(1 + rng.randrange(4))
    return bytes(changed[: rng.randrange(len(changed))] if rng.random() < 0.1 else changed)


def with_manifest(made: bytes, manifest: bytes) -> bytes:
    """Return a ZIP with another manifest."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, manifest if name == MANIFEST else old.read(name))
    return out.getvalue()


def with_database(made: bytes, seed: int) -> bytes:
    """Return a ZIP whose database has bytes changed, and whose manifest vouches for it."""
    rng = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(made)) as old:
        content, manifest = bytearray(old.read(DATABASE)), json.loads(old.read(MANIFEST))
    at = rng.choice((0, 16, 100, 4096 * rng.randrange(len(content) // 4096), rng.randrange(len(content))))
    junk = rng.randbytes(rng.randint(1, 40))
    content[at : at + len(junk)] = junk
    manifest["database_sha256"] = hashlib.sha256(content).hexdigest()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr(DATABASE, bytes(content))
        new.writestr(MANIFEST, json.dumps(manifest))
    return out.getvalue()


MANIFESTS = JSON.map(json.dumps).map(str.encode) | st.sampled_from(
    (b"[" * 50_000, b"\xff", b'{"revision": "x"}', b'{"revision": "x", "database_sha256": 1}')
)


@settings(FEW, max_examples=40)
@given(st.data())
def test_s07_backups(whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A restore is whole, or one error for the operator, and then no database is there."""
    folder, seed = tmp_path_factory.mktemp("restoring"), data.draw(st.integers(0, 10**6))
    make = data.draw(st.sampled_from((broken, broken, with_database, with_manifest)))
    good = whole.read_bytes()
    content = with_manifest(good, data.draw(MANIFESTS)) if make is with_manifest else make(good, seed)
    (folder / "odd.zip").write_bytes(content)
    done = False
    with suppress(BotError):
        restore(folder / "odd.zip", f"sqlite:///{folder}/bot.db", folder / "files")
        done = True
    assert (folder / "bot.db").exists() is done


def test_s07_a_file_that_is_not_what_it_is_called(whole: Path, tmp_path: Path) -> None:
    """A backup whose file does not fit its name is refused before anything is put back."""
    with zipfile.ZipFile(whole) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as pack:
        for name, content in parts.items():
            pack.writestr(name, b"another" if name.startswith(FILES) else content)
    with pytest.raises(BackupError, match="damaged"):
        restore(tmp_path / "odd.zip", f"sqlite:///{tmp_path}/bot.db", tmp_path / "files")
    assert not (tmp_path / "bot.db").exists()
