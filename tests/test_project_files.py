"""What stands around the code agrees with it: addresses, versions, workflow, forms, lists of pages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import mixengine
from mixengine.model.presets import tomllib

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = dict(
    re.findall(r"^([\w-]+)==([\w.]+)(?:;.*)?$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
)


@pytest.fixture
def addresses(monkeypatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import set_repository

    return set_repository


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def loaded(name: str) -> dict:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(text(name))


def test_the_repository_has_one_address(addresses):
    assert addresses.main(["--check"]) == 0
    assert all(url.startswith(PROJECT["urls"]["Repository"]) for url in PROJECT["urls"].values())


def test_another_address_reaches_every_file_that_names_it(tmp_path, addresses):
    for name in addresses.FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((ROOT / name).read_bytes())
    old, new = addresses.repository(), "https://example.org/somebody/mixengine"
    path.write_bytes(path.read_bytes().replace(old.encode(), b"https://example.org/other/mixengine"))
    assert addresses.problems(tmp_path, old) == [
        f"{addresses.FILES[-1]}: does not name {old}",
        f"{addresses.FILES[-1]}: names https://example.org/other/mixengine instead of {old}",
    ]
    path.write_bytes((ROOT / name).read_bytes())
    addresses.replace(tmp_path, old, new)
    assert addresses.problems(tmp_path, new) == []
    assert not any(old in (tmp_path / name).read_text(encoding="utf-8") for name in addresses.FILES)


@pytest.mark.parametrize("word", ["mixengine", "https://example.org", "https://example.org/a/mixengine-fork"])
def test_a_word_that_is_no_address_is_refused(addresses, capsys, word):
    with pytest.raises(SystemExit):
        addresses.main([word])
    assert "is not an address like" in capsys.readouterr().err


def test_types_are_shipped():
    assert Path(mixengine.__file__).with_name("py.typed").is_file()


def test_the_hook_has_the_pinned_version():
    hooks = {repo["repo"]: repo for repo in loaded(".pre-commit-config.yaml")["repos"]}
    assert hooks["https://github.com/astral-sh/ruff-pre-commit"]["rev"] == f"v{PINS['ruff']}"
    assert {"mypy", "reapack-index", "repository"} == {hook["id"] for hook in hooks["local"]["hooks"]}
    assert "mypy" in PINS


def test_the_workflow_tries_every_supported_python_on_three_systems():
    matrix = loaded(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    named = [
        line.rpartition(" ")[2]
        for line in PROJECT["classifiers"]
        if line.startswith("Programming Language :: Python :: 3.")
    ]
    assert matrix["python"] == named
    assert PROJECT["requires-python"] == f">={named[0]}"
    assert [name.partition("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs sed")
def test_workflow_and_local_run_take_the_same_command_from_the_readme():
    lines = [
        re.search(r'command="\$\((sed .* README\.md)\)"', text(name))
        for name in (".ci/run", ".github/workflows/ci.yml")
    ]
    assert lines[0] and lines[1] and lines[0][1] == lines[1][1]
    done = subprocess.run(["bash", "-c", lines[0][1]], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("&& pytest")


@pytest.mark.parametrize("name", ["1-bug", "2-wrong-result", "3-feature"])
def test_forms_have_what_their_host_wants(name):
    form = loaded(f".github/ISSUE_TEMPLATE/{name}.yml")
    assert form["name"] and form["description"] and form["body"]
    parts = [part for part in form["body"] if part["type"] != "markdown"]
    assert len({part["id"] for part in parts}) == len(parts)
    assert all(part["attributes"]["label"] for part in parts)
    assert any(part.get("validations", {}).get("required") for part in parts)


def test_every_page_is_listed_once():
    listed = re.findall(r"^\| \[[\w.-]+\]\((\w[\w-]*\.md)\)", text("docs/README.md"), re.MULTILINE)
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert sorted(listed) == sorted(pages)


PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_repository_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if "://" in target:
            continue
        path, _, heading = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-") for line in headings}, (
                target
            )


@pytest.mark.parametrize("page", [page for page in PAGES if page != "docs/prior-work.md"])
def test_other_systems_are_called_by_their_names(page):
    assert not re.search(r"\b(earlier system|prior system|the guide|the paper)\b", text(page), re.IGNORECASE)


def test_prior_work_names_files_that_exist():
    there = {path.name for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")}
    named = set(re.findall(r"([\w]+\.py)`", text("docs/prior-work.md")))
    assert named and named <= there
