# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Local Delivery under load: a steady stream of mail while the switch is turned and mailboxes are made."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.databases import KINDS, Databases
from tests.support.mail_platform import MailPlatform, OldPostfix
from tests.support.mail_stream import Figures, Stream, figures

DOMAIN = "customer.example"
PEOPLE = 10


def main() -> int:
    """Run it and print what became of every message; 1 when one was lost, doubled, bounced or came though refused."""
    parser = argparse.ArgumentParser(prog="bin/bench switch", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long mail flows (default: 60)")
    parser.add_argument("--rate", type=float, default=60.0, help="messages a second (default: 60)")
    parser.add_argument("--database", choices=KINDS, default="sqlite", help="kind of database (default: sqlite)")
    options = parser.parse_args()
    with (
        Databases() as databases,
        tempfile.TemporaryDirectory() as folder,
        OldPostfix() as old_provider,
        MailPlatform(databases.new(options.database, Path(folder))) as platform,
    ):
        found = _stream(platform, old_provider, options.seconds, options.rate)
    print(f"{options.database}, {options.rate:g} messages a second for {options.seconds:g} s: {found}")
    return 0 if found.is_sound else 1


def _stream(platform: MailPlatform, old_provider: OldPostfix, seconds: float, rate: float) -> Figures:
    """The switch is turned once a second; half of the old provider's people get their mailboxes here meanwhile."""
    people = [f"old{number}@{DOMAIN}" for number in range(PEOPLE)]
    platform.add_domain(DOMAIN)
    platform.add_mailbox(f"anna@{DOMAIN}")
    turns = int(seconds)
    moving = dict(zip(range(turns // 2, turns, max(1, turns // PEOPLE)), people[: PEOPLE // 2], strict=False))
    recipients = [f"anna@{DOMAIN}", *people, f"nobody@{DOMAIN}"]
    with Stream(platform, recipients, rate, clients=48) as stream:
        for turn in range(turns):
            enabled = turn % 3 == 0
            stream.until(turn, lambda on=enabled: platform.switch(DOMAIN, enabled=on, old_mx=old_provider.next_hop))
            if turn in moving:
                platform.add_mailbox(moving[turn])
        stream.until(seconds, lambda: None)
    return figures(stream, old_provider)


if __name__ == "__main__":
    sys.exit(main())
