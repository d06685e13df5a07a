"""Children that crash, hang, eat memory or reach out: each costs one task, and the next one works."""

import ctypes
import functools
import gc
import io
import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
import weakref
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
from PIL import Image

from sauveterre.errors import LimitExceeded
from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.fingerprint import fingerprint
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.content import Fingerprint
from sauveterre.records.limits import Limits


def casualty_of(sandbox, function, *arguments, seconds=20.0):
    with pytest.raises(Casualty) as caught:
        sandbox.run(function, *arguments, seconds=seconds)
    assert sandbox.run(abs, -3, seconds=20) == 3
    return caught.value


def test_results_come_back_from_other_processes(sandbox):
    pids = {future.result() for future in [sandbox.submit(os.getpid, seconds=20) for _ in range(40)]}
    assert os.getpid() not in pids
    assert len(pids) <= 2


@pytest.mark.parametrize(
    ("function", "arguments", "seconds", "reason", "sentence"),
    [
        (ctypes.string_at, (0,), 20, "killed", "killed by signal 11 (SIGSEGV)"),
        (sum, (range(10**12),), 0.3, "time", "longer than the 0.3 seconds allowed"),
        (time.sleep, (60,), 0.3, "time", "longer than the 0.3 seconds allowed"),
        (bytearray, (1 << 31,), 20, "memory", "more than the 1,024 MiB of memory allowed"),
        (socket.create_connection, (("192.0.2.1", 9), 1), 20, "network", "reached for the network"),
        (socket.getaddrinfo, ("films.example", 80), 20, "network", "reached for the network"),
        (os._exit, (3,), 20, "exited", "ended itself with status 3"),
        (int, ("rain",), 20, "failed", "ValueError: invalid literal for int() with base 10: 'rain'"),
        (sys.exit, (0,), 20, "failed", "SystemExit"),
    ],
)
def test_each_way_to_fail_costs_one_task_and_says_why(sandbox, function, arguments, seconds, reason, sentence):
    casualty = casualty_of(sandbox, function, *arguments, seconds=seconds)
    assert casualty.reason == CasualtyReason(reason)
    assert sentence in str(casualty)


def test_errors_of_our_own_come_back_as_themselves(sandbox):
    endless = functools.partial(fingerprint, limits=Limits(entry_bytes=10))
    with pytest.raises(LimitExceeded, match="goes on after 10 bytes"):
        sandbox.run(endless, io.BytesIO(bytes(11)), seconds=20)


def test_what_came_back_is_let_go_of_with_its_future(sandbox):
    gc.disable()
    try:
        future = sandbox.submit(bytes, 1 << 20, seconds=20)
        known = weakref.ref(future)
        assert len(future.result()) == 1 << 20
        del future
        sandbox.run(abs, -3, seconds=20)  # the pool itself remembers the last task
        end = time.monotonic() + 5
        while known() is not None and time.monotonic() < end:
            time.sleep(0.01)
        assert known() is None
    finally:
        gc.enable()


def test_a_casualty_keeps_its_reason_between_processes():
    casualty = pickle.loads(pickle.dumps(Casualty(CasualtyReason.TIME, "too long", "trace")))
    assert (casualty.reason, str(casualty), casualty.detail) == (CasualtyReason.TIME, "too long", "trace")


def test_one_death_among_many_tasks_takes_no_other_with_it(sandbox):
    tasks = [
        sandbox.submit(os.abort if index == 7 else abs, *(() if index == 7 else (-index,)), seconds=20)
        for index in range(20)
    ]
    ended = [task.exception() for task in tasks]
    assert [index for index, error in enumerate(ended) if error] == [7]
    assert ended[7].reason == CasualtyReason.KILLED
    assert [task.result() for index, task in enumerate(tasks) if index != 7] == [n for n in range(20) if n != 7]


def test_children_killed_while_idle_are_replaced(sandbox):
    for _ in range(2):
        for child in {sandbox.run(os.getpid, seconds=20) for _ in range(20)}:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.25)
        assert [sandbox.submit(abs, -n, seconds=20).result(20) for n in range(8)] == list(range(8))
    deadline = time.monotonic() + 10
    while len(children()) > 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(children()) <= 2


def test_a_task_can_be_given_up(sandbox):
    busy = [sandbox.submit(time.sleep, 0.4, seconds=20) for _ in range(2)]
    waiting = sandbox.submit(abs, -1, seconds=20)
    assert waiting.cancel()
    with pytest.raises(CancelledError):
        waiting.result()
    assert [task.result() for task in busy] == [None, None]
    assert sandbox.run(abs, -2, seconds=20) == 2


def test_what_cannot_travel_is_the_callers_error(sandbox):
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        sandbox.run(lambda: None, seconds=20)
    assert sandbox.run(abs, -2, seconds=20) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_children_see_no_network(sandbox):
    probe = "import ctypes; raise SystemExit(ctypes.CDLL(None).unshare(0x50000000) != 0)"
    if subprocess.run([sys.executable, "-c", probe], check=False).returncode:
        pytest.skip("this system refuses network namespaces")
    own = str(Path("/proc/self/ns/net").readlink())
    assert sandbox.run(os.readlink, "/proc/self/ns/net", seconds=20) != own
    devices = sandbox.run(eval, "open('/proc/self/net/dev').read()", seconds=20)
    assert [line.split(":")[0].strip() for line in devices.splitlines()[2:]] == ["lo"]


