import io
from datetime import timedelta

from PIL import Image

from sauveterre.scenarios.seizure import PHOTO_SIZE, SEIZURES, custody_of, photograph


def test_every_exhibit_was_seized_somewhere(drawn):
    assert sorted(SEIZURES) == [exhibit.number for exhibit in drawn.truth.exhibits]
    assert len({seizure.seized_at for seizure in SEIZURES.values()}) == len(SEIZURES)


def test_a_custody_log_goes_forward_and_seals_before_it_hands_over():
    log = custody_of("07")

    assert [line.act for line in log] == ["seized", "sealed", "handed over", "imaged"]
    assert [line.after for line in log] == sorted(line.after for line in log)
    assert log[0].after == timedelta(0)
    assert [line.seal for line in log if line.seal] == ["S-07"]


def test_a_photograph_is_a_picture_and_each_is_another():
    photographs = [photograph(number) for number in SEIZURES]

    assert len(set(photographs)) == len(SEIZURES)
    with Image.open(io.BytesIO(photographs[0])) as picture:
        assert (picture.format, picture.size) == ("JPEG", PHOTO_SIZE)
    assert photograph("07") == photographs[-1]
