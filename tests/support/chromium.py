# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A page as a person sees it: Chromium without a screen."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.support.ansible_runs import ROOT

# Pictures of the last run, for whoever wants to look at them.
PICTURES = ROOT / ".cache" / "test" / "pictures"
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip


def page_tree(page: Path) -> str:
    """The page's HTML as the browser understands it."""
    return _run(page, "--dump-dom")


def picture(page: Path, name: str, *, dark: bool = False, size: tuple[int, int] = (900, 3400)) -> Path:
    """What the page looks like, as ``<name>.png`` among the pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    target = PICTURES / f"{name}.png"
    target.unlink(missing_ok=True)
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    _run(page, f"--screenshot={target}", f"--window-size={size[0]},{size[1]}", scheme)
    return target


def printed(page: Path, name: str) -> Path:
    """The page on paper, as ``<name>.pdf`` among the pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    target = PICTURES / f"{name}.pdf"
    target.unlink(missing_ok=True)
    _run(page, f"--print-to-pdf={target}", "--no-pdf-header-footer")
    return target


def _run(page: Path, *options: str) -> str:
    with tempfile.TemporaryDirectory() as profile:
        command = ["chromium", *_OPTIONS, f"--user-data-dir={profile}", *options, page.resolve().as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    return done.stdout
