"""What every dashboard of the tests works out once in its life, worked out before it is forked.

The Korean sentences, Streamlit's scripts as they are sent, and which objects stay for good. Imported last by
the process that is forked.
"""

import gc
from pathlib import Path

import streamlit

from dashboard.server.compression import compressed
from feedly_core.i18n import translate

translate("Overview", "ko")
for _script in (Path(streamlit.__file__).parent / "static" / "static").rglob("*.js"):
    compressed(_script)
gc.collect()
gc.freeze()
