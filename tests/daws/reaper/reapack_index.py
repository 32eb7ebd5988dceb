"""ReaPack's index of the REAPER scripts. `python tests/daws/reaper/reapack_index.py [BASE_URL]` writes it anew."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import quote

SCRIPTS = Path(__file__).resolve().parents[3] / "daw_scripts" / "reaper"
INDEX = SCRIPTS / "index.xml"
BASE_URL = "https://raw.githubusercontent.com/cuewright/cuewright/v{version}/daw_scripts/"
"""Where the folder ``daw_scripts`` of a version is published."""
TIME = "2026-11-23T00:00:00Z"


def header(name: str, path: Path = SCRIPTS / "Cuewright.lua") -> str:
    """A field of a script's header."""
    found = re.search(rf"^-- @{name} (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{path} has no @{name}"
    return found[1]


def files() -> dict[str, tuple[str, bool]]:
    """Paths from ``daw_scripts`` and whether it is an action, by where each is installed."""
    found = {path.name: (f"reaper/{path.name}", True) for path in SCRIPTS.glob("Cuewright_*.lua")}
    for folder in ("lib", "actions"):
        for path in (SCRIPTS / folder).glob("*.lua"):
            found[f"{folder}/{path.name}"] = (f"reaper/{folder}/{path.name}", False)
    for path in (SCRIPTS.parent / "lua").glob("*.lua"):
        found[f"lua/{path.name}"] = (f"lua/{path.name}", False)
    return dict(sorted(found.items()))


def rendered(base_url: str = BASE_URL) -> str:
    """The whole file.

    Source: ``index_v1.cpp`` and ``source.cpp`` of ReaPack, which say what it reads and where it puts each file.
    """
    version = header("version")
    base_url = base_url.format(version=version).rstrip("/") + "/"
    index = ET.Element("index", version="1", name="Cuewright")
    category = ET.SubElement(index, "category", name="REAPER")
    package = ET.SubElement(category, "reapack", name="Cuewright.lua", type="script", desc=header("description"))
    released = ET.SubElement(package, "version", name=version, author=header("author"), time=TIME)
    for installed, (path, is_action) in files().items():
        main = {"main": "main"} if is_action else {}
        ET.SubElement(released, "source", {**main, "file": installed}).text = quote(base_url, safe=":/%") + quote(path)
    ET.indent(index)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(index, encoding="unicode") + "\n"


if __name__ == "__main__":
    INDEX.write_text(rendered(*sys.argv[1:]), encoding="utf-8")
