"""Where files stand: against a plain account of the same, over drawn operations of every kind of content.

And what is kept of it is always what would be counted anew: whatever changes, by whatever way, and also taken back.
"""

import hashlib
import random
import re
from collections import Counter

import pytest
from django.db import connection, transaction
from django.db.models import Max

from sauveterre.casework.models import (
    Content,
    Entry,
    Film,
    FilmCopy,
    HashList,
    Hit,
    Officer,
    Picture,
    Source,
    Stack,
    StackDecision,
    StackMember,
    Tally,
)
from sauveterre.casework.selectors import contents, exhibits, standing
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.selectors.standing import Effect, Part
from sauveterre.casework.selectors.tallies import _count, _counted, left_to_look_at, tally_of
from sauveterre.casework.services.policies import confirm, set_policy
from sauveterre.records.ruling import Rule

pytestmark = pytest.mark.django_db
HITS = [("sha256", "settled"), ("md5", "ignored"), ("pdq", "settled"), ("pdq", "ignored"), ("sha1", "confirm"),
        ("md5 of a thumbnail", "settled")]  # fmt: skip


@pytest.fixture
def source(operation):
    from sauveterre.casework.models import Exhibit

    exhibit = Exhibit.objects.create(operation=operation, number=1, path="/evidence/1", added_by="ana")
    return Source.objects.create(exhibit=exhibit, path="exhibit-01", kind="directory", way="0" * 64, state="done")


@pytest.fixture
def skies(operation):
    return HashList.objects.create(
        operation=operation, name="Skies", version="1", scheme="weather", reader="plain", sha256="a" * 64, items=9,
        problems=0,
    )  # fmt: skip


def content(operation, name, *, picture=True, film=None):
    """Make a content; ``film`` is how many of its frames were hashed."""
    digest = hashlib.sha256(f"{operation.pk} {name}".encode()).hexdigest()
    made = Content.objects.create(operation=operation, sha256=digest, sha1="", md5="", size=1, kind="image/png")
    if picture:
        Picture.objects.create(content=made, width=9, height=9, pdq=bytes(32), quality=90)
    if film is not None:
        Film.objects.create(content=made, container="mov", seconds=9, hashed=film)
    return made


def hit(found, on, algorithm, rule):
    algorithm, _, via = algorithm.partition(" of a ")
    Hit.objects.create(
        content=found, hash_list=on, algorithm=algorithm, via=via, value="00", distance=0, locator="line 1", rule=rule,
        people=2 if rule == "confirm" else 0,
    )  # fmt: skip


def pile(operation, held):
    """Stack contents, the first one as head."""
    stack = Stack.objects.create(operation=operation, identity=held[0].sha256, head=held[0])
    for one in held:
        StackMember.objects.create(stack=stack, content=one, distance=3)
    return stack


def copies(head, *held):
    """Make films copies of a longer one."""
    for one in held:
        FilmCopy.objects.create(content=one, head=head, film={})


def lay(source, *held):
    """Let files of a source hold contents, in this order; None is a file that was not read."""
    first = 1 + (source.entries.aggregate(last=Max("ordinal"))["last"] or 0)
    return [
        Entry.objects.create(
            source=source, ordinal=first + place, path=f"{first + place}.jpg", path_raw=b"x", locator="", kind="file",
            state="failed" if one is None else "processed", content=one,
        )
        for place, one in enumerate(held)
    ]  # fmt: skip


