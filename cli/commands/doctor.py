"""`netc doctor`: what netc finds where it runs, and what is wrong with it.

The JSON of `--format json` is one object:

    version     1, the version of this shape: members may be added to it, none changes its meaning
    netc        the version of netc
    python      {"version", "path"}
    system      the name and the version of the operating system
    packages    a list of {"name", "wanted", "version", "state"}: what netc needs; `state` is `ok`,
                `missing` or `unfit`
    extras      a list of {"name", "packages", "command"}, where `packages` is as above
    machine     {"processor", "cores", "allowed", "quota", "memory", "free", "workers", "forks",
                "vectors", "blas"}, bytes of memory, and `blas` a list of {"name", "version",
                "kernels", "threads"}; it, `cache` and `data` are null where packages are missing
    compiler    {"command", "version", "by_variable", "vector", "seconds", "problem", "help"}: the C
                compiler of the native engine; `command` is empty without one, `vector` in bits, and
                `seconds` null where a small file does not compile; null where packages are missing
    torch       {"version", "devices", "problem"}: the PyTorch of the torch engine; `version` is
                empty without one; null where packages are missing
    words       a list of {"package", "words"}: what installed packages bring, such as `layer mish`;
                null where packages are missing
    cache       {"path", "by_variable", "files", "size", "problem"}
    data        a list of {"name", "state", "path"}; `state` is `bundled`, `folder`, `cache` or
                `absent`
    problems    a list of {"text", "help", "broken"}
    ok          whether nothing is broken
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from ... import __version__
from ...grammar.text import counted
from ..options import color_option, format_option
from ..terminal.figures import duration, size_text
from ..terminal.fit import fit_lines
from ..terminal.labelled import LABEL, labelled
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, Screen, screen_for

if TYPE_CHECKING:
    from ...runtime.analysis.doctor.compiler import CompilerState
    from ...runtime.analysis.doctor.installation import Extra, InstalledPackage, Trouble
    from ...runtime.analysis.doctor.pytorch import TorchState
    from ...runtime.analysis.doctor.stores import CacheState, DataSet
    from ...runtime.analysis.doctor.surroundings import Surroundings
    from ...runtime.analysis.doctor.words import PackageWords


EXTRA = 12
"""The width of the name of an extra and its spaces."""


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """Everything that was found."""

    packages: tuple[InstalledPackage, ...]
    extras: tuple[Extra, ...]
    machine: Surroundings | None
    """None where NumPy cannot be imported, as of the next five."""
    compiler: CompilerState | None
    torch: TorchState | None
    words: tuple[PackageWords, ...] | None
    cache: CacheState | None
    data: tuple[DataSet, ...] | None
    troubles: tuple[Trouble, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing is broken."""
        return not any(trouble.broken for trouble in self.troubles)


@click.command()
@format_option
@color_option
def doctor(form: str, color: ColorChoice) -> int:
    """Check the installation and the machine: versions, extras, cores, cache, data sets.

    Reports what is broken, with exit status 1, and what makes netc slow. Nothing is downloaded or
    changed.
    """
    found = _examine()
    if form == "json":
        print_text(json.dumps(_as_json(found), indent=2) + "\n")
    else:
        print_text(_text(found, screen_for(sys.stdout, color)))
    return 0 if found.is_good else 1


def _examine() -> Diagnosis:
    from ...runtime.analysis.doctor.installation import (
        find_extras,
        find_packages,
        import_troubles,
        package_troubles,
        read_requirements,
    )

    requirements = read_requirements()
    packages, extras = find_packages(requirements), find_extras(requirements)
    unusable = tuple(import_troubles(packages))
    troubles = (*package_troubles(packages), *unusable)
    if unusable or any(package.state == "missing" for package in packages):
        return Diagnosis(packages, extras, None, None, None, None, None, None, troubles)

    from ...runtime.analysis.doctor.compiler import compiler_troubles, look_at_compiler
    from ...runtime.analysis.doctor.pytorch import look_at_torch
    from ...runtime.analysis.doctor.stores import (
        find_data_sets,
        look_at_cache,
        why_no_data_folder,
    )
    from ...runtime.analysis.doctor.surroundings import look_around
    from ...runtime.analysis.doctor.troubles import cache_troubles, machine_troubles
    from ...runtime.analysis.doctor.words import look_at_packages

    machine, compiler, cache = look_around(), look_at_compiler(os.environ), look_at_cache()
    troubles += (*cache_troubles(cache, why_no_data_folder()), *machine_troubles(machine))
    words, unusable = look_at_packages()
    troubles += (*compiler_troubles(compiler), *unusable)
    return Diagnosis(
        packages,
        extras,
        machine,
        compiler,
        look_at_torch(),
        words,
        cache,
        find_data_sets(),
        troubles,
    )


