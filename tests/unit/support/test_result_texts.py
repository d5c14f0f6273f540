# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

from ansible_collections.mailops.migration.plugins.module_utils.imap.endpoint import Endpoint
from ansible_collections.mailops.migration.plugins.module_utils.oauth.refresh_token import RefreshToken
from ansible_collections.mailops.migration.plugins.module_utils.oauth.tokens import Token, TokenSource
from ansible_collections.mailops.migration.plugins.module_utils.support.result_texts import finished


def test_tokens_of_the_whole_run_are_masked_wherever_a_server_may_repeat_them() -> None:
    given = iter(["first-access-token", "second-access-token"])
    refresh_token = RefreshToken("first-refresh-token")
    tokens = TokenSource(lambda: Token(next(given)), refresh_token)
    refresh_token.replace("second-refresh-token")
    tokens.after_refusal(tokens.current())
    words = " ".join((*tokens.secrets(), "a-password"))
    side = Endpoint("imap.example.net", "jo", "a-password", tokens=tokens)

    answer = finished(
        {
            "msg": words,
            "failures": [{"reason": words, "uid": 1}],
            "warnings": [words],
            "interruptions": {"times": 1, "reasons": [{"reason": words, "times": 1}]},
            "counts": {"copied": 1},
        },
        source=side,
    )

    assert len(tokens.secrets()) == 4
    assert "token" not in json.dumps({**answer, "warnings": answer["warnings"][:1]}).replace("refresh_token", "")
    assert "a-password" not in json.dumps(answer)
    assert answer["counts"] == {"copied": 1} and answer["interruptions"]["times"] == 1
    assert answer["warnings"][1].startswith("source: the provider has given a new refresh token")


def test_password_of_a_side_without_tokens_is_masked() -> None:
    answer = finished({"msg": "no a-password", "warnings": []}, source=Endpoint("imap.example.net", "jo", "a-password"))
    assert answer == {"msg": "no ***", "warnings": []}
