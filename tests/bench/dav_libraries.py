# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many entries of exports the libraries read by themselves, and how many once they are cut apart and mended.

    bin/bench dav-libraries DIR…

Nothing is sent. For each folder: entries (``BEGIN:`` of a contact, event, task or journal), those in files that
vobject and icalendar read whole, those that vobject reads when each is given to it alone as it stands, and those that
it reads as ``dav_import`` would send them.
"""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import icalendar
import vobject
from ansible_collections.mailops.migration.plugins.module_utils.dav.blocks import utf8
from ansible_collections.mailops.migration.plugins.module_utils.dav.gather import gather
from ansible_collections.mailops.migration.plugins.module_utils.dav.verdict import complaint

from tests.bench.dav_corpus import exports

_KINDS = ("VCARD", "VEVENT", "VTODO", "VJOURNAL")
_BEGIN = re.compile(rb"^BEGIN:(VCARD|VEVENT|VTODO|VJOURNAL)\s*$", re.MULTILINE | re.IGNORECASE)
_ENTRY = re.compile(_BEGIN.pattern + rb".*?^END:\1\s*$", re.MULTILINE | re.IGNORECASE | re.DOTALL)


def by_vobject(data: bytes) -> int:
    found = list(vobject.readComponents(data.decode("utf-8"), allowQP=True))
    for each in found:
        each.validate(raiseException=True)
    return sum(_entries(each.name, each.components()) for each in found)


def by_icalendar(data: bytes) -> int:
    found = icalendar.Component.from_ical(data, multiple=True)
    return sum(each.name in _KINDS and not each.errors for calendar in found for each in calendar.walk())


def _entries(name: str, below: Any) -> int:
    return sum(each.name in _KINDS for each in below) if name == "VCALENDAR" else int(name in _KINDS)


def _alone(data: bytes) -> int:
    """Entries that vobject reads when each is cut out of its file, without its time zones."""
    count = 0
    for match in _ENTRY.finditer(utf8(data)):
        text = match[0]
        if match[1].upper() != b"VCARD":
            text = b"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n" + text + b"\nEND:VCALENDAR\n"
        count += _tried(by_vobject, text)
    return count


def _tried(read: Callable[[bytes], int], data: bytes) -> int:
    try:
        return read(data)
    except Exception:  # whatever a library raises
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    logging.disable()
    print(f"{'folder':28} files entries  vobject icalendar vobject alone  mended")
    for folder in parser.parse_args().folders:
        files = [path.read_bytes() for path in exports(folder)]
        counts = [sum(len(_BEGIN.findall(utf8(data))) for data in files)]
        counts += [sum(_tried(read, data) for data in files) for read in (by_vobject, by_icalendar)]
        counts.append(sum(map(_alone, files)))
        counts.append(sum(_mended(data) for data in files))
        cells = zip(counts, (7, 8, 9, 13, 7), strict=True)
        print(f"{folder.name[:28]:28} {len(files):5}", *(f"{number:{width}}" for number, width in cells))


def _mended(data: bytes) -> int:
    """Entries in what would be sent, and those that are told from them as older states of the same."""
    found = gather({"x": data})
    return sum(len(item.origins) for item in found.items if not complaint(item.text)) + len(found.superseded)


if __name__ == "__main__":
    main()
