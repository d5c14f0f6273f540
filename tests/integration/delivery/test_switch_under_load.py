# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Local Delivery is switched while mail streams in: every message arrives once or is refused in the session."""

from __future__ import annotations

from tests.support.mail_platform import MailPlatform, OldPostfix
from tests.support.mail_stream import Stream, figures


def test_every_message_of_a_steady_stream_arrives_once_or_is_refused_while_the_switch_is_turned(
    any_platform: MailPlatform, old_provider: OldPostfix, domain: str
) -> None:
    platform, old_mx = any_platform, old_provider.next_hop
    platform.add_domain(domain)
    platform.add_mailbox(f"anna@{domain}")
    recipients = [f"{name}@{domain}" for name in ("anna", "stays", "old1", "old2", "nobody")]
    with Stream(platform, recipients, rate=40) as stream:
        stream.until(0.5, lambda: platform.switch(domain, enabled=False, old_mx=old_mx))
        stream.until(2.5, lambda: platform.add_mailbox(f"old1@{domain}"))
        stream.until(3.0, lambda: platform.switch(domain, enabled=True, old_mx=old_mx))
        stream.until(3.4, lambda: platform.switch(domain, enabled=False, old_mx=old_mx))
        stream.until(3.8, lambda: platform.add_mailbox(f"old2@{domain}"))
        stream.until(4.2, lambda: platform.switch(domain, enabled=True, old_mx=old_mx))
        stream.until(4.6, lambda: None)
    found = figures(stream, old_provider)
    assert (found.lost, found.doubled, found.ghosts, found.bounced) == (0, 0, 0, 0), found
    assert found.sent == found.here + found.relayed + found.refused + found.put_off, found
    assert min(found.here, found.relayed, found.refused) > 5, found
