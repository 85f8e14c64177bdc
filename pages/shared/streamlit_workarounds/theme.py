"""The theme, which Streamlit would build anew for each page run of each viewer.

Delete when Streamlit keeps the theme that it has built.
"""

from __future__ import annotations

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session


def build_once() -> None:
    """Remember the theme that config.toml asks for.

    It changes at a restart only.

    Building it is a quarter of what a redraw costs the server, on the thread that serves everybody, and
    Streamlit has no option for it. A Streamlit without this function stays as it is.
    """
    build = getattr(app_session, "_populate_theme_msg", None)
    if build is None:
        return
    built: dict[str, CustomThemeConfig] = {}

    def populate(msg: CustomThemeConfig, section: str = "theme") -> None:
        if section not in built:
            fresh = CustomThemeConfig()
            build(fresh, section)
            built[section] = fresh
        if built[section].ByteSize():
            msg.MergeFrom(built[section])

    app_session._populate_theme_msg = populate
