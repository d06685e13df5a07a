"""Children are shut in: nothing to write to but their scratch, no network, nothing of the system to spoil."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sauveterre.media import bubble, forking
from sauveterre.media.casualty import Casualty
from sauveterre.media.crossing import Receiver, loaded, packed
from sauveterre.media.isolation import isolation
from sauveterre.media.pdq import kernels
from sauveterre.records.entry import Cause
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step

linux = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


@pytest.fixture
def bubbled(sandbox):
    """A sandbox in a bubble."""
    if not isolation(Limits()).bubble:
        pytest.skip("this system has no bubblewrap, or forbids what it does")
    return sandbox


@pytest.mark.parametrize("folder", ["outside", "/", "/dev", "/dev/shm", "/proc/sys/kernel"])
def test_a_child_can_write_nowhere_but_in_its_scratch(bubbled, tmp_path, folder):
    target = (tmp_path if folder == "outside" else Path(folder)) / "canary"

    with pytest.raises(Casualty, match=r"Read-only file system|Permission denied|No such file"):
        bubbled.run(target.write_bytes, b"rain", seconds=20)

    assert not target.exists()
    kept = bubbled.scratch / "canary"
    assert bubbled.run(kept.write_bytes, b"rain", seconds=20) == 4
    assert kept.read_bytes() == b"rain"
    assert Path(bubbled.run(eval, "__import__('tempfile').gettempdir()", seconds=20)) in kept.parents


def test_a_child_cannot_change_or_remove_what_is_there(bubbled, tmp_path):
    canary = tmp_path / "canary"
    canary.write_text("sun")

    for attempt in (canary.unlink, canary.touch, tmp_path.rmdir):
        with pytest.raises(Casualty, match="Read-only file system"):
            bubbled.run(attempt, seconds=20)
    with pytest.raises(Casualty, match="Read-only file system"):
        bubbled.run(os.chmod, canary, 0o777, seconds=20)

    assert canary.read_text() == "sun"
    assert bubbled.run(canary.read_text, seconds=20) == "sun"


@pytest.mark.skipif(os.getuid() != 0, reason="only root has anything to lose")
def test_of_what_root_may_do_only_reading_is_left(bubbled, tmp_path):
    secret = tmp_path / "others"
    secret.write_text("rain")
    os.chown(secret, 65534, 65534)
    secret.chmod(0o600)
    rights = "int(open('/proc/self/status').read().split('CapEff:')[1].split()[0], 16)"

    assert bubbled.run(secret.read_text, seconds=20) == "rain"
    assert bubbled.run(eval, rights, seconds=20) == 1 << 2  # CAP_DAC_READ_SEARCH


@linux
def test_a_child_gains_nothing_from_the_programs_it_could_start(sandbox):
    status = sandbox.run(eval, "open('/proc/self/status').read()", seconds=20)
    assert "NoNewPrivs:\t1" in status


CONNECT = (
    "(lambda c: c.connect(c.socket(2, 1, 0), bytes([2, 0, {port} >> 8, {port} & 255, 127, 0, 0, 1]) + bytes(8), 16))"
    "(__import__('ctypes').CDLL(None))"
)


@linux
def test_machine_code_reaches_no_network_either(sandbox):
    if not isolation(Limits()).network:
        pytest.skip("this system refuses network namespaces")
    with __import__("socket").create_server(("127.0.0.1", 0)) as listening:
        connect = CONNECT.format(port=listening.getsockname()[1])
        assert eval(connect) == 0, "the attempt itself works"
        assert sandbox.run(eval, connect, seconds=20) == -1


WITHOUT = """
import os, socket, sys, time, ctypes
from sauveterre.media.casualty import Casualty
from sauveterre.media.isolation import isolation
from sauveterre.media.pdq import kernels
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.limits import Clocks, Limits
limits = Limits(memory_bytes=1 << 30)
with Sandbox(1, limits) as opened:
    print(isolation(limits).bubble)
    for function, arguments, clocks in (
        (ctypes.string_at, (0,), 20),
        (time.sleep, (60,), 0.2),
        (bytearray, (1 << 31,), 20),
        (socket.create_connection, (("192.0.2.1", 9), 1), 20),
        (sum, (range(10**12),), Clocks(total=20, cpu=0.2)),
        (time.sleep, (60,), Clocks(total=20, silence=0.2)),
    ):
        try:
            print(opened.run(function, *arguments, seconds=clocks))
        except Casualty as casualty:
            print(casualty.reason)
    print(opened.run(abs, -3, seconds=20))
"""


def test_without_bubblewrap_the_rest_still_holds(tmp_path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, env=environment, timeout=60, check=True
    )
    assert ran.stdout.split() == ["False", "killed", "time", "memory", "network", "cpu", "silence", "3"]


def test_a_bubblewrap_that_does_not_work_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    assert bubble.bubble_around(tmp_path, ()) == []


def test_kernels_compiled_before_are_not_compiled_again_where_nothing_can_be_written(bubbled):
    if kernels.box_filter_rows.stats.cache_path is None:
        pytest.skip("compiled kernels cannot be kept here")
    module = "__import__('sauveterre.media.pdq.kernels', fromlist=['x'])"

    hits = bubbled.run(eval, f"[bool(k.stats.cache_hits) for k in vars({module}).values() if hasattr(k, 'stats')]",
                       seconds=60)  # fmt: skip

    assert hits == [True] * 7


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="this system has no bubblewrap")
def test_what_is_hidden_is_not_there_but_for_scratch_in_it(tmp_path):
    for name in ("secret", "run/scratch"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "secret" / "key").write_text("sun")
    (tmp_path / "run" / "socket").write_text("rain")
    command = bubble.bubble_around(tmp_path / "run/scratch", (tmp_path / "secret", tmp_path / "run", tmp_path / "none"))
    if not command:
        pytest.skip("this system forbids what bubblewrap does")
    script = (
        f"cd {tmp_path}; find . | sort | tr '\\n' ' '; touch run/scratch/a && touch run/b || touch secret/c || echo no"
    )

    ran = subprocess.run([*command, "sh", "-c", script], capture_output=True, text=True)

    assert ran.stdout == ". ./run ./run/scratch ./secret no\n"
    assert (tmp_path / "run/scratch/a").is_file()


def test_a_server_that_died_is_started_again_as_it_was(tmp_path):
    program = """
