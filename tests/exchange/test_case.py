"""CASE documents: ours as the ontology's own validator sees them, and what the fast check finds by itself."""

import copy
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sauveterre.exchange.case_check import check_case
from sauveterre.exchange.package import confine
from sauveterre.exchange.writers.case_uco import case_document, case_json


def test_the_ontologys_own_validator_accepts_the_document(package, tmp_path):
    path = tmp_path / "case.jsonld"
    path.write_bytes(case_json(confine(package)))
    validator = Path(sys.executable).with_name("case_validate")
    done = subprocess.run([validator, "--allow-info", path], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_skeleton_and_our_own_document_pass_the_fast_check(package, fixtures):
    skeleton = json.loads((fixtures / "casework/case_skeleton.jsonld").read_bytes())
    assert check_case(skeleton) == []
    assert check_case(case_document(confine(package))) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("neg_badhash", "hexBinary"),
        ("neg_dangling", "not in the document"),
        ("neg_naive_time", "time with its zone"),
        ("neg_nodir", "directional"),
    ],
)
def test_documents_made_wrong_are_found_out(fixtures, name, why):
    document = json.loads((fixtures / f"casework/{name}.jsonld").read_bytes())
    problems = check_case(document)
    assert any(why in problem for problem in problems), problems


def test_each_damage_to_our_own_document_is_found(package):
    whole = case_document(confine(package))

    def damaged(change):
        document = copy.deepcopy(whole)
        change(document["@graph"])
        return check_case(document)

    assert damaged(lambda graph: graph.pop(0))
    assert damaged(lambda graph: graph.append(copy.deepcopy(graph[0])))
    assert damaged(lambda graph: graph[0].update({"@id": "kb:person-1"}))
    assert damaged(lambda graph: graph[0].update({"foo:name": "x"}))
    assert damaged(lambda graph: graph[0].pop("@type"))
    assert check_case({}) == check_case({"@context": {}, "@graph": {}}) != []


def test_roles_say_whether_they_are_fact_or_assessment(package):
    graph = case_document(confine(package))["@graph"]
    links = {node["@id"]: node for node in graph if "uco-core:kindOfRelationship" in node}
    tags = {
        links[node["uco-core:object"][0]["@id"]]["uco-core:kindOfRelationship"]: node["uco-core:tag"]
        for node in graph
        if node["@type"] == "uco-core:Annotation" and node["uco-core:object"][0]["@id"] in links
    }
    assert tags["Admin_Of"] == ["fact"]
    assert tags["Supplier_Of"] == ["assessment"]
    assert tags["Indicated_In"] == ["assessment"]
    admin = next(link for link in links.values() if link["uco-core:kindOfRelationship"] == "Admin_Of")
    assert admin["uco-core:startTime"][0]["@value"] == "2026-01-02T00:00:00Z"
    attributed = [link for link in links.values() if link["uco-core:kindOfRelationship"] == "Attributed_To"]
    confidences = [link["uco-core:hasFacet"][0]["uco-core:confidence"]["@value"] for link in attributed[:2]]
    assert confidences == ["85", "85"]
    assert "uco-core:hasFacet" not in attributed[2]


def test_two_intervals_of_one_role_stay_two(package):
    storm = package.persons[0]
    again = replace(storm.roles[0], end=None)
    graph = case_document(replace(package, persons=(replace(storm, roles=(storm.roles[0], again)),)))["@graph"]
    assert sum(node.get("uco-core:kindOfRelationship") == "Admin_Of" for node in graph) == 2


def test_contents_are_named_by_their_hashes_only(package):
    graph = case_document(confine(package))["@graph"]
    (file,) = [node for node in graph if node["@type"] == "uco-observable:File"]
    (facet,) = file["uco-core:hasFacet"]
    assert {
        item["uco-types:hashMethod"]: item["uco-types:hashValue"]["@value"] for item in facet["uco-observable:hash"]
    } == {
        "MD5": "ef" * 16,
        "SHA256": "cd" * 32,
    }
    assert facet["uco-observable:sizeInBytes"] == 1200
