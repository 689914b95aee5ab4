"""What can be said of the locked dependencies without the network: hashes, nothing unpinned, licences that are known.

Read from requirements/*.txt and from what is installed. Each finding is one line; none means that all is well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[(?P<extras>[\w,-]+)\])?==(?P<version>[\w.!+-]+)(?P<rest>.*)$")
HASH = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")
FREE = re.compile(  # licences that are free, and that ask nothing of who uses a library as it is
    r"MIT|BSD|Apache|Python Software Foundation|PSF-2\.0|MPL-2\.0|Mozilla Public License 2\.0|LGPL-3\.0|OFL-1\.1|"
    r"Public.Domain"
)
SPOKEN: Mapping[str, str] = {"resvg-py": "MIT"}  # whose package does not say it: what its repository says
Pins = dict[str, tuple[str, frozenset[str]]]  # canonical name -> version, extras


def findings(path: Path) -> list[str]:
    """List what is wrong with a lock file."""
    lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    pins, wrong = _pins([line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")])
    for name, (version, extras) in pins.items():
        try:
            there = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{name}: locked, but not installed here: run make lint first")
            continue
        if there.version != version:
            wrong.append(f"{name}: locked at {version}, installed is {there.version}")
        wrong += _unpinned(name, there, extras, pins)
        if not all(FREE.search(term) for term in re.split(r" AND | and |; ", licence(name))):
            wrong.append(f"{name}: the licence {licence(name) or 'is not named'}: look at it")
    return wrong


def licence(name: str) -> str:
    """Return the licence of an installed package, as it says itself."""
    told = metadata.metadata(name)
    classified = [each.rpartition(" :: ")[2] for each in told.get_all("Classifier") or [] if each.startswith("License")]
    stated = (told.get("License") or "").partition("\n")[0][:60]
    return told.get("License-Expression") or "; ".join(classified) or stated or SPOKEN.get(name, "")


def licences(path: Path) -> Counter[str]:
    """Count the licences of a lock file."""
    names = [found["name"] for line in path.read_text(encoding="utf-8").splitlines() if (found := PIN.match(line))]
    return Counter(licence(canonicalize_name(name)) for name in names)


def _pins(entries: list[str]) -> tuple[Pins, list[str]]:
    """Read the entries: one exact version each, with its hashes and nothing else."""
    pins: Pins = {}
    wrong = []
    for entry in entries:
        words = entry.partition(" #")[0].split()
        found = PIN.match(words[0])
        if found is None or found["rest"]:
            wrong.append(f"{words[0]}: not one exact version")
            continue
        if not words[1:] or not all(map(HASH.match, words[1:])):
            wrong.append(f"{found['name']}: not every file of it has a hash")
        extras = frozenset((found["extras"] or "").split(",")) - {""}
        pins[canonicalize_name(found["name"])] = found["version"], extras
    return pins, wrong


def _unpinned(name: str, there: metadata.Distribution, extras: frozenset[str], pins: Pins) -> Iterator[str]:
    """List what a package needs here that is not locked, or at a version that it does not take."""
    for line in there.requires or ():
        needed = Requirement(line)
        if needed.marker and not any(needed.marker.evaluate({"extra": extra}) for extra in (extras or {""})):
            continue
        version = pins.get(canonicalize_name(needed.name), ("", frozenset()))[0]
        if not version:
            yield f"{name}: needs {needed.name}, which is not locked"
        elif not needed.specifier.contains(version, prereleases=True):
            yield f"{name}: needs {needed.name}{needed.specifier}, locked is {version}"
