# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.next_hop import next_hop


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("mx.old.example", "[mx.old.example]:25"),
        ("MX.Old.example.", "[mx.old.example]:25"),
        ("mx.old.example:2525", "[mx.old.example]:2525"),
        ("[mx.old.example]", "[mx.old.example]:25"),
        ("[192.0.2.7]:26", "[192.0.2.7]:26"),
        ("[2001:DB8::0:1]:25", "[2001:db8::1]:25"),
        (" müller.example ", "[xn--mller-kva.example]:25"),
    ],
)
def test_every_next_hop_is_written_so_that_postfix_looks_for_no_mx(text, written):
    assert str(next_hop(text)) == written


@pytest.mark.parametrize(
    "text",
    ["", "2001:db8::1", "mx", "a b.example", "[mx.old.example", "mx.old.example:0", "x:y:z", "mx.old.example:99999",
     "mx.old.example,other.example", "[a'b.example]:25"],
)  # fmt: skip
def test_what_is_no_server_is_refused(text):
    with pytest.raises(ConfigurationError) as refused:
        next_hop(text)
    assert "[mx.old-provider.example]:25" in refused.value.remedy