def _as_json(found: Diagnosis) -> dict[str, Any]:
    machine = found.machine
    return {
        "version": 1,
        "netc": __version__,
        "python": {"version": platform.python_version(), "path": sys.executable},
        "system": platform.platform(),
        "packages": [asdict(package) for package in found.packages],
        "extras": [asdict(extra) for extra in found.extras],
        "machine": None
        if machine is None
        else {**asdict(machine), "vectors": sorted(machine.vectors)},
        "compiler": None if found.compiler is None else asdict(found.compiler),
        "torch": None if found.torch is None else asdict(found.torch),
        "words": None if found.words is None else [asdict(item) for item in found.words],
        "cache": None if found.cache is None else asdict(found.cache),
        "data": None if found.data is None else [asdict(item) for item in found.data],
        "problems": [asdict(trouble) for trouble in found.troubles],
        "ok": found.is_good,
    }


# As text


def _text(found: Diagnosis, screen: Screen) -> str:
    dot = f" {screen.glyphs.dot} "
    facts = [
        ("netc", dot.join((__version__, f"Python {platform.python_version()}", sys.executable))),
        ("packages", dot.join(map(_package, found.packages))),
    ]
    if found.machine is not None:
        facts += _machine(found.machine, dot)
    if found.compiler is not None:
        facts.append(("compiler", _compiler(found.compiler, dot)))
    if found.torch is not None:
        facts.append(("torch", _torch(found.torch, dot)))
    if found.words is not None:
        facts += [
            ("" if n else "words", f"{item.package}: {', '.join(item.words)}")
            for n, item in enumerate(found.words)
        ]
    if found.cache is not None:
        facts.append(("cache", _cache(found.cache, dot)))
    if found.data is not None:
        facts += [("" if n else "data", _data_set(item)) for n, item in enumerate(found.data)]
    blocks = [labelled(facts, screen), _extras(found.extras, screen)]
    blocks += [_trouble(trouble, screen) for trouble in found.troubles]
    if not found.troubles:
        blocks.append("nothing is wrong\n")
    return "\n".join(block for block in blocks if block)


def _package(package: InstalledPackage) -> str:
    return f"{package.name} {package.version or 'missing'}"


def _machine(machine: Surroundings, dot: str) -> Iterator[tuple[str, str]]:
    cores = f"{machine.allowed} of {counted(machine.cores, 'core')}"
    if machine.quota is not None:
        cores += f" (the time of {machine.quota:g})"
    memory = f"{size_text(machine.free)} of {size_text(machine.memory)} free"
    yield "machine", dot.join((platform.platform(), machine.processor, cores, memory))
    if machine.workers > 1:
        yield "workers", f"up to {machine.workers} processes share a batch that is large enough"
    elif machine.forks:
        yield "workers", "none: there is one core"
    else:
        yield "workers", "none: processes share batches on Linux with an x86-64 processor only"
    for item in machine.blas:
        kernels = (f"kernels for {item.kernels}",) if item.kernels else ()
        threads = counted(item.threads, "thread")
        yield "blas", dot.join((f"{item.name} {item.version or ''}".rstrip(), *kernels, threads))


def _compiler(compiler: CompilerState, dot: str) -> str:
    variable = " (NETC_CC)" * compiler.by_variable
    if not compiler.command:
        return f"none{variable}: {compiler.help}"
    how = "does not work"
    if compiler.seconds is not None:
        how = f"compiles a small file in {duration(compiler.seconds)}"
    vectors = f"vectors of {compiler.vector} bits"
    return dot.join((compiler.version, f"{' '.join(compiler.command)}{variable}", vectors, how))


def _torch(torch: TorchState, dot: str) -> str:
    if torch.problem:
        return f"none: {torch.problem}"
    return dot.join((f"PyTorch {torch.version}", *torch.devices))


def _cache(cache: CacheState, dot: str) -> str:
    size = f"{counted(cache.files, 'file')}, {size_text(cache.size)}" if cache.files else "empty"
    how = "cannot be written" if cache.problem else "can be written"
    return dot.join((f"{cache.path}{' (NETC_CACHE_DIR)' * cache.by_variable}", size, how))


def _data_set(item: DataSet) -> str:
    where = {"bundled": "comes with netc", "absent": "downloaded when first used"}
    return f"{item.name}: {where.get(item.state, item.path)}"


def _extras(extras: Sequence[Extra], screen: Screen) -> str:
    """A line for each extra: its packages, or how to get them."""
    lines = []
    for number, extra in enumerate(extras):
        versions = ", ".join(map(_package, extra.packages))
        way = "" if extra.is_installed else f"  {extra.command}"
        state = "yes" if extra.is_installed else "no"
        label = "" if number else "extras"
        lines.append(f"{label:<{LABEL}}{extra.name:<{EXTRA}}{state:<5}{versions}{way}\n")
    return fit_lines("".join(lines), screen, LABEL + EXTRA + 5)


def _trouble(trouble: Trouble, screen: Screen) -> str:
    level = "error" if trouble.broken else "warning"
    text = f"{level}: {screen.clean(trouble.text)}\n  help: {screen.clean(trouble.help)}\n"
    return fit_lines(text, screen, 2).replace(level, screen.paint(level, level), 1)