import os, time
from multiprocessing import forkserver
from pathlib import Path
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.limits import Limits
READ_ONLY = "__import__('os').statvfs('/').f_flag & 1"
with Sandbox(1, Limits()) as opened:
    before = opened.run(eval, READ_ONLY, seconds=20)
    child = opened.run(os.getpid, seconds=20)
    os.kill(opened.run(os.getppid, seconds=20), 9)
    while Path(f'/proc/{child}').exists():
        time.sleep(0.01)
    after = opened.run(eval, READ_ONLY, seconds=20)
    print(before, after, opened.run(eval, "__import__('tempfile').gettempdir()", seconds=20) in str(opened.scratch))
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=90)
    expected = str(os.ST_RDONLY if isolation(Limits()).bubble else 0)
    assert ran.stdout.split() == [expected, expected, "True"], ran.stderr


class Trap:
    """A result that calls a function when it is made again."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("function", [os.system, eval, Path.touch, subprocess.run, isolation])
def test_what_a_child_hands_back_calls_nothing(function):
    refused = loaded(pickle.dumps(function))

    assert isinstance(refused, Casualty)
    assert "handed back what no reader does" in str(refused)


class Named:
    """What some Pythons make of the member of an enumeration."""

    def __init__(self, owner, name):
        self.named = owner, name

    def __reduce__(self):
        return getattr, self.named


def test_members_of_enumerations_may_come_by_their_names_and_nothing_else_may():
    assert loaded(pickle.dumps(Named(Cause, "CRASH"))) is Cause.CRASH
    assert isinstance(loaded(pickle.dumps(Named(Source, "child"))), Casualty)
    assert isinstance(loaded(pickle.dumps(Named(Cause, "__class__"))), Casualty)


def test_a_trap_in_a_result_costs_one_task(sandbox):
    trap = sandbox.scratch / "sprung"

    with pytest.raises(Casualty, match="handed back what no reader does"):
        sandbox.run(eval, f"__import__('functools').partial(print, {str(trap)!r})", seconds=20)

    assert not trap.exists()
    assert sandbox.run(abs, -1, seconds=20) == 1


def test_records_and_plain_values_cross():
    values = (Source(Path("/a"), "b", (Step("zip", "c"),)), Cause.CRASH, {1, 2}, frozenset("a"), b"x", 2.5, None)

    assert loaded(packed(values)) == values


def test_the_pool_is_believed_no_more_than_its_words(tmp_path):
    reader, writer = os.pipe()
    with Receiver(reader, writable=False) as receiver:
        message = pickle.dumps(Trap(tmp_path / "sprung"))
        os.write(writer, len(message).to_bytes(4, "big") + message)
        with pytest.raises(TypeError, match="said what the pool never does"):
            receiver.recv()
    os.close(writer)
    assert not (tmp_path / "sprung").exists()


def test_homes_of_killed_programs_are_cleared_and_tell_what_was_in_hand(tmp_path):
    program = f"""
import os, time
from pathlib import Path
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.limits import Limits
opened = Sandbox(2, Limits(), within=Path({str(tmp_path)!r})).__enter__()
opened.run(abs, -1, seconds=20, label="done")
opened.submit(time.sleep, 60, seconds=90, label="entry 7")
opened.submit(time.sleep, 60, seconds=90)
time.sleep(1)
os.kill(os.getpid(), 9)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, timeout=60, capture_output=True, text=True)
    assert ran.returncode == -9, ran.stderr
    assert len(list(tmp_path.iterdir())) == 1

    held = forking.left_behind(tmp_path)

    assert [(one.label, one.pulses) for one in held] == [("entry 7", 0)]
    assert list(tmp_path.iterdir()) == []


def test_folders_that_only_look_like_a_home_are_left_alone(tmp_path):
    for name in (forking.PREFIX + "mine", "sauveterre-case", forking.PREFIX + "linked"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "evidence").write_text("rain")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / forking.MARK).touch()
    (tmp_path / (forking.PREFIX + "link")).symlink_to(tmp_path / "elsewhere")

    assert forking.left_behind(tmp_path) == []
    assert len(list(tmp_path.rglob("evidence"))) == 3
    assert (tmp_path / "elsewhere" / forking.MARK).exists()


def test_the_home_of_a_living_program_stays(sandbox):
    home = forking.ground().home

    assert forking.left_behind(home.parent) == []
    assert home.is_dir()


def test_isolation_is_said_in_a_sentence():
    found = isolation(Limits(memory_bytes=1 << 30))

    assert "1,024 MiB" in found.sentence
    assert "120 seconds" in found.sentence
    assert ("nothing can be written but scratch" in found.sentence) == found.bubble
