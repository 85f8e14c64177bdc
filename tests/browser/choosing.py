"""A choice in one of the page's lists, as a person makes it."""

from __future__ import annotations

import re

from playwright.sync_api import Page


def choose(page: Page, label: str, option: str) -> None:
    """``label`` is the end of the list's name: Streamlit puts what is chosen before it."""
    page.get_by_role("combobox", name=re.compile(f"{label}$")).first.click()
    page.get_by_role("option", name=option, exact=True).click()
