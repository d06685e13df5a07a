"""Polls: the question, the options, and who voted, each in a table of its own."""

from sauveterre.messages.protobuf import Fields
from sauveterre.messages.signal.android.tables import Beside, Tables, number, text

MOST_POLLS = 10_000
REMOVED = frozenset({0, 1})
"""States of a vote that was taken back, or is about to be."""


class Polls:
    """The polls of the messages, met in step with them."""

    def __init__(self, tables: Tables) -> None:
        """Begin before the first message."""
        self.polls = Beside(tables.rows("poll", ("message", "id")))
        self._tables = tables
        self._left = MOST_POLLS if tables.has("poll_option", "poll") and tables.has("poll_vote", "poll") else 0

    def of(self, message: int) -> Fields | None:
        """Return a message's poll as format 2 writes it; None for none."""
        found = self.polls.of(message)
        if not found:
            return None
        if not self._left:
            return {"question": text(found[0]["question"])}
        self._left -= 1
        poll = number(found[0]["id"])
        votes: dict[int, list[Fields]] = {}
        for vote in self._tables.rows("poll_vote", ("id",), f"poll_id = {poll}"):
            if number(vote["state"]) not in REMOVED or vote["state"] is None:
                votes.setdefault(number(vote["option"]), []).append({"voterId": number(vote["voter"]), "voteCount": 1})
        options = [
            {"option": text(option["text"]), "votes": votes.get(number(option["id"]), [])}
            for option in self._tables.rows("poll_option", ("order", "id"), f"poll_id = {poll}")
        ]
        ended = number(found[0]["ended"]) > 0
        return {"question": text(found[0]["question"]), "options": options, "hasEnded": ended}
