"""The FeedlyAI dashboard: ``streamlit run streamlit_app.py`` starts it and draws every page.

Streamlit loads this file twice: once to find ``app``, the web server with our routes and threads,
and then for each page run, where the frame around the page is drawn.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from pathlib import Path

    from streamlit.file_util import get_static_dir
    from streamlit.runtime.pages_manager import PagesManager

    from dashboard.server.guard import Guard
    from dashboard.server.server import make_lifespan, make_middleware, make_routes
    from pages.shared.search import searchable_places
    from pages.shared.streamlit_workarounds import (
        component_values,
        early_values,
        kept_files,
        late_requests,
        left_fields,
        theme,
    )
    from pages.shared.streamlit_workarounds.login import claims_of, login_is_set_up

    # Until st.navigation has run once, Streamlit would serve a deep link as a page of its old pages/ mode,
    # without the frame. Telling it beforehand has no public call.
    PagesManager.uses_pages_directory = False
    theme.build_once()
    late_requests.put_in_order()
    component_values.show_by_one_class()
    kept_files.keep_for_a_while()
    left_fields.forget_left_fields()
    early_values.ignore_early_values()
    guard = Guard(claims_of, tuple(st.get_option("server.allowedHosts")))
    app = st.App(
        __file__,
        lifespan=make_lifespan(st.get_option("server.address"), login_is_set_up()),
        routes=make_routes(st.get_option("server.baseUrlPath"), guard, searchable_places()),
        middleware=make_middleware(st.get_option("server.baseUrlPath"), Path(get_static_dir())),
    )
else:
    from pages.shared.frame import draw

    draw()
