"""What netc finds where it runs: what its metadata lists, limits of control groups, the cache."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from netc.runtime.analysis.doctor import installation
from netc.runtime.analysis.doctor.installation import (
    NOT_FOR_USERS,
    InstalledPackage,
    Requirement,
    find_extras,
    find_packages,
    fits,
    import_troubles,
    package_troubles,
    parse_requirement,
    read_requirements,
)
from netc.runtime.analysis.doctor.stores import (
    find_data_sets,
    look_at_cache,
    why_no_data_folder,
)
from netc.runtime.analysis.doctor.surroundings import BlasLibrary, core_quota, look_around
from netc.runtime.analysis.doctor.troubles import cache_troubles, machine_troubles

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("numpy>=2.0", Requirement("numpy", ">=2.0")),
        ("lark<2,>=1.3", Requirement("lark", "<2,>=1.3")),
        ('pillow>=10.1; extra == "images"', Requirement("pillow", ">=10.1", "images")),
        ("psycopg[binary]>=3.1 ; extra == 'x-y'", Requirement("psycopg", ">=3.1", "x-y")),
        ("rich", Requirement("rich", "")),
        ("", None),
    ],
)
def test_requirements_are_read(text: str, found: Requirement | None) -> None:
    assert parse_requirement(text) == found


@pytest.mark.parametrize(
    ("version", "versions", "good"),
    [
        ("2.0.0", ">=2.0", True),
        ("2.10", ">=2.9", True),
        ("1.26.4", ">=2.0", False),
        ("2.0.0rc1", ">=1.3,<2", False),
        ("1.3", "<2,>=1.3", True),
        ("3.1.post1", ">=3.1", True),
        ("anything", "", True),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, versions: str, good: bool) -> None:
    assert fits(version, versions) is good


def test_the_project_says_versions_in_a_way_that_is_understood() -> None:
    project = tomllib.loads(PROJECT.read_text())["project"]
    lists = (project["dependencies"], *project["optional-dependencies"].values())
    for text in (text for listed in lists for text in listed):
        found = parse_requirement(text)
        assert found is not None, text
        assert re.fullmatch(r"((>=|<)[\d.]+,?)*", found.versions), text


def test_a_checkout_that_is_not_installed_has_its_project_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", missing)
    requirements = read_requirements()
    names = {package.name for package in find_packages(requirements)}
    assert {"numpy", "click", "lark", "pydantic"} <= names
    project = tomllib.loads(PROJECT.read_text())["project"]
    extras = [extra.name for extra in find_extras(requirements)]
    assert extras == [n for n in project["optional-dependencies"] if n not in NOT_FOR_USERS]


def test_extras_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", {"numpy": "2.1"}.__getitem__)
    (extra,) = find_extras((Requirement("numpy", ">=2.0", "plots"),))
    assert extra.is_installed
    assert extra.command == "pip install 'netc[plots]'"


def test_packages_that_are_missing_old_or_damaged_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packages = (
        InstalledPackage("numpy", ">=2.0", "1.26", "unfit"),
        InstalledPackage("lark", ">=1.3", None, "missing"),
        InstalledPackage("click", "", "8.1", "ok"),
    )
    texts = [trouble.text for trouble in package_troubles(packages)]
    assert texts == ["numpy 1.26 does not fit: >=2.0 is needed", "lark is not installed"]

    def fail(name: str) -> None:
        raise ImportError(f"libblas.so for {name}")

    monkeypatch.setattr(installation, "import_module", fail)
    damaged = list(import_troubles(packages))
    assert [trouble.broken for trouble in damaged] == [True, True]
    assert "cannot be imported: libblas.so for click" in damaged[1].text
    assert [trouble.text for trouble in package_troubles(())] == ["the metadata of netc is missing"]


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_the_limit_of_a_control_group(
    tmp_path: Path, files: dict[str, str], quota: float | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert core_quota(tmp_path) == quota


def test_what_makes_netc_slow_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    blas = (BlasLibrary("openblas", "0.3", "SkylakeX", 4),)
    here = replace(look_around(), allowed=4, quota=None, free=1 << 33, blas=blas)
    assert list(machine_troubles(here)) == []
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    texts = " ".join(trouble.text for trouble in machine_troubles(replace(here, quota=1.5)))
    assert "OPENBLAS_CORETYPE=Haswell" in texts
    assert "OMP_NUM_THREADS=1 limits matrix products to 1 of 4 cores" in texts
    assert "the time of 1.5 cores" in texts
    monkeypatch.delenv("OPENBLAS_CORETYPE")
    old = replace(here, blas=(replace(blas[0], kernels="Prescott"),), vectors=frozenset({"avx2"}))
    assert "kernels for Prescott" in next(machine_troubles(old)).text
    assert not any(trouble.broken for trouble in machine_troubles(old))


def test_the_cache_and_the_data_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, own = tmp_path / "cache", tmp_path / "own"
    monkeypatch.setenv("NETC_CACHE_DIR", str(cache))
    monkeypatch.setenv("NETC_DATA_DIR", str(own))
    assert "is no folder" in why_no_data_folder()
    state = look_at_cache()
    assert (state.path, state.files, state.problem) == (str(cache), 0, "")
    assert not cache.exists()

    mnist = [
        f"{part}-{what}-ubyte.gz"
        for part in ("train", "t10k")
        for what in ("images-idx3", "labels-idx1")
    ]
    for folder in (own / "mnist", cache / "fashion_mnist"):
        folder.mkdir(parents=True)
        for name in mnist:
            (folder / name).write_bytes(b"12345")
    assert why_no_data_folder() == ""
    states = {item.name: item.state for item in find_data_sets()}
    assert states["digits"] == "bundled"
    assert states["mnist"] == "folder"
    assert states["fashion_mnist"] == "cache"
    assert states["cifar10"] == "absent"
    assert (look_at_cache().files, look_at_cache().size) == (4, 20)

    monkeypatch.setenv("NETC_CACHE_DIR", str(own / "mnist" / mnist[0]))
    state = look_at_cache()
    assert "is a file" in state.problem
    assert all(trouble.broken for trouble in cache_troubles(state, ""))
