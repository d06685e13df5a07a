import io
import zipfile

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.readers import zip_archive
from sauveterre.evidence.tree import ContainerTree


@pytest.fixture
def tree(opened):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("in/film", b"first", zipfile.ZIP_DEFLATED)
        archive.writestr("recipe", b"eggs")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("in/film", b"second")
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, b"recipe")
    return ContainerTree(opened(zip_archive, buffer.getvalue()), "sha256:x")


def test_paths_are_those_that_may_be_read_each_once(tree):
    assert tree.identity == "sha256:x"
    assert list(tree.paths()) == ["in/film", "recipe"]


def test_the_first_of_a_path_is_opened_as_it_is(tree):
    with tree.open("in/film") as packed, tree.open("recipe") as plain:
        assert (packed.read(), packed.seekable()) == (b"first", False)
        assert (plain.read(), plain.seekable()) == (b"eggs", True)


@pytest.mark.parametrize("path", ["link", "nowhere", ""])
def test_other_paths_say_that_they_are_not_there(tree, path):
    with pytest.raises(UnreadableSource, match="holds no readable file"):
        tree.open(path)