def draw(source, on, pick):
    """Draw contents with hits, stacks and files as chance has them."""
    operation = source.exhibit.operation
    kinds = [(True, None)] * 12 + [(True, 4)] + [(False, 5)] * 8 + [(False, 0), (False, None)]
    pick.shuffle(kinds)
    made = [content(operation, place, picture=picture, film=film) for place, (picture, film) in enumerate(kinds)]
    for one in made:
        one.confirmed = pick.choice([0, 1, 2])
        one.save(update_fields=["confirmed"])
        for algorithm, rule in pick.sample(HITS, k=pick.choice([0, 0, 1, 2])):
            hit(one, on, algorithm, rule)
    loose = [one for one in made if hasattr(one, "picture")]
    pick.shuffle(loose)
    while len(loose) > 4:
        stack = pile(operation, [loose.pop() for _ in range(pick.choice([1, 2, 2, 4]))])
        if pick.random() < 0.3:
            StackDecision.objects.create(
                stack=stack, officer=Officer.objects.get(username="ana"), category_scheme="weather", category_code="2"
            )
    films = [one for one in made if hasattr(one, "film") and one.film.hashed]
    pick.shuffle(films)
    copies(films[0], *films[2:4])
    copies(films[1], *films[4:7])
    if pick.random() < 0.5 and not StackMember.objects.filter(content=films[0]).exists():
        StackDecision.objects.create(
            stack=pile(operation, films[:1]), officer=Officer.objects.get(username="ana"),
            category_scheme="weather", category_code="2",
        )  # fmt: skip
    lay(source, *pick.choices([*made, None], k=60))


def plainly(operation):
    """The part of every file, worked out content by content and file by file."""
    parts, shown, seen, behind = {}, {}, set(), set()
    lying = set(Entry.objects.exclude(content=None).values_list("content_id", flat=True))
    for one in Content.objects.filter(operation=operation, pk__in=lying).order_by("pk"):
        hits = list(one.hits.all())
        enough = [found for found in hits if found.rule == "confirm" and found.people <= one.confirmed]
        exact = [found for found in hits if found.algorithm != "pdq" and not found.via]
        if enough or any(found.rule == "settled" for found in exact):
            parts[one.pk] = Part.KNOWN
        elif any(found.rule == "ignored" for found in exact) and not any(found.rule == "confirm" for found in hits):
            parts[one.pk] = Part.IGNORABLE
        elif StackDecision.objects.filter(stack__members__content=one).exists() and not any(
            found.rule == "confirm" for found in hits
        ):
            parts[one.pk] = Part.DECIDED
        elif not hasattr(one, "picture") and not (hasattr(one, "film") and one.film.hashed):
            parts[one.pk] = Part.OTHER
        else:
            stack = StackMember.objects.filter(content=one).values_list("stack", flat=True).first()
            leader = shown.setdefault(stack, one.pk) if stack else one.pk
            parts[one.pk] = Part.LEFT if leader == one.pk else Part.STACKED
    stacked = set(StackMember.objects.values_list("content_id", flat=True))
    for copy in FilmCopy.objects.filter(head__operation=operation):
        alone = not stacked & {copy.content_id, copy.head_id}
        if alone and parts.get(copy.content_id) is parts.get(copy.head_id) is Part.LEFT:
            behind.add(copy.content_id)
    parts |= dict.fromkeys(behind, Part.STACKED)
    files = {}
    for entry in Entry.objects.filter(source__exhibit__operation=operation).order_by("pk"):
        part = parts[entry.content_id] if entry.content_id else Part.UNREAD
        if part not in {Part.UNREAD, Part.KNOWN, Part.IGNORABLE, Part.DECIDED} and entry.content_id in seen:
            part = Part.COPY
        seen.add(entry.content_id)
        files[entry.pk] = part
    return files


@pytest.mark.parametrize("seed", range(8))
def test_every_file_is_in_one_part_and_figures_lists_and_gallery_agree(seed, operation, source, skies, ana):
    draw(source, skies, random.Random(seed))
    other = content(operation, "lies in no file")
    hit(other, skies, "sha256", "settled")
    sight = sight_of(ana, operation.pk)
    expected = plainly(operation)

    found = tally_of(operation).effect

    assert found.parts == {part: Counter(expected.values())[part] for part in Part}
    assert (found.files, found.left) == (60, found.parts[Part.LEFT])
    for part in Part:
        page = exhibits.entry_page(sight, exhibits.Wanted(part=part.value), exhibit=0, after=0)
        assert [row.pk for row in page.rows] == sorted(pk for pk, own in expected.items() if own is part)
        assert page.total == len(page.rows)
        failed = exhibits.Wanted(part=part.value, state="failed")
        assert exhibits.entry_page(sight, failed, exhibit=0, after=0).total == (page.total if part == "unread" else 0)
    shown = contents.gallery(sight, show="unsettled", after=0)
    assert (len(shown.rows), shown.total) == (found.left, found.left)
    files = Entry.objects.filter(pk__in=[pk for pk, own in expected.items() if own is Part.LEFT])
    assert {tile.content.pk for tile in shown.rows} == set(files.values_list("content_id", flat=True))


