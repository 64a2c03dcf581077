"""Where a study is kept: a journal file beside the spec, or a database that many machines share.

Both are Optuna's, and any number of processes may join a study. A trial belongs to the process that
runs it. Which processes are alive is known from locks on a file beside a journal, which the system
takes back however a process ends; in a database, from a sign of life that Optuna writes once per
interval.
"""

from __future__ import annotations

import json
import os
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, cast

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from ..data.bounded_reading import MISSING, why_no_file
from ..packages import PACKAGES, UnusablePackageError, require_package

try:
    import fcntl
except ImportError:  # Windows, where one process at a time uses a journal
    fcntl = None  # type: ignore[assignment]

HEARTBEAT = 5
"""Seconds between two signs of life in a database."""
GRACE = 20
"""Seconds without one after which the process that runs a trial is taken for dead."""

ATTEMPTS = 3
"""How often a database is opened, a second apart, while others begin to use it."""
TABLE_EXISTS = 1050
"""The number of MySQL's error."""
DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql"}
"""The package that speaks to a database, for the short form of a URL."""


class UnusableError(Exception):
    """A storage cannot be opened, or was lost; says why."""


@dataclass(frozen=True, slots=True)
class StudyPlace:
    """Where a study is kept, and under which name."""

    where: str
    """A path, or the URL of a database."""
    study: str
    remark: str = ""
    """What people read instead of where it is."""

    @classmethod
    def for_one_call(cls, folder: str) -> StudyPlace:
        """In a folder that is removed when the search is over."""
        where = os.path.join(folder, "study.journal")
        return cls(where, "netc", "not kept: there is no file of the spec to keep it beside")

    @property
    def is_database(self) -> bool:
        return "://" in self.where

    @property
    def is_sqlite(self) -> bool:
        return self.where.startswith("sqlite")

    def shown(self) -> str:
        """For people, without a password."""
        if self.remark or not self.is_database:
            return self.remark or self.where
        from sqlalchemy.engine import make_url

        return str(make_url(self.where).render_as_string(hide_password=True))


class FileLocks:
    """Locks on bytes of a file: one for those who change the study, one for each line that is
    written to its journal, and one for each trial that is running. The system gives them back when
    their process ends."""

    WRITES, CHANGES, TRIALS = 0, 1, 2

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        path = journal.with_name(f".{journal.name}.locks")
        self._file = open(path, "ab")  # noqa: SIM115  locked until the study is closed

    def acquire(self) -> bool:
        """As Optuna asks for it, before a line is written."""
        self.lock(self.WRITES)
        try:
            drop_half_line(self._journal)
        except BaseException:
            self.release()
            raise
        return True

    def release(self) -> None:
        self.unlock(self.WRITES)

    def lock(self, byte: int) -> None:
        """Waits for a lock."""
        if fcntl is not None:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, byte)

    def unlock(self, byte: int) -> None:
        if fcntl is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)

    def is_free(self, byte: int) -> bool:
        """Whether no other process has a lock."""
        if fcntl is None:
            return True
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError:
            return False
        self.unlock(byte)
        return True

    def close(self) -> None:
        self._file.close()


