"""The page of a group: its drawing leads to the rows that it rests on."""

import html
import re

from django.urls import reverse
from tests.web.conftest import group_id


def test_each_bar_of_the_drawing_leads_to_a_row(member, world):
    shown = member.get(reverse("group", args=[world.operation.pk, group_id(0)])).content.decode()
    drawing = shown[shown.index("<svg viewBox") : shown.index("</figure>")]
    bars = re.findall(r'<a(?: href="([^"]+)")? tabindex="-1"><g class="stretch', drawing)
    assert len(bars) > 10
    assert drawing.count('<g class="stretch') == len(bars)
    rows = [member.get(html.unescape(address)) for address in bars]
    assert {row.status_code for row in rows} == {200}
