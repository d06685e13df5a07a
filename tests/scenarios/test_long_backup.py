"""A long backup is read to the last message, and is the same each time it is drawn."""

from tests.messages.conftest import FolderTree

from sauveterre.messages.readers import signal_backup, signal_desktop
from sauveterre.records.group import GroupEvent
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.scenarios.long_backup import write_long_backup
from sauveterre.scenarios.long_desktop import write_long_profile

KEY = "b" * 64


def test_every_message_is_there_with_what_hangs_on_it(tmp_path):
    write_long_backup(tmp_path, KEY, 600)
    tree = FolderTree(tmp_path)
    (location,) = signal_backup.find(tree)

    records = list(signal_backup.read(tree, location, KEY))

    counts = {kind: sum(type(one) is kind for one in records) for kind in (Message, Delivery, Attachment, Reaction)}
    events = [one for one in records if isinstance(one, GroupEvent)]
    assert not [one for one in records if isinstance(one, Problem)]
    said = [one for one in records if isinstance(one, Message) and one.kind == "text"]
    assert (len(said), len(events)) == (594, 6)
    assert counts[Delivery] == 114 * 7 + 480, "of the owner's 120, six are changes of a group; 480 others were read"
    assert (counts[Attachment], counts[Reaction]) == (30, 60)
    assert sum(isinstance(one, Link) for one in records) == 20
    assert len({one.key for one in said}) == 594
    assert [event.kind for event in events] == ["promoted", "demoted"] * 3


def test_it_is_the_same_each_time(tmp_path):
    for name in "ab":
        write_long_backup(tmp_path / name, KEY, 50)

    first, second = (
        {file.name: file.read_bytes() for file in (tmp_path / name).rglob("*") if file.is_file()} for name in "ab"
    )
    assert first == second


def test_a_long_profile_of_desktop_is_read_whole_too(tmp_path):
    write_long_profile(tmp_path, bytes(range(32)), 300)
    tree = FolderTree(tmp_path)
    (location,) = signal_desktop.find(tree)

    records = list(signal_desktop.read(tree, location, None))

    counts = {kind: sum(type(one) is kind for one in records) for kind in (Message, Delivery, Reaction, Problem)}
    assert counts == {Message: 300, Delivery: 60 * 7, Reaction: 30, Problem: 0}