def test_another_operation_changes_nothing(operation, source, skies, ana):
    from sauveterre.casework.models import Exhibit
    from sauveterre.casework.services.operations import create_operation

    lay(source, content(operation, "a"), None)
    before = tally_of(operation)

    foreign = create_operation(name="Another", by=ana)
    exhibit = Exhibit.objects.create(operation=foreign, number=1, path="/evidence/9", added_by="ana")
    theirs = Source.objects.create(exhibit=exhibit, path="exhibit-01", kind="directory", way="0" * 64, state="done")
    on = HashList.objects.create(operation=foreign, name="Seas", version="1", reader="plain", items=1, problems=0)
    draw(theirs, on, random.Random(1))

    assert tally_of(operation) == before


def test_the_effect_follows_rules_and_confirmations_at_once(operation, source, skies, ana, ben):
    one = content(operation, "a")
    lay(source, one, one, content(operation, "b"))
    hit(one, skies, "sha256", "settled")

    def counted():
        parts = tally_of(operation).effect.parts
        return parts[Part.KNOWN], parts[Part.COPY], parts[Part.LEFT]

    assert counted() == (2, 0, 1)
    set_policy(operation=operation, list_name="Skies", category=None, rule=Rule.CONFIRM, people=2, by=ana)
    assert counted() == (0, 1, 2)
    confirm(content=one, by=ana)
    assert counted() == (0, 1, 2)
    confirm(content=one, by=ben)
    assert counted() == (2, 0, 1)


def test_pages_of_a_part_follow_one_another_without_loss(operation, source, skies, ana):
    one = content(operation, "a")
    rows = lay(source, *[one] * 250)
    sight, after, seen = sight_of(ana, operation.pk), 0, []
    while after is not None:
        page = exhibits.entry_page(sight, exhibits.Wanted(part="copy"), exhibit=0, after=after)
        assert page.total == 249
        seen += [row.pk for row in page.rows]
        after = page.after
    assert seen == [row.pk for row in rows[1:]]


def test_the_largest_stacks_come_first_and_one_leads_to_the_next(operation, source, skies, ana):
    made = [content(operation, place) for place in range(7)]
    lay(source, *made)
    pile(operation, made[1:3])
    pile(operation, made[3:6])
    sight = sight_of(ana, operation.pk)
    order = [3, 1, 0, 6]

    page = contents.gallery(sight, show="unsettled", after=0)

    assert [tile.content.pk for tile in page.rows] == [made[place].pk for place in order]
    seen, going = [], made[3].sha256
    while going:
        seen.append(going)
        turn = contents.turn(sight, contents.held(sight, going))
        assert (turn.number, turn.of) == (len(seen), 4)
        assert turn.before == (seen[-2] if len(seen) > 1 else "")
        going = turn.after
    assert seen == [made[place].sha256 for place in order]
    hit(made[0], skies, "sha256", "settled")
    turn = contents.turn(sight, contents.held(sight, made[0].sha256))
    assert turn == contents.Turn(0, 3, made[1].sha256, made[6].sha256), "settled meanwhile: it goes on where it was"


def test_pages_of_what_is_left_follow_one_another_without_loss(operation, source, ana, monkeypatch):
    monkeypatch.setattr(contents, "TILES", 4)
    made = [content(operation, place) for place in range(11)]
    lay(source, *made)
    pile(operation, made[9:11])
    sight, after, seen = sight_of(ana, operation.pk), 0, []
    while after is not None:
        page = contents.gallery(sight, show="unsettled", after=after)
        seen += [tile.content.pk for tile in page.rows]
        after = page.after
    assert seen == [made[9].pk, *(one.pk for one in made[:9])]


def test_spared_is_what_lists_copies_and_stacks_settle():
    parts = dict.fromkeys(Part, 0) | {Part.UNREAD: 40, Part.KNOWN: 30, Part.COPY: 9, Part.LEFT: 21}
    found = Effect(parts)
    assert (found.files, found.spared, found.share, found.left) == (100, 39, 39, 21)
    assert Effect(dict.fromkeys(Part, 0)).share == 0


