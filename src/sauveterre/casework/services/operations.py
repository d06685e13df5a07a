"""Operations, officers, and how an officer gets in."""

import hashlib
import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from sauveterre.casework import audit
from sauveterre.casework.models import Member, Officer, Operation, SignInLink
from sauveterre.errors import InvalidInput, NotAllowed

LONGEST_NAME = 200
LINK_LIFE = timedelta(hours=12)


@transaction.atomic
def create_operation(*, name: str, by: Officer) -> Operation:
    """Open an operation, with its first member; raise ``InvalidInput`` when the name is taken or empty."""
    name = name.strip()
    if not name:
        raise InvalidInput("an operation needs a name; give one")
    if len(name) > LONGEST_NAME or "\x00" in name:
        raise InvalidInput(f"the name has more than {LONGEST_NAME} characters, or one that cannot be kept; shorten it")
    try:
        with transaction.atomic():
            operation = Operation.objects.create(name=name)
    except IntegrityError as error:
        raise InvalidInput(f"there is an operation named {name!r} already; choose another name") from error
    Member.objects.create(operation=operation, officer=by)
    audit.record(actor=by.username, action="operation-opened", subject=name, operation=operation)
    return operation


@transaction.atomic
def add_member(*, operation: Operation, officer: Officer, by: Officer) -> Member:
    """Let an officer see an operation; only a member may."""
    require_member(operation=operation, officer=by)
    member, made = Member.objects.get_or_create(operation=operation, officer=officer)
    if made:
        audit.record(actor=by.username, action="member-added", subject=officer.username, operation=operation)
    return member


def require_member(*, operation: Operation, officer: Officer) -> None:
    """Raise ``NotAllowed`` for an officer who is no member of the operation."""
    if not Member.objects.filter(operation=operation, officer=officer).exists():
        raise NotAllowed(f"{officer.username} is not a member of {operation.name}; ask a member to add them")


def local_officer(username: str) -> Officer:
    """Return the officer who works at this machine's command line, made on first use without a password."""
    officer, made = Officer.objects.get_or_create(username=username)
    if made:
        officer.set_unusable_password()
        officer.save()
        audit.record(actor=username, action="officer-added", subject=username)
    return officer


@transaction.atomic
def issue_sign_in_link(*, officer: Officer) -> str:
    """Return the secret of a link that signs an officer in once, within twelve hours."""
    secret = secrets.token_urlsafe(32)
    SignInLink.objects.create(officer=officer, digest=_digest(secret), expires_at=timezone.now() + LINK_LIFE)
    audit.record(actor=officer.username, action="sign-in-link-made", subject=officer.username)
    return secret


@transaction.atomic
def redeem_sign_in_link(*, secret: str) -> Officer:
    """Return the officer whom a link signs in, and make the link good for nothing."""
    link = SignInLink.objects.select_for_update().filter(digest=_digest(secret)).first()
    if link is None or link.expires_at < timezone.now():
        raise NotAllowed("this sign-in link was used already or is too old; make another with `sauveterre serve`")
    officer = link.officer
    link.delete()
    audit.record(actor=officer.username, action="signed-in", subject=officer.username)
    return officer


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
