# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.oauth.grants import OAuth, refresh_token_of
from ansible_collections.mailops.migration.plugins.module_utils.oauth.refresh_token import RefreshToken


def test_token_that_stays_is_nothing_to_tell() -> None:
    token = RefreshToken("one")
    token.replace("one")
    assert (token.current(), token.note) == ("one", "")


def test_token_that_another_run_has_put_into_the_file_is_used(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    token = RefreshToken("one", str(file))
    file.write_text("two\n")
    assert (token.current(), set(token.secrets())) == ("two", {"one", "two"})


def test_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    token = RefreshToken("one", str(tmp_path / "missing" / "token"))
    token.replace("two")
    assert token.current() == "two"
    assert "could not be written" in token.note and "two" not in token.note


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://login.microsoftonline.com/common/oauth2/v2.0/token", False),
        ("https://login.microsoftonline.us/common/oauth2/v2.0/token", False),
        ("https://login.microsoftonline.com.example.net/token", True),
        ("https://oauth2.example.net/token", True),
    ],
)
def test_provider_that_goes_on_taking_the_old_token_is_no_worry(url: str, told: bool) -> None:
    token = refresh_token_of(OAuth("refresh_token", url, refresh_token="one"))
    token.replace("two")
    assert bool(token.note) is told
