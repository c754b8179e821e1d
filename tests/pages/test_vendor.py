"""What a browser loads comes from our own address."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from server.settings import ROOT
from server.vendor import STATIC, NotInstalled, fill, sprite

TEMPLATES = ROOT / "server" / "pages" / "templates"
NAMED = json.loads((STATIC / "vendor.json").read_text())


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    used = set()
    for source in [*TEMPLATES.rglob("*.html"), *(ROOT / "server" / "pages").glob("*.py")]:
        text = source.read_text()
        used |= set(re.findall(r'(?:icon|Look)\("([a-z-]+)"', text))
        used |= set(re.findall(r'\{\{ chip\([^}]*?"([a-z]+-[a-z-]+)"', text))
    assert used - set(NAMED["icons"]) == set()


def test_nothing_of_ours_names_another_host() -> None:
    for source in [*TEMPLATES.rglob("*.html"), *STATIC.glob("*.js"), *STATIC.glob("*.css")]:
        found = re.findall(r'(?:src|href|url|import|from)[=( "\']+(https?://[^"\')]+)', source.read_text())
        assert found == [], source


def test_a_missing_package_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match="npm ci"):
        fill(tmp_path / "node_modules", tmp_path / "vendor")


def test_the_sprite_holds_one_symbol_for_each_icon(tmp_path: Path) -> None:
    (tmp_path / "x.svg").write_text('<svg xmlns="s" viewBox="0 0 256 256" fill="currentColor"><path d="M1"/></svg>')
    assert sprite(tmp_path, ["x"]).count('<symbol id="x" viewBox="0 0 256 256"><path d="M1"/></symbol>') == 1
