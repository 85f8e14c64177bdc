"""What opens the large view carries any text of the database as text."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from pages.shared.lightbox import opener

PICTURE, EARLIER, JOB = uuid4(), uuid4(), uuid4()
_texts = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    ["' onclick='alert(1)", '"><script>alert(1)</script>', "\\u0027", "]]'>", "&#39; x=y", "김치찌개 🍲"]
)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@given(_texts, _texts, st.none() | st.just(JOB))
def test_every_text_comes_back_as_it_was_and_is_never_markup(name: str, words: str, job: UUID | None) -> None:
    [(tag, said)] = Tags(f"<a {opener(PICTURE, name, before=[(words, EARLIER)], job=job)}>").found
    assert tag == "a"
    assert set(said) - {"data-job-href"} == {"href", "data-picture", "data-name", "data-before"}
    assert said["data-name"] == name
    assert said["href"] == said["data-picture"] == f"/img/full/{PICTURE}"
    assert json.loads(said["data-before"] or "") == [[words, f"/img/full/{EARLIER}"]]
    assert (str(JOB) in (said.get("data-job-href") or "")) == (job is not None)
