# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The customer at the DNS host: records of domains lead to our platform from now on, or to the old provider again.

One signed DNS UPDATE (RFC 2136) a domain. ``<domain>.zone`` and ``<domain>.ours`` say what there was and what shall be.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update
import dns.zone

PATIENCE = 10.0
# The zone's own, which no switch of providers touches.
ZONE_KINDS = {dns.rdatatype.SOA, dns.rdatatype.NS}


def change(domain: str, leaving: Path, coming: Path, key: str) -> dns.update.UpdateMessage:
    """Take the records of ``leaving`` away and add those of ``coming``; ``key``: as knsupdate has it."""
    algorithm, name, secret = key.strip().split(":")
    keyring = dns.tsigkeyring.from_text({name: (f"{algorithm}.", secret)})
    update = dns.update.UpdateMessage(domain, keyring=keyring)
    for owner, kind, _records in rrsets(domain, leaving):
        update.delete(owner, kind)
    for owner, _kind, records in rrsets(domain, coming):
        update.replace(owner, records)
    return update


def rrsets(domain: str, file: Path) -> list[tuple[dns.name.Name, dns.rdatatype.RdataType, dns.rdataset.Rdataset]]:
    """Owner, type and records of each set that a change of providers may touch."""
    zone = dns.zone.from_file(str(file), origin=domain)
    sets = [(owner, records.rdtype, records) for owner, node in zone.items() for records in node]
    return [entry for entry in sets if entry[1] not in ZONE_KINDS]


def main() -> None:
    """Switch the domains that are named, else all that the sandbox has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--zones", type=Path, required=True)
    parser.add_argument("--key-file", type=Path, required=True)
    parser.add_argument("--back", action="store_true", help="to the old provider again")
    parser.add_argument("domains", nargs="*")
    options = parser.parse_args()
    domains = options.domains or sorted(path.stem for path in options.zones.glob("*.ours"))
    for domain in domains:
        files = [options.zones / f"{domain}.zone", options.zones / f"{domain}.ours"]
        if not all(file.exists() for file in files):
            sys.exit(f"The sandbox has no domain {domain} that could be switched; see {options.zones}")
        leaving, coming = reversed(files) if options.back else files
        update = change(domain, leaving, coming, options.key_file.read_text())
        reply = dns.query.tcp(update, "127.0.0.1", PATIENCE, options.port)
        if reply.rcode() != dns.rcode.NOERROR:
            sys.exit(f"The name server refuses to change {domain}: {dns.rcode.to_text(reply.rcode())}")
        print(f"{domain}: the DNS records lead to {'the old provider' if options.back else 'our platform'} now")


if __name__ == "__main__":
    main()
