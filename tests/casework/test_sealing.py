import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.casework import sealing
from sauveterre.casework.storage import EncryptedStorage, thumbnail_name
from sauveterre.errors import WorkspaceError

pytestmark = pytest.mark.usefixtures("workspace")


@given(plain=st.binary(max_size=300))
def test_what_is_sealed_comes_back_and_shows_nothing(plain):
    sealed = sealing.seal("key", plain, name="exhibit 1")

    assert sealing.unseal("key", sealed, name="exhibit 1") == plain
    assert len(plain) < 4 or plain not in sealed


@pytest.mark.parametrize("change", ["name", "purpose", "byte", "length"])
def test_what_was_altered_or_swapped_is_refused(change):
    sealed = sealing.seal("key", b"sunshine", name="exhibit 1")
    purpose, name = ("store" if change == "purpose" else "key"), ("exhibit 2" if change == "name" else "exhibit 1")
    if change == "byte":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    if change == "length":
        sealed = sealed[:10]

    with pytest.raises(WorkspaceError, match="was altered or belongs to another workspace"):
        sealing.unseal(purpose, sealed, name=name)


def test_a_stored_picture_is_not_readable_on_disk(workspace):
    storage = EncryptedStorage()
    name = thumbnail_name("ab" * 32)

    storage.save(name, ContentFile(b"\xff\xd8 a drawn picture"))
    storage.save(name, ContentFile(b"\xff\xd8 a drawn picture"))

    assert storage.open(name).read() == b"\xff\xd8 a drawn picture"
    assert b"drawn" not in (workspace.store / name).read_bytes()
    assert [path.name for path in (workspace.store / name).parent.iterdir()] == ["ab" * 32]