class WholeLinesBackend(JournalFileBackend):
    """Optuna's journal, whose lines are written whole or not at all. Its own go through a buffer,
    which is written once more when the file is closed: a line may then stand behind half of
    itself."""

    def __init__(self, path: Path, locks: FileLocks) -> None:
        # Optuna's own lock, a file that must be removed, would outlive a process that is killed
        super().__init__(os.fspath(path), lock_obj=cast(Any, locks))
        self._path, self._locks = path, locks

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Raises OSError."""
        lines = "".join(f"{json.dumps(log, separators=(',', ':'))}\n" for log in logs)
        self._locks.acquire()
        try:
            with open(self._path, "ab", buffering=0) as file:
                _append(file, lines.encode())
                os.fsync(file.fileno())
        finally:
            self._locks.release()


def _append(file: FileIO, text: bytes) -> None:
    end = file.seek(0, os.SEEK_END)
    try:
        while text:
            text = text[file.write(text) :]
    except BaseException:
        file.truncate(end)
        raise


def drop_half_line(journal: Path) -> None:
    """Removes what is left of a line that a full disk or the end of its process has cut: the next
    one would be written behind it, and nobody could read either. Raises OSError."""
    with suppress(FileNotFoundError), open(journal, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


@dataclass(frozen=True, slots=True, eq=False)
class OpenStorage:
    """An open storage."""

    storage: BaseStorage
    locks: FileLocks | None
    """Of a journal."""

    def close(self) -> None:
        if self.locks is not None:
            self.locks.close()
        if isinstance(self.storage, RDBStorage):
            self.storage.remove_session()
            self.storage.engine.dispose()


def open_store(place: StudyPlace) -> OpenStorage:
    """Opens a storage, which is made if there is none. Raises `UnusableError`."""
    with quiet(), failures(place), damage(place):
        if place.is_database:
            return OpenStorage(_open_database(place.where), None)
        path = Path(place.where)
        reason = why_no_file(path)
        if reason not in ("", MISSING):
            raise UnusableError(reason)
        locks = FileLocks(path)
        with ExitStack() as stack:
            stack.callback(locks.close)
            storage = JournalStorage(WholeLinesBackend(path, locks))
            stack.pop_all()
        return OpenStorage(storage, locks)


def _open_database(url: str) -> RDBStorage:
    scheme, _, rest = url.partition("://")
    dialect, _, driver = scheme.partition("+")
    driver = driver or DRIVERS.get(dialect, "")
    if driver in PACKAGES:
        require_package(driver)
    # a connection that the server has closed meanwhile is opened again
    options: dict[str, Any] = {} if scheme.startswith("sqlite") else {"pool_pre_ping": True}
    for attempt in range(ATTEMPTS):
        try:
            return RDBStorage(
                f"{dialect}+{driver}://{rest}" if driver else url,
                engine_kwargs=options,
                heartbeat_interval=HEARTBEAT,
                grace_period=GRACE,
            )
        except DBAPIError as error:
            if attempt + 1 == ATTEMPTS or not _is_race(error):
                raise
            time.sleep(1)
    raise AssertionError("the last attempt returns or raises")


def _is_race(error: DBAPIError) -> bool:
    """Whether another process makes the tables at the same moment."""
    if isinstance(error, ProgrammingError | IntegrityError):
        return True
    return getattr(error.orig, "args", ())[:1] == (TABLE_EXISTS,)


@contextmanager
def failures(place: StudyPlace) -> Iterator[None]:
    """Turns what a storage raises into `UnusableError`, with a reason of one line."""
    try:
        yield
    except UnusablePackageError as error:
        raise UnusableError(str(error)) from error
    except ImportError as error:
        driver = error.name or "a driver of the database"
        raise UnusableError(f"{driver} is not installed{_known_driver(place)}") from error
    except OSError as error:
        raise UnusableError((error.strerror or str(error)).lower()) from error
    except (StorageInternalError, SQLAlchemyError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) else error
        said = str(getattr(cause, "orig", None) or cause or error)
        raise UnusableError(said.strip().splitlines()[0]) from error


def _known_driver(place: StudyPlace) -> str:
    """What else could speak to the database: `; without "+psycopg2", netc uses psycopg, ...`."""
    dialect, _, driver = place.where.partition("://")[0].partition("+")
    if not driver or dialect not in DRIVERS:
        return ""
    known = f"{DRIVERS[dialect]} (pip install 'netc[{PACKAGES[DRIVERS[dialect]].extra}]')"
    return f"; without `+{driver}`, netc uses {known}"


@contextmanager
def damage(place: StudyPlace) -> Iterator[None]:
    """The same for a journal that is read for the first time."""
    try:
        yield
    except (ValueError, KeyError, AssertionError) as error:
        if place.is_database:
            raise
        raise UnusableError("the file is not the journal of a study, or is damaged") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Optuna says nothing, and does not warn of what netc uses knowingly: signs of life are
    experimental there. That their thread has lost the storage is no news: so has the search."""
    before, hook = optuna.logging.get_verbosity(), threading.excepthook

    def excepthook(args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, StorageInternalError | SQLAlchemyError):
            hook(args)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    threading.excepthook = excepthook
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        threading.excepthook = hook
        optuna.logging.set_verbosity(before)
