"""What is read for a package stands still while it is read."""

import threading

import pytest
from django.db import connection, connections

from sauveterre.casework.models import Officer
from sauveterre.casework.snapshot import one_moment


@pytest.mark.django_db(transaction=True)
def test_what_others_commit_meanwhile_is_not_seen():
    def commit_another():
        Officer.objects.create_user("ben")
        connections.close_all()

    Officer.objects.create_user("ana")
    with one_moment():
        assert Officer.objects.count() == 1
        other = threading.Thread(target=commit_another)
        other.start()
        other.join()
        seen = Officer.objects.count()

    assert seen == 1
    assert Officer.objects.count() == 2


@pytest.mark.django_db
def test_inside_an_open_transaction_its_own_writing_is_seen():
    Officer.objects.create_user("ana")

    with one_moment():
        assert connection.in_atomic_block
        assert Officer.objects.count() == 1
