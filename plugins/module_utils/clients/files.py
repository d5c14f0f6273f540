# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All files of a ticket by their place: for each domain, and for each of its mailboxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core.customer_texts import Texts
from ..core.page import as_html, as_markdown
from .apple import apple_profile
from .autoconfig import autoconfig
from .autodiscover import autodiscover
from .page import Agreed, setup_page
from .provider import Mailbox, Provider, domains_of, read_provider, safe_name
from .srv import srv_lines

MAILBOX_FILES = ("config-v1.1.xml", "autodiscover.xml", "email.mobileconfig", "setup.html", "setup.md")
"""What the folder of a mailbox holds."""


def setup_files(
    options: Mapping[str, Any], domains: Sequence[str], mailboxes: Sequence[Mailbox], agreed: Agreed, texts: Texts
) -> dict[str, bytes]:
    """What each file holds, by its path below the ticket's folder of them. Raises :class:`ConfigurationError`.

    :param options: the option ``provider`` of the module client_setup.
    """
    files: dict[str, bytes] = {}
    for domain in domains_of(domains, mailboxes):
        provider, folder = read_provider(options, domain), safe_name(domain)
        own = [mailbox for mailbox in mailboxes if domains_of((), (mailbox,)) == (domain,)]
        files |= {f"{folder}/{name}": data for name, data in _of_domain(provider, domain, agreed, texts)}
        for mailbox in own:
            place = f"{folder}/mailboxes/{safe_name(mailbox.address)}"
            files |= {f"{place}/{name}": data for name, data in _of_mailbox(provider, domain, agreed, texts, mailbox)}
    return files


def _of_domain(provider: Provider, domain: str, agreed: Agreed, texts: Texts) -> Iterator[tuple[str, bytes]]:
    yield "mail/config-v1.1.xml", autoconfig(provider, domain)
    yield "autodiscover/autodiscover.xml", autodiscover(provider)
    yield "email.mobileconfig", apple_profile(provider, domain, texts)
    yield "dns.txt", "".join(f"{line}\n" for line in srv_lines(provider, domain)).encode()
    yield from _pages(provider, domain, agreed, texts, None)


def _of_mailbox(
    provider: Provider, domain: str, agreed: Agreed, texts: Texts, mailbox: Mailbox
) -> Iterator[tuple[str, bytes]]:
    contents = (
        autoconfig(provider, domain, mailbox),
        autodiscover(provider, mailbox),
        apple_profile(provider, domain, texts, mailbox),
        *(data for _name, data in _pages(provider, domain, agreed, texts, mailbox)),
    )
    yield from zip(MAILBOX_FILES, contents, strict=True)


def _pages(
    provider: Provider, domain: str, agreed: Agreed, texts: Texts, mailbox: Mailbox | None
) -> Iterator[tuple[str, bytes]]:
    page = setup_page(provider, domain, agreed, texts, mailbox)
    yield "setup.html", as_html(page).encode("utf-8", "backslashreplace")
    yield "setup.md", as_markdown(page).encode("utf-8", "backslashreplace")