def anew(operation):
    made = _count(operation, "now")
    return _counted(made), made.queue


def kept(operation):
    return tally_of(operation), left_to_look_at(operation)


def changes(operation, on, pick):
    """Ways in which what is counted changes: by models, by bulk statements, by SQL, by cascade."""

    def some(model):
        return pick.choice(list(model.objects.all()))

    def by_sql():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE casework_hit SET rule = 'ignored' WHERE id = %s", [some(Hit).pk])

    return [
        lambda: Entry.objects.filter(pk=some(Entry).pk).update(content=some(Content)),
        lambda: Entry.objects.filter(pk=some(Entry).pk).update(content=None),
        lambda: Entry.objects.filter(pk=some(Entry).pk).delete(),
        lambda: Hit.objects.create(content=some(Content), hash_list=on, algorithm="sha256", value="", distance=0),
        lambda: Hit.objects.filter(pk=some(Hit).pk).delete(),
        lambda: Content.objects.filter(pk=some(Content).pk).update(confirmed=2),
        lambda: Picture.objects.filter(pk=some(Picture).pk).delete(),
        lambda: Film.objects.filter(pk=some(Film).pk).update(hashed=pick.choice([0, 7])),
        lambda: FilmCopy.objects.filter(pk=some(FilmCopy).pk).delete() if FilmCopy.objects.count() > 1 else None,
        lambda: StackMember.objects.filter(pk=some(StackMember).pk).delete(),
        lambda: some(Stack).delete(),
        lambda: StackDecision.objects.create(
            stack=some(Stack), officer=Officer.objects.first(), category_scheme="weather", category_code="1"
        ),
        lambda: StackDecision.objects.all()[:1].get().delete() if StackDecision.objects.exists() else None,
        by_sql,
    ]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_is_what_would_be_counted(seed, operation, source, skies):
    pick = random.Random(seed)
    draw(source, skies, pick)
    for _ in range(12):
        pick.choice(changes(operation, skies, pick))()
        assert kept(operation) == anew(operation)
    before = kept(operation)
    point = transaction.savepoint()
    lay(source, content(operation, "new"))
    assert kept(operation) != before
    transaction.savepoint_rollback(point)
    assert kept(operation) == before == anew(operation)


def test_a_list_taken_out_is_no_longer_counted(operation, source, skies, ana):
    from sauveterre.casework.services.policies import remove_hash_list

    one = content(operation, "a")
    lay(source, one)
    Hit.objects.create(content=one, hash_list=skies, algorithm="sha256", value="", distance=0)
    assert kept(operation)[1] == []
    assert HashList.objects.count() == 1
    remove_hash_list(operation=operation, name="Skies", version="1", by=ana)
    assert kept(operation)[1] == [standing.place_of(one.pk, 1)]


def test_nothing_is_counted_twice_while_nothing_changes(operation, source, django_assert_max_num_queries):
    lay(source, content(operation, "a"))
    first = tally_of(operation)
    with django_assert_max_num_queries(4):
        assert tally_of(operation) == first
    assert Tally.objects.count() == 1


def test_what_another_version_counted_by_other_rules_is_counted_anew(operation, source, monkeypatch):
    lay(source, content(operation, "a"))
    tally_of(operation)
    Tally.objects.update(counts={"an": "older shape"})
    monkeypatch.setattr("sauveterre.casework.selectors.tallies._HOW", "other rules")
    assert tally_of(operation).effect.left == 1


def test_the_database_notes_every_change_of_every_table_that_is_counted():
    """A table that the count begins to read needs its trigger too."""
    said = standing.STANDING + " ".join(standing._FILES.values()) + str(standing._flagged(None).query)
    said += str(standing._behind(None).query)
    counted = set(re.findall(r"casework_[a-z]+", said)) | {"casework_stack", "casework_picture", "casework_content"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgtype FROM pg_trigger WHERE tgname = 'note_change' AND tgenabled = 'O'"
        )
        found = dict(cursor.fetchall())
    assert set(found) == counted
    after_insert_delete_update = 4 + 8 + 16
    assert set(found.values()) == {after_insert_delete_update}, "for each statement, after it"
