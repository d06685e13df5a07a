from hashlib import md5, sha1, sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.matching import differences
from sauveterre.matching.differences import Difference, difference
from sauveterre.matching.known import KnownListBuilder
from sauveterre.records.category import Category
from sauveterre.records.digest import Digest
from sauveterre.records.hash_list import ListedMedia, ListIdentity
from sauveterre.records.provenance import Provenance

WHERE = Provenance("sha256:00", "rain", "line 1", "test")


def hashed(name):
    """A digest of some algorithm, or a PDQ hash that may be matched."""
    raw = sha256(name.encode()).hexdigest()
    kind = int(raw[0], 16) % 4
    return [Digest("md5", md5(name.encode()).hexdigest()), Digest("sha1", sha1(name.encode()).hexdigest()),
            Digest("sha256", raw), Digest("pdq", raw)][kind]  # fmt: skip


def built(path, items):
    """A list of names, each under a code (empty: none)."""
    with KnownListBuilder(path) as builder:
        for name, code in items.items():
            builder.add(ListedMedia((hashed(name),), Category("rain", code) if code else None, WHERE))
        return builder.finish(ListIdentity("Rain", "1", "rain"), "sha256:00")


LISTS = st.dictionaries(st.sampled_from([f"n{k}" for k in range(40)]), st.sampled_from(["", "1", "2", "30"]))


@settings(max_examples=40, deadline=None)
@given(LISTS, LISTS, st.sampled_from([1, 3, 1 << 20]))
def test_every_hash_is_added_removed_or_kept(tmp_path_factory, old, new, at_once):
    folder = tmp_path_factory.mktemp("lists")
    was, differences.AT_ONCE = differences.AT_ONCE, at_once
    try:
        found = difference(built(folder / "old", old), built(folder / "new", new))
    finally:
        differences.AT_ONCE = was

    both = old.keys() & new.keys()
    assert found == Difference(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        changed=sum(old[name] != new[name] for name in both),
        kept=len(both),
    )
