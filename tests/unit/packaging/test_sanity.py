# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible-test's sanity checks pass without an exception for any file."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_no_sanity_check_is_ignored() -> None:
    ignored = [line for path in (ROOT / "tests/sanity").glob("ignore-*.txt") for line in path.read_text().splitlines()]
    assert ignored == []


def test_bin_holds_nothing_but_links_to_the_scripts() -> None:
    """ansible-test reads files in ``bin/`` as Python, and leaves out links to files."""
    links = {path.name: path for path in (ROOT / "bin").iterdir()}

    assert links.keys() == {path.name for path in (ROOT / "scripts").iterdir()}
    assert all(path.is_symlink() and path.readlink() == Path("../scripts", name) for name, path in links.items())
