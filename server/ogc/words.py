"""Words and lists of the OGC service, from words.yml."""

from pathlib import Path
from typing import Any

import yaml

WORDS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yml").read_text(encoding="utf-8"))
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
