"""Who put which content, or which link to a storage space, into which group, and when."""

from collections import defaultdict
from collections.abc import Iterable

from sauveterre.network.spaces import space_of
from sauveterre.records.finding import Share
from sauveterre.records.group import Group, GroupKind
from sauveterre.records.message import Attachment, Link, Message
from sauveterre.records.provenance import Provenance


def shares(
    messages: Iterable[Message],
    attachments: Iterable[Attachment],
    links: Iterable[Link],
    groups: Iterable[Group],
) -> list[Share]:
    """Return one share for each message and subject, with the rows of every device that shows it.

    Only conversations that a row states to be groups count. An attachment counts when its role is
    ``attachment`` and its digest is known: previews, quotes and stickers are nobody's contribution. A message
    whose sender no row states has no sharer and gives no share. Sorted by group, time and message.
    """
    real = {group.stable_id for group in groups if group.kind is GroupKind.GROUP}
    told = _by_key(message for message in messages if message.group in real)
    subjects: defaultdict[tuple[str, str], set[Provenance]] = defaultdict(set)
    for attachment in attachments:
        if attachment.message in told and attachment.role == "attachment" and attachment.sha256:
            subject = f"sha256:{attachment.sha256.lower()}"
            subjects[attachment.message, subject].add(attachment.provenance)
    for link in links:
        if link.message not in told or link.kind == "group_invite":
            continue
        space = space_of(link.url)
        if space is not None:
            subjects[link.message, f"space:{space.host}/{space.identifier}"].add(link.provenance)
    found = (_share(told[key], subject, rows) for (key, subject), rows in subjects.items())
    return sorted((one for one in found if one is not None), key=_order)


def _by_key(messages: Iterable[Message]) -> dict[str, list[Message]]:
    told: defaultdict[str, list[Message]] = defaultdict(list)
    for message in messages:
        told[message.key].append(message)
    return dict(told)


def _share(messages: list[Message], subject: str, rows: set[Provenance]) -> Share | None:
    """Return the share that the copies of one message make; what one device leaves out another may say."""
    senders = [message.sender for message in messages if message.sender is not None]
    if not senders:
        return None
    times = [message.sent_at for message in messages if message.sent_at is not None]
    return Share(
        group=min(message.group for message in messages),
        account=min(senders),
        at=min(times, default=None),
        subject=subject,
        message=messages[0].key,
        rows=tuple(sorted({*rows, *(message.provenance for message in messages)})),
    )


def _order(share: Share) -> tuple[str, bool, float, str, str]:
    moment = share.at.timestamp() if share.at is not None else 0.0
    return share.group, share.at is None, moment, share.message, share.subject