def test_children_are_bounded_silent_and_warm(sandbox, small_limits, capfd):
    limits = sandbox.run(
        eval, "[__import__('resource').getrlimit(which) for which in (4, 1, 7)]", seconds=20
    ) if sys.platform == "linux" else None  # fmt: skip
    if limits is not None:
        assert limits == [(0, 0), (small_limits.nested_bytes,) * 2, (256, 256)]
    sandbox.run(os.write, 2, b"\x1b[2Jnoise", seconds=20)
    assert "noise" not in capfd.readouterr().err
    assert sandbox.run(eval, "'sauveterre.media.preload' in __import__('sys').modules", seconds=20)


def test_leaving_waits_for_what_was_submitted():
    with Sandbox(2, Limits()) as opened:
        tasks = [opened.submit(time.sleep, 0.05, seconds=20) for _ in range(6)]
    assert all(task.done() and task.exception() is None for task in tasks)
    with pytest.raises(RuntimeError, match="not open"):
        opened.submit(abs, 1, seconds=1)


def test_leaving_by_an_exception_gives_up_what_runs():
    started = time.monotonic()
    tasks = []

    def leave():
        with Sandbox(1, Limits()) as opened:
            tasks.append(opened.submit(time.sleep, 60, seconds=90))
            raise KeyError("rain")

    with pytest.raises(KeyError):
        leave()
    assert time.monotonic() - started < 10
    assert tasks[0].cancelled()


CALLER = """
import os, sys, time
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.limits import Limits
opened = Sandbox(2, Limits()).__enter__()
print(opened.run(os.getpid, seconds=20), flush=True)
for _ in range(2):
    opened.submit(sum, range(10**12), seconds=60)
time.sleep(0.3)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_a_killed_caller_leaves_no_orphans():
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    caller = subprocess.run([sys.executable, "-c", CALLER], capture_output=True, text=True, env=environment, timeout=60)
    child = int(caller.stdout)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()


def test_round_trips_are_cheap(sandbox):
    count, started = 2_000, time.perf_counter()
    for task in [sandbox.submit(abs, -1, seconds=20) for _ in range(count)]:
        task.result()
    assert count / (time.perf_counter() - started) > 400  # about 4,000 on two idle processors


def test_hostile_pictures_of_others(sandbox, small_limits, fixtures):
    look = functools.partial(fingerprint, limits=small_limits)
    files = sorted(path for path in (fixtures / "evidence/pillow/Tests/images").rglob("*") if path.is_file())
    assert len(files) > 80
    tasks = {path: sandbox.submit(look, io.BytesIO(path.read_bytes()), seconds=20) for path in files}
    for path, task in tasks.items():
        error = task.exception()
        if error is None:
            found = task.result()
            assert isinstance(found, Fingerprint), path.name
            assert found.size == path.stat().st_size
            assert found.picture or found.trouble or not found.kind.endswith(("jpeg", "png", "gif", "tiff")), path.name
        else:
            assert isinstance(error, Casualty), (path.name, error)
    assert sandbox.run(abs, -4, seconds=20) == 4


def test_a_picture_beyond_memory_costs_only_the_picture(save):
    data = save(Image.new("RGB", (6_000, 6_000)), "PNG", compress_level=1)
    limits = Limits(memory_bytes=560 << 20)
    with Sandbox(1, limits) as tight:
        found = tight.run(functools.partial(fingerprint, limits=limits), io.BytesIO(data), seconds=60)
        assert found.size == len(data)
        assert found.picture is None
        assert "memory" in found.trouble


def children():
    return {child.pid for child in multiprocessing.active_children() if child.name == "pebble_pool_worker"}


def test_no_children_remain_when_all_is_closed():
    with Sandbox(1, Limits()) as opened:
        child = opened.run(os.getpid, seconds=20)
        assert child in children()
    assert child not in children()


STARTED = """__import__("sauveterre.media.alarms", fromlist=["start"]).start(
    __import__("sauveterre.records.limits", fromlist=["Clocks"]).Clocks(total=60), "entry 7")"""


@pytest.mark.parametrize(
    ("before", "named"),
    [("0", {"label": "entry 7"}), (STARTED, {"parts": ("entry 6", "entry 7")})],
    ids=["by its own label", "by that of a part"],
)
def test_a_task_that_breaks_the_pool_each_time_is_blamed_and_takes_no_other_with_it(before, named):
    channels = "[c for c in __import__('gc').get_objects() if type(c).__name__ == 'WorkerChannel']"
    rubbish = f"[c.writer.send_bytes(b'rain') for c in {channels}]"
    with Sandbox(2, Limits()) as opened:
        bad = opened.submit(eval, f"({before}, {rubbish}, __import__('time').sleep(30))", seconds=60, **named)
        slow = "__import__('time').sleep(0.2) or {}"
        good = [
            opened.submit(eval, slow.format(number), seconds=60, label=f"entry {number}") for number in range(20, 40)
        ]
        with pytest.raises(Casualty, match="the pool of child processes broke each time"):
            bad.result(60)
        assert [task.result(60) for task in good] == list(range(20, 40))
        assert opened.run(abs, -3, seconds=20) == 3
