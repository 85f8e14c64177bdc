"""Other people's statistics, to compare ours with. Loaded by the first test that asks: it takes seconds."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scipy import optimize as optimize
    from scipy import stats as stats
    from sklearn import linear_model as linear_model
    from sklearn import metrics as metrics

_PACKAGES = {"optimize": "scipy", "stats": "scipy", "linear_model": "sklearn", "metrics": "sklearn"}


def __getattr__(name: str) -> Any:
    if name not in _PACKAGES:
        raise AttributeError(name)
    return import_module(f"{_PACKAGES[name]}.{name}")
