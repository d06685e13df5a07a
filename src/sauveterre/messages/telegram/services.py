"""Service rows: what happened in a group, by whom, to whom.

Rows name the acting account by id and everybody else by display name only. No row tells that somebody became, or is
no longer, an administrator.
"""

from dataclasses import dataclass
from typing import Any

from sauveterre.messages.exports.rows import Row, bounded, list_of, raw, text_of
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.telegram.chats import Chat, peer, unix
from sauveterre.messages.telegram.texts import about
from sauveterre.records.group import EventKind, GroupEvent

ACTIONS = {
    "create_group": EventKind.CREATED, "create_channel": EventKind.CREATED,
    "edit_group_title": EventKind.RENAMED,
    "edit_group_photo": EventKind.AVATAR, "delete_group_photo": EventKind.AVATAR,
    "invite_members": EventKind.ADDED, "remove_members": EventKind.REMOVED,
    "join_group_by_link": EventKind.JOINED_BY_LINK, "join_group_by_request": EventKind.REQUEST_APPROVED,
    "migrate_to_supergroup": EventKind.MIGRATED, "migrate_from_group": EventKind.MIGRATED,
    "pin_message": EventKind.PINNED, "set_messages_ttl": EventKind.TIMER,
    "phone_call": EventKind.CALL, "conference_call": EventKind.CALL, "group_call": EventKind.CALL,
    "group_call_scheduled": EventKind.CALL, "invite_to_group_call": EventKind.CALL,
    "topic_created": EventKind.SETTINGS, "topic_edit": EventKind.SETTINGS, "edit_chat_theme": EventKind.SETTINGS,
    "set_chat_wallpaper": EventKind.SETTINGS, "set_same_chat_wallpaper": EventKind.SETTINGS,
    "paid_messages_price_change": EventKind.SETTINGS,
}  # fmt: skip
OTHER_ACTIONS = frozenset(
    {
        "clear_history", "score_in_game", "send_payment", "take_screenshot", "attach_menu_bot_allowed",
        "web_app_bot_allowed", "allow_sending_messages", "send_passport_values", "joined_telegram", "proximity_reached",
        "requested_phone_number", "send_webview_data", "send_premium_gift", "suggest_profile_photo", "requested_peer",
        "gift_code_prize", "giveaway_launch", "giveaway_results", "boost_apply", "refunded_payment", "send_stars_gift",
        "send_ton_gift", "stars_prize", "send_star_gift", "paid_messages_refund", "todo_completions",
        "todo_append_tasks", "process_suggested_post", "suggested_post_success", "suggested_post_refund",
        "suggest_birthday",
    }
)  # fmt: skip
"""Known, and no change of the group: told as *updated* with what they say."""
_ITSELF = (EventKind.JOINED_BY_LINK, EventKind.REQUEST_APPROVED)
_NOT_IN_DETAIL = frozenset(
    {
        "id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "actor", "actor_id", "members", "text",
        "text_entities", "photo", "width", "height", "gift_code", "charge_id", "transaction_id", "message_id",
        "reply_to_peer_id", "photo_file_size",
    }
)  # fmt: skip
_BY_NAME = "the row names members by display name only"
_ONESELF = f"{_BY_NAME}; this one bears the actor's own name"


@dataclass(frozen=True, slots=True)
class _Happening:
    kind: EventKind
    target: str | None = None
    basis: str = ""


def tell_service(row: Row, chat: Chat, service: dict[str, Any]) -> None:
    """Write the events of one service row."""
    action = text_of(service, "action")
    actor = peer(service.get("actor_id"))
    name = text_of(service, "actor")
    if actor is not None:
        row.account(actor)
        row.identifier(actor, "display_name", name)
        chat.meet(name, actor)
    elif name:
        actor = row.named(name)
    kind = ACTIONS.get(action)
    if kind is None and action and action not in OTHER_ACTIONS:
        row.problem_once(f"action {action[:40]}", f"the action {action[:40]!r} is not known: told as an update")
    at = unix(service.get("date_unixtime"))
    at_raw = raw(service.get("date_unixtime") or service.get("date"))
    detail = about(service, without=_NOT_IN_DETAIL | ({"action"} if kind else set()))
    if kind is EventKind.PINNED and (pinned := chat.reply(service)):
        detail = f"message: {pinned}"
    for one in _happenings(row, chat, service, kind or EventKind.UPDATED, actor):
        told = safe_text("; ".join(part for part in (detail, one.basis) if part))
        row.add(GroupEvent(chat.group, one.kind, actor, one.target, at, at_raw, row.provenance(), told))


def _happenings(row: Row, chat: Chat, service: dict[str, Any], kind: EventKind, actor: str | None) -> list[_Happening]:
    members = [member for member in list_of(service, "members") if isinstance(member, str) and member]
    own = text_of(service, "actor")
    if kind in _ITSELF:
        return [_Happening(kind, actor)]
    if kind is EventKind.CREATED:
        others = [member for member in members if member != own]
        return [_Happening(kind), *(_Happening(EventKind.ADDED, row.named(other), _BY_NAME) for other in others)]
    if kind not in (EventKind.ADDED, EventKind.REMOVED):
        return [_Happening(kind)]
    if members == [own] and actor is not None and chat.names.get(bounded(own)) == actor:
        return [_Happening(EventKind.JOINED if kind is EventKind.ADDED else EventKind.LEFT, actor, _ONESELF)]
    if len(members) < len(list_of(service, "members")) or not members:
        row.problem("the row names a member who has no name any more: whom it is about is not told")
    return [_Happening(kind, row.named(member), _BY_NAME) for member in members] or [_Happening(kind)]
