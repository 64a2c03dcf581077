"""The packages that netc needs, and those of its extras, as its metadata lists them. This file
needs none of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Literal

NOT_FOR_USERS = ("dev", "reference")
"""Extras that only a change of netc needs."""

REQUIREMENT = re.compile(r"([\w.-]+)\s*(?:\[[^\]]*\])?\s*([^;]*)(?:;(.*))?")
CLAUSE = re.compile(r"(>=|<)\s*([\d.]+)")
EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, and what to do."""

    text: str
    help: str
    broken: bool
    """Whether something does not work; otherwise it is slow, or may fail later."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package, the versions that will do, and the extra that it is for, if any."""

    name: str
    versions: str
    """`>=2.0`, or `>=1.3,<2`."""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """A required package as it was found."""

    name: str
    wanted: str
    version: str | None
    """None where it is not installed."""
    state: Literal["ok", "missing", "unfit"]
    """`unfit`: another version is needed."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Packages that something besides training needs."""

    name: str
    packages: tuple[InstalledPackage, ...]
    command: str
    """What installs them."""

    @property
    def is_installed(self) -> bool:
        return all(package.state == "ok" for package in self.packages)


def read_requirements() -> tuple[Requirement, ...]:
    """What the metadata of netc lists: that of its installation, or the project file of a checkout
    that is not installed. Empty where there is neither."""
    try:
        listed = metadata.requires("netc") or []
    except metadata.PackageNotFoundError:
        listed = list(_listed_in(Path(__file__).parents[3] / "pyproject.toml"))
    return tuple(found for text in listed if (found := parse_requirement(text)) is not None)


def _listed_in(project: Path) -> Iterator[str]:
    """The requirements of a project file as metadata writes them."""
    if not project.is_file():
        return
    table = tomllib.loads(project.read_text("utf-8"))["project"]
    yield from table["dependencies"]
    for extra, packages in table["optional-dependencies"].items():
        yield from (f'{package}; extra == "{extra}"' for package in packages)


def parse_requirement(text: str) -> Requirement | None:
    """`pillow>=10.1; extra == "images"`; None for anything that is not a requirement."""
    found = REQUIREMENT.fullmatch(text.strip())
    if found is None:
        return None
    extra = EXTRA.search(found[3] or "")
    return Requirement(found[1], found[2].strip(" ()"), extra[1] if extra else "")


def find_packages(requirements: tuple[Requirement, ...]) -> tuple[InstalledPackage, ...]:
    """Those that netc cannot do without."""
    return tuple(_find(item) for item in requirements if not item.extra)


def find_extras(requirements: tuple[Requirement, ...]) -> tuple[Extra, ...]:
    """The extras for users, in the order of the metadata."""
    names = dict.fromkeys(item.extra for item in requirements if item.extra)
    return tuple(
        Extra(
            name,
            tuple(_find(item) for item in requirements if item.extra == name),
            f"pip install 'netc[{name}]'",
        )
        for name in names
        if name not in NOT_FOR_USERS
    )


def _find(requirement: Requirement) -> InstalledPackage:
    name, versions = requirement.name, requirement.versions
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return InstalledPackage(name, versions, None, "missing")
    return InstalledPackage(name, versions, version, "ok" if fits(version, versions) else "unfit")


def fits(version: str, versions: str) -> bool:
    """Whether a version is among those that will do."""
    here = _release(version)
    return all(
        here >= _release(bound) if sign == ">=" else here < _release(bound)
        for sign, bound in CLAUSE.findall(versions)
    )


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a version: 1.10.0rc1 is (1, 10), as 1.10 is."""
    found = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def package_troubles(packages: tuple[InstalledPackage, ...]) -> Iterator[Trouble]:
    """Packages that are missing or of another version."""
    if not packages:
        yield Trouble("the metadata of netc is missing", "install netc: pip install netc", True)
    for package in packages:
        if package.state == "missing":
            text = f"{package.name} is not installed"
        elif package.state == "unfit":
            text = f"{package.name} {package.version} does not fit: {package.wanted} is needed"
        else:
            continue
        yield Trouble(text, f"pip install '{package.name}{package.wanted}'", True)


def import_troubles(packages: tuple[InstalledPackage, ...]) -> Iterator[Trouble]:
    """Packages that are installed and cannot be used."""
    for package in packages:
        if package.state == "missing":
            continue
        try:
            import_module(package.name)
        except Exception as error:
            text = f"{package.name} {package.version} cannot be imported: {error}"
            again = f"pip install --force-reinstall '{package.name}{package.wanted}'"
            yield Trouble(text, again, True)
