"""Lists that are made ready to be matched: what they take back, and what they lead to, is said."""

from sauveterre.pipeline.known import build_list, look_up, open_built

PAGE = """<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images count="2">
<image><member id="7">Rain</member><id>a</id><classification>B2</classification>
<fingerprints><md5>0cc175b9c0f1b6a831c399e269772661</md5></fingerprints></image>
<deletedImage><member id="7">Rain</member><id>b</id></deletedImage></images></queryResult>"""


def test_a_withdrawal_is_a_problem_of_the_list_and_no_item(tmp_path):
    (tmp_path / "page.xml").write_text(PAGE)
    reading = build_list(tmp_path / "page.xml", tmp_path / "built", name="Rain", version="1")

    assert (reading.reader, reading.items, reading.scheme) == ("ncmec_xml", 1, "industry-classification")
    (problem,) = reading.problems
    assert problem.provenance.locator == "(//deletedImage)[1]"
    assert problem.what.startswith("the list takes back entry 7/b: an earlier version that holds it is not changed")
    built = open_built(tmp_path / "built")
    assert (len(built), str(built.category(0)), built.locator(0)) == (1, "industry-classification:B2", "(//image)[1]")
    assert look_up([], [built]) == []
