"""People with names and roles: Ana opened the operation, Ben is a member, Eve is a stranger."""

import pytest


@pytest.fixture
def ana(db):
    from sauveterre.casework.models import Officer

    return Officer.objects.create_user("ana")


@pytest.fixture
def ben(operation, ana):
    from sauveterre.casework.models import Officer
    from sauveterre.casework.services.operations import add_member

    officer = Officer.objects.create_user("ben")
    add_member(operation=operation, officer=officer, by=ana)
    return officer


@pytest.fixture
def eve(db):
    from sauveterre.casework.models import Officer

    return Officer.objects.create_user("eve")


@pytest.fixture
def operation(ana):
    from sauveterre.casework.services.operations import create_operation

    return create_operation(name="Weather", by=ana)
