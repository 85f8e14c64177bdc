"""Accept the ratios of the last run: ``make bench-accept``. Prints what changes."""

from __future__ import annotations

import json

from benchmarks.figures import ACCEPTED, ratios, read


def main() -> None:
    known: dict[str, float] = json.loads(ACCEPTED.read_text("utf-8")) if ACCEPTED.exists() else {}
    found = ratios(read())
    for name in sorted(known.keys() | found.keys()):
        if known.get(name) != found.get(name):
            print(f"{name}: {known.get(name, '–')} -> {found.get(name, '–')}")
    ACCEPTED.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
