"""Chats: which conversation each is, and who is in it with which role."""

from sauveterre.messages.ufdr.context import Conversation, Telling, service_in
from sauveterre.messages.ufdr.models import Model
from sauveterre.messages.ufdr.names import Named, account_of, group_of, is_local, kind_by_shape
from sauveterre.records.group import Group, GroupKind, MemberSnapshot, Role

_TYPES = {
    "oneonone": GroupKind.DIRECT,
    "group": GroupKind.GROUP,
    "broadcast": GroupKind.DISTRIBUTION_LIST,
    "channel": GroupKind.CHANNEL,
}
_FEW = 3
"""Participants looked at to tell whether a chat is one of two."""


def begin_chat(telling: Telling, number: int, sample: Model) -> Conversation:
    """Tell a chat and its participants; ``sample`` is a piece of it, for a chat that the report does not hold whole."""
    chat = telling.index.chat(number)
    is_whole = bool(chat.attributes or chat.fields)
    service, where = service_in(chat, sample), telling.where(chat if is_whole else sample)
    few = [party for party, _ in zip(telling.index.parties(number), range(_FEW), strict=False)]
    owner = _owner(telling, service, chat, number)
    others = [party for party in few if not _is_owner(service, party, owner)]
    kind = _kind(service, chat, others)
    peer = _peer(service, chat, others) if kind is GroupKind.DIRECT else None
    if not is_whole:
        telling.problem(where, f"chat {number} is not whole: which conversation it is and who is in it is not known")
    if peer is not None:
        account = telling.account(service, peer, where)
        telling.account(service, Named(owner), where)
        group = telling.direct(service, owner, account, where)
    else:
        identifier = chat.text("Id")
        known = kind is not GroupKind.DIRECT and not is_local(service, identifier)
        group = group_of(service, identifier, kind) if known else telling.local("chat", chat.id or str(number))
        title, about = telling.text(chat.text("Name")), telling.text(chat.text("Description"))
        telling.records.append(Group(service, group, title, kind, where, description=about))
    conversation = Conversation(number, service, group, kind, owner)
    _members(telling, chat, conversation)
    return conversation


def _is_owner(service: str, party: Model, owner: str) -> bool:
    named = account_of(service, party.text("Identifier"))
    return bool(party.truth("IsPhoneOwner")) or (named is not None and named.id == owner)


def _owner(telling: Telling, service: str, chat: Model, number: int) -> str:
    """Return whose chat it is: the participant so marked, else the account that the chat names, else the only one."""
    for party in telling.index.parties(number):
        if party.truth("IsPhoneOwner") and (named := account_of(service, party.text("Identifier"))):
            return named.id
    stated, owners = account_of(service, chat.text("Account")), telling.index.owners(service)
    if stated is not None and (stated.id in owners or not owners):
        return stated.id
    return telling.owner(service)


def _kind(service: str, chat: Model, others: list[Model]) -> GroupKind:
    stated = _TYPES.get(chat.text("ChatType").lower())
    if service == "telegram" and stated is GroupKind.DISTRIBUTION_LIST:
        stated = GroupKind.CHANNEL
    kind = kind_by_shape(service, chat.text("Id")) or stated
    return kind or (GroupKind.DIRECT if len(others) == 1 else GroupKind.GROUP)


def _peer(service: str, chat: Model, others: list[Model]) -> Named | None:
    """Return the other account of a conversation of two, None where the chat does not say who it is."""
    if len(others) == 1 and (named := account_of(service, others[0].text("Identifier"))):
        return named
    identifier = chat.text("Id")
    return account_of(service, identifier) if kind_by_shape(service, identifier) is GroupKind.DIRECT else None


def _members(telling: Telling, chat: Model, conversation: Conversation) -> None:
    at = chat.moment("LastActivity") if chat.is_deleted else telling.taken_at
    for party in telling.index.parties(conversation.number):
        where = telling.where(party)
        account = telling.person(conversation.service, party, where, conversation.owner)
        if account is None or conversation.kind is GroupKind.DIRECT:
            continue
        if at is None:
            telling.problem_once(where, "the report states no usable time: who is in which group is not told")
            return
        admin = party.truth("IsGroupAdmin")
        role = Role.ADMIN if admin else Role.MEMBER
        stated = admin is not None
        telling.records.append(MemberSnapshot(conversation.group, account, role, at, where, role_stated=stated))


def chat_of(telling: Telling, message: Model) -> Conversation:
    """Return the conversation of a message that stands outside of any chat: with the one other person it names."""
    service, where = service_in(message), telling.where(message)
    parties = [*message.all("From"), *message.all("To")]
    own = next((named for party in parties if party.truth("IsPhoneOwner") and (named := _named(service, party))), None)
    owner = own.id if own is not None else telling.owner(service)
    strangers = [_named(service, party) for party in parties if not _is_owner(service, party, owner)]
    others = list({one.id: one for one in strangers if one is not None}.values())
    if len(others) == 1:
        peer = telling.account(service, others[0], where)
        telling.account(service, Named(owner), where)
        return Conversation(0, service, telling.direct(service, owner, peer, where), GroupKind.DIRECT, owner)
    group = telling.local("message", message.id)
    if telling.index.is_new("group", group):
        title = "(a message outside of any chat)"
        telling.records.append(Group(service, group, title, GroupKind.DISTRIBUTION_LIST, where))
    return Conversation(0, service, group, GroupKind.DISTRIBUTION_LIST, owner)


def _named(service: str, party: Model) -> Named | None:
    return account_of(service, party.text("Identifier"))


def with_ends(message: Model) -> Model:
    """Return a short message of the telephone as the apps' messages are: its parties by their role as From and To.

    One that names a recipient and no sender was sent by the device's owner.
    """
    parties = message.all("Parties")
    ends = {"From": [one for one in parties if one.text("Role") == "From"], "To": []}
    ends["To"] = [one for one in parties if one not in ends["From"]]
    if ends["To"] and not ends["From"]:
        ends["From"] = [Model("Party", {}, {"IsPhoneOwner": ["True"]})]
    fields = {**message.fields, "Type": [message.type]}
    return Model(message.type, message.attributes, fields, {**message.models, **ends}, message.lengths)
