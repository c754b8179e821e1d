"""Fills server/static/vendor from node_modules, as server/static/vendor.json names it: `python -m server.vendor`."""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "server" / "static"
ICON = re.compile(r'<svg[^>]*viewBox="([^"]+)"[^>]*>(.*)</svg>', re.DOTALL)


class NotInstalled(Exception):
    """A package that package.json names is not in node_modules."""


def fill(node_modules: Path = ROOT / "node_modules", target: Path = STATIC / "vendor") -> int:
    """Copies every named file and draws the icon sprite; the number of files written."""
    named = json.loads((STATIC / "vendor.json").read_text())
    for source, name in named["copies"].items():
        copy(node_modules / source, target / name)
    icons = sprite(node_modules / "@phosphor-icons/core/assets/regular", named["icons"])
    write(target / "icons.svg", icons.encode())
    return len(named["copies"]) + 1


def copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise NotInstalled(f"{source} is missing; run `npm ci --ignore-scripts --omit=dev` first")
    content = source.read_bytes()
    if target.suffix in {".mjs", ".js", ".css"}:
        # Their source maps are not served, and a browser's tools would ask for them.
        content = re.sub(rb"^(//# |/\*# )sourceMappingURL=.*$", b"", content, flags=re.MULTILINE)
    write(target, content)


def write(target: Path, content: bytes) -> None:
    """All of it at once: a server may be reading the old one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(content)
    part.replace(target)


def sprite(folder: Path, names: Iterable[str]) -> str:
    """One SVG with a <symbol> per icon, so that a page names an icon and loads it once."""
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbol(folder, name) for name in names)}</svg>\n'


def symbol(folder: Path, name: str) -> str:
    found = ICON.search((folder / f"{name}.svg").read_text())
    if found is None:
        raise NotInstalled(f"icon {name} is not an SVG of the expected form")
    return f'<symbol id="{name}" viewBox="{found[1]}">{found[2]}</symbol>'


if __name__ == "__main__":
    sys.stdout.write(f"{fill()} files in {STATIC / 'vendor'}\n")
