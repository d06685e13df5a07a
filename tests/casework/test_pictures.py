"""What a picture's file holds, in the database and back."""

import json

from hypothesis import given
from hypothesis import strategies as st

from sauveterre.casework.pictures import embedded_of, embedded_row
from sauveterre.records.content import Embedded
from sauveterre.records.digest import Digests

DIGESTS = st.none() | st.just(Digests("1" * 32, "2" * 40, "3" * 64))


@given(
    st.builds(
        Embedded, st.sampled_from(["EXIF thumbnail", "MPF picture"]), st.integers(1, 9_000), st.integers(1, 9_000),
        st.binary(min_size=32, max_size=32), st.integers(0, 100), DIGESTS, st.none() | st.integers(1, 1 << 25),
    )
)  # fmt: skip
def test_an_embedded_picture_comes_back_from_json_as_it_went(one):
    assert embedded_of(json.loads(json.dumps(embedded_row(one)))) == one
