import pytest
from django.utils import timezone

from sauveterre.casework.models import AuditEvent, Member, Officer, Operation, SignInLink
from sauveterre.casework.services import operations
from sauveterre.errors import InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db


def test_who_opens_an_operation_is_its_first_member_and_it_is_logged(ana):
    operation = operations.create_operation(name=" Weather ", by=ana)

    assert operation.name == "Weather"
    assert list(operation.members.all()) == [ana]
    assert AuditEvent.objects.get().action == "operation-opened"


@pytest.mark.parametrize("name", ["Weather", "  ", ""])
def test_a_taken_or_empty_name_changes_nothing(operation, ana, name):
    with pytest.raises(InvalidInput):
        operations.create_operation(name=name, by=ana)

    assert Operation.objects.count() == 1


def test_a_member_lets_another_in_and_twice_is_once(operation, ana, eve):
    for _ in range(2):
        operations.add_member(operation=operation, officer=eve, by=ana)

    assert Member.objects.filter(officer=eve).count() == 1
    assert AuditEvent.objects.filter(action="member-added").count() == 1


def test_a_stranger_may_let_nobody_in(operation, eve):
    with pytest.raises(NotAllowed, match="eve is not a member of Weather"):
        operations.add_member(operation=operation, officer=eve, by=eve)

    assert not Member.objects.filter(officer=eve).exists()


def test_a_sign_in_link_works_once_and_only_its_digest_is_kept(ana):
    secret = operations.issue_sign_in_link(officer=ana)

    assert secret not in str(SignInLink.objects.values_list()[0])
    assert operations.redeem_sign_in_link(secret=secret) == ana
    with pytest.raises(NotAllowed, match="used already"):
        operations.redeem_sign_in_link(secret=secret)


def test_an_old_link_is_refused(ana):
    secret = operations.issue_sign_in_link(officer=ana)
    SignInLink.objects.update(expires_at=timezone.now())

    with pytest.raises(NotAllowed, match="too old"):
        operations.redeem_sign_in_link(secret=secret)


def test_the_local_officer_is_made_once_and_has_no_password(db):
    first, second = operations.local_officer("root"), operations.local_officer("root")

    assert first == second == Officer.objects.get()
    assert not first.has_usable_password()
