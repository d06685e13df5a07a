"""Calls that have no message of their own: those by a call link, and those whose message is gone."""

from collections.abc import Iterator

from sauveterre.messages.signal.android.reading import Reading
from sauveterre.messages.signal.android.tables import number
from sauveterre.messages.signal.android.updates import AD_HOC
from sauveterre.messages.signal.context import moment
from sauveterre.messages.signal.people import read_ad_hoc_call
from sauveterre.records.group import EventKind, GroupEvent
from sauveterre.records.message_reader import MessageRecord


def read_calls(reading: Reading) -> Iterator[MessageRecord]:
    """Tell every call to which no message belongs."""
    for row in reading.tables.rows("call"):
        if row["message"] is not None:
            continue
        leaf, peer, at = reading.leaf("call", row), number(row["peer"]), max(0, number(row["at"]))
        known = leaf.context.peers.get(peer)
        if number(row["type"]) == AD_HOC or known is None:
            read_ad_hoc_call(leaf, {"recipientId": peer, "callTimestamp": at})
        else:
            pair = sorted([leaf.context.owner, known.id])
            group = f"direct:{pair[0]}|{pair[1]}" if known.is_account else known.id
            detail = "a call whose message is not in the store"
            leaf.add(GroupEvent(group, EventKind.CALL, None, None, moment(at), str(at), leaf.provenance(), detail))
        yield from leaf.records
