# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A browser that opens one page of this machine, lets its script run, and says what is there then."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

# No network, no first run, no window. The log tells what the page asked for and what its policy refused.
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--timeout=60000",
)  # fmt: skip
_PATIENCE = 150.0


def chromium() -> str:
    """The program. Raises FileNotFoundError when there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise FileNotFoundError("chromium is not installed; bin/setup --for-tests installs it")
    return found


def shown(page: Path, view: str = "", *, picture: Path | None = None, size: str = "1280,2400") -> tuple[str, str]:
    """The page's document after its script ran, and the browser's log; with ``picture`` a screenshot in its place.

    :param view: what follows ``#`` in the address.
    """
    wish = [f"--screenshot={picture}" if picture else "--dump-dom", f"--window-size={size}", f"{page.as_uri()}#{view}"]
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [chromium(), *_FLAGS, f"--user-data-dir={profile}", *wish],
            capture_output=True, text=True, timeout=_PATIENCE, check=True,
        )  # fmt: skip
    return done.stdout, done.stderr
