import pytest
from django.test import Client
from django.urls import reverse


@pytest.fixture
def secret(world):
    from sauveterre.casework.services.operations import issue_sign_in_link

    return issue_sign_in_link(officer=world.ana)


def test_a_link_is_not_used_up_by_looking_at_it(client, secret):
    url = reverse("sign-in-link", args=[secret])
    for _ in range(2):
        assert client.get(url).status_code == 200
    assert "_auth_user_id" not in client.session
    answer = client.post(url)
    assert answer.status_code == 302
    assert client.session["_auth_user_id"]
    again = Client()
    assert again.post(url, follow=True).redirect_chain[-1][0] == reverse("sign-in")
    assert "_auth_user_id" not in again.session


def test_a_wrong_link_says_what_to_do(client, world):
    answer = client.post(reverse("sign-in-link", args=["wrong"]), follow=True)
    assert "sauveterre serve" in answer.content.decode()


@pytest.fixture
def password(world):
    from sauveterre.casework.models import Officer

    word = "a long password of Ana"
    ana = Officer.objects.get(pk=world.ana.pk)
    ana.set_password(word)
    ana.save()
    return word


def test_name_and_password(client, password):
    url = reverse("sign-in")
    wrong = client.post(url, {"username": "ana", "password": "no"})
    assert wrong.status_code == 200
    assert "do not belong together" in wrong.content.decode()
    right = client.post(url, {"username": "ana", "password": password})
    assert right["Location"] == reverse("overview")
    out = client.post(reverse("sign-out"))
    assert out["Location"] == reverse("sign-in")
    assert "_auth_user_id" not in client.session


def test_signing_in_and_out_is_written_down(client, password):
    from sauveterre.casework.models import AuditEvent

    client.post(reverse("sign-in"), {"username": "ana", "password": password})
    client.post(reverse("sign-out"))
    events = AuditEvent.objects.filter(actor="ana").order_by("sequence").values_list("action", flat=True)
    assert list(events)[-2:] == ["signed-in", "signed-out"]


def test_nobody_is_sent_to_an_outside_address(client, password):
    answer = client.post(
        reverse("sign-in") + "?next=https://elsewhere.example/",
        {"username": "ana", "password": password, "next": "https://elsewhere.example/"},
    )
    assert answer["Location"] == reverse("overview")
    shown = client.post(reverse("appearance"), {"theme": "dark", "next": "//elsewhere.example/"})
    assert shown["Location"] == "/"


def test_a_single_operation_opens_by_itself_and_the_list_stays_in_reach(member, world):
    answer = member.get(reverse("overview"))
    assert answer["Location"] == reverse("operation", args=[world.operation.pk])
    listed = member.get(reverse("overview") + "?all").content.decode()
    assert "Weather vane" in listed
    assert "own" not in [word for word in listed.split() if "Eve" in word]
    assert "Eve&#x27;s own" not in listed


def test_an_operation_is_opened_with_its_first_member(member, world):
    from sauveterre.casework.models import Operation

    answer = member.post(reverse("overview"), {"name": "Second wind"})
    made = Operation.objects.get(name="Second wind")
    assert answer["Location"] == reverse("operation", args=[made.pk])
    assert list(made.members.all()) == [world.ana]
    taken = member.post(reverse("overview"), {"name": "Second wind"})
    assert "already" in taken.content.decode()


def test_the_appearance_is_kept(member, world):
    member.post(reverse("appearance"), {"theme": "dark", "next": "/"})
    assert 'data-theme="dark"' in member.get(reverse("operation", args=[world.operation.pk])).content.decode()
    member.post(reverse("appearance"), {"theme": "<script>", "next": "/"})
    assert 'data-theme="dark"' in member.get(reverse("operation", args=[world.operation.pk])).content.decode()


def test_an_unknown_address_says_where_to_go_on(member):
    answer = member.get("/nowhere/")
    assert answer.status_code == 404
    assert reverse("overview") in answer.content.decode()
