"""What every dashboard of the tests works out once in its life, worked out before it is forked.

The Korean sentences, Streamlit's scripts as they are sent, which installed packages bring components, and
which objects stay for good. Imported last by the process that is forked.
"""

import gc
from functools import partial
from pathlib import Path

import streamlit
from PIL import Image
from streamlit import env_util
from streamlit.components.v2 import manifest_scanner

from dashboard.server.compression import compressed
from feedly_core.i18n import translate

translate("Overview", "ko")
for _script in (Path(streamlit.__file__).parent / "static" / "static").rglob("*.js"):
    compressed(_script)
manifest_scanner.scan_component_manifests = partial(list, manifest_scanner.scan_component_manifests())
env_util.is_repl()  # fills the cache that says which module a line of the stack belongs to
Image.preinit()
gc.collect()
gc.freeze()
