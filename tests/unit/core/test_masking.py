# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import base64
import urllib.parse

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.masking import mask
from hypothesis import given
from hypothesis import strategies as st

SECRETS = ["correct-horse", 'quo"te\\back', "Größe€ 漢字", "p@ss word+&=%", "abcd"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "repeat",
    [
        str,
        lambda secret: secret.replace("\\", "\\\\").replace('"', '\\"'),
        lambda secret: repr(secret.encode()),
        urllib.parse.quote_plus,
        lambda secret: urllib.parse.quote(secret, safe=""),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.b64encode(f"\0anna@example.com\0{secret}".encode()).decode(),
        lambda secret: base64.b64encode(f"user=jo\1auth=Bearer {secret}\1\1".encode()).decode(),
    ],
)
def test_secret_is_taken_out_in_every_form_in_which_a_server_may_repeat_it(secret, repeat) -> None:
    told = repeat(secret)
    masked = mask(f"NO bad login {told}, sorry", [secret])
    assert secret not in masked and told not in masked and "***" in masked
    assert masked.startswith("NO bad login ") and masked.endswith(", sorry")


@given(before=st.binary(max_size=9), after=st.binary(max_size=9), secret=st.binary(min_size=4, max_size=30))
def test_base64_of_a_secret_amid_other_octets_is_taken_out(before: bytes, after: bytes, secret: bytes) -> None:
    text = secret.decode("latin-1")
    told = base64.b64encode(before + text.encode() + after).decode()
    assert "***" in mask(told, [text])


def test_short_secret_is_only_taken_out_where_it_stands_alone() -> None:
    assert mask("pa is wrong: path, 'pa'", ["pa"]) == "*** is wrong: path, '***'"


def test_text_without_secrets_stays() -> None:
    assert mask("[AUTHENTICATIONFAILED] no", ["", "correct-horse"]) == "[AUTHENTICATIONFAILED] no"
