"""Says, before the tests, what this machine lacks and the one command that installs it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.postgis import postgis_missing

NEEDED = {
    "postgresql-15-postgis-3": lambda: not postgis_missing(),
    "chromium": lambda: shutil.which("chromium") is not None,
    "gdal-bin": lambda: shutil.which("ogrinfo") is not None,
    "python3-qgis": lambda: Path("/usr/lib/python3/dist-packages/qgis").exists(),
}


def main() -> None:
    missing = [package for package, there in NEEDED.items() if not there()]
    if missing:
        sys.stdout.write(
            "Some tests are skipped, because this machine lacks what they need. All of it comes with\n"
            f"  sudo apt install --no-install-recommends {' '.join(missing)}\n"
        )


if __name__ == "__main__":
    main()
