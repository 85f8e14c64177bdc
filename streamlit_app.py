"""The FeedlyAI dashboard: ``streamlit run streamlit_app.py`` starts it and draws every page.

Streamlit loads this file twice: once to find ``app``, the web server with our routes and threads,
and then for each page run, where the frame around the page is drawn.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from streamlit.runtime.pages_manager import PagesManager

    from feedly_core.web.server import lifespan, routes

    # Until st.navigation has run once, Streamlit would serve a deep link as a page of its old pages/ mode,
    # without the frame. Telling it beforehand has no public call.
    PagesManager.uses_pages_directory = False
    app = st.App(__file__, lifespan=lifespan, routes=routes(st.get_option("server.baseUrlPath")))
else:
    from pages.components.frame import draw

    draw()
