"""Packages that netc can do without: whether one can be used, or why not and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple

from ..grammar.text import shortened

LONGEST = 200
"""Characters of what a broken package says."""


class OptionalPackage(NamedTuple):
    """A package that only some commands need."""

    title: str
    """As people call it."""
    extra: str
    """netc's extra with the package; empty for none."""
    modules: tuple[str, ...]
    """What netc imports of it, the package first: parts may be broken alone."""
    complete: str = ""
    """What pip must install for one that is there and broken, where that is not the name."""


PACKAGES = {
    "h5py": OptionalPackage("h5py", "keras", ("h5py",)),
    "ipython": OptionalPackage("IPython", "notebook", ("IPython", "IPython.display")),
    "jinja2": OptionalPackage("jinja2", "report", ("jinja2",)),
    "matplotlib": OptionalPackage(
        "matplotlib",
        "plots",
        ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"),
    ),
    "mlflow-skinny": OptionalPackage("mlflow", "mlflow", ("mlflow",)),
    "onnx": OptionalPackage("onnx", "onnx", ("onnx", "onnx.reference")),
    "openpyxl": OptionalPackage("openpyxl", "excel", ("openpyxl", "openpyxl.utils")),
    "optuna": OptionalPackage(
        "Optuna", "tune", ("optuna", "optuna.storages.journal", "sqlalchemy.exc")
    ),
    "pandas": OptionalPackage("pandas", "", ("pandas",)),
    "pillow": OptionalPackage("Pillow", "images", ("PIL", "PIL.Image")),
    "psycopg": OptionalPackage("psycopg", "postgresql", ("psycopg",), "'psycopg[binary]'"),
    "pyarrow": OptionalPackage("pyarrow", "parquet", ("pyarrow", "pyarrow.parquet")),
    "pymysql": OptionalPackage("pymysql", "mysql", ("pymysql",)),
    "scikit-learn": OptionalPackage("scikit-learn", "sklearn", ("sklearn", "sklearn.base")),
    "tensorboardX": OptionalPackage("tensorboardX", "tensorboard", ("tensorboardX",)),
    "torch": OptionalPackage("PyTorch", "torch", ("torch",)),
}
"""By the name that pip installs."""


class UnusablePackageError(ImportError):
    """An optional package is missing, or cannot be imported; the text says what to do."""


@dataclass(frozen=True, slots=True)
class PackageTrouble:
    """Why a package cannot be used."""

    title: str
    said: str
    """What importing it raised; empty where it is not installed."""
    command: str
    """What installs it."""

    @property
    def reason(self) -> str:
        """`h5py is not installed`, or `h5py cannot be imported (OSError: ...)`."""
        state = f"cannot be imported ({self.said})" if self.said else "is not installed"
        return f"{self.title} {state}"

    def text(self, purpose: str = "") -> str:
        """In one line. A `purpose` is `pictures need`."""
        if not purpose:
            return f"{self.reason}: {self.command}"
        broken = f", which cannot be imported ({self.said})" if self.said else ""
        return f"{purpose} {self.title}{broken}: {self.command}"


def package_trouble(name: str) -> PackageTrouble | None:
    """Why a package of `PACKAGES` cannot be used; None where it can. Imports it."""
    package = PACKAGES[name]
    try:
        for module in package.modules:
            import_module(module)
    except ModuleNotFoundError as error:
        # pip adds what a package that is there lacks, too
        wanted = f"'netc[{package.extra}]'" if package.extra else name
        command = f"pip install {wanted}"
        missing = error.name == package.modules[0]
        return PackageTrouble(package.title, "" if missing else _said(error), command)
    except Exception as error:  # a broken installation raises anything
        command = f"pip install --force-reinstall {package.complete or name}"
        return PackageTrouble(package.title, _said(error), command)
    return None


def require_package(name: str, purpose: str = "") -> None:
    """Raises `UnusablePackageError` where a package of `PACKAGES` cannot be used."""
    trouble = package_trouble(name)
    if trouble is not None:
        raise UnusablePackageError(trouble.text(purpose))


def _said(error: Exception) -> str:
    """`OSError: libhdf5.so: cannot open shared object file`, in one line."""
    return shortened(
        " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":"), LONGEST
    )
