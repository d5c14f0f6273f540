# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.providers import HOSTS
from ansible_collections.mailops.migration.plugins.module_utils.imap.login_remedies import login_remedy

# What the providers' servers really say, as their users have reported it.
REFUSALS = [
    ("imap.gmail.com", "[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833"
     " (Failure)", "create an app password"),
    ("IMAP.GMAIL.COM", "[AUTHENTICATIONFAILED] Invalid credentials (Failure)", "create an app password"),
    ("imap.gmail.com", "[WEBALERT] Web login required. [ALERT] Please log in via your web browser:"
     " https://support.google.com/mail/accounts/answer/78754 (Failure)", "sign in by web browser"),
    ("imap.gmail.com", "[ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and"
     " enable your account for IMAP access. (Failure)", "Turn on IMAP access"),
    ("imap.gmail.com", "[ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for"
     " questions about this feature. (Failure)", "administrator"),
    ("outlook.office365.com", "LOGIN failed.", "OAuth2"),
    ("outlook.office365.com", "AUTHENTICATE failed.", "OAuth2"),
    ("outlook.office365.com", "Basic authentication is disabled.", "OAuth2"),
    ("imap-mail.outlook.com", '[AUTHENTICATIONFAILED] BasicAuthBlocked', "OAuth2"),
    ("outlook.office365.com", "User is authenticated but not connected.", "IMAP.AccessAsApp"),
    ("mail.of-a-reseller.example", "Basic authentication is disabled.", "OAuth2"),
    ("imap.mail.yahoo.com", "[AUTHENTICATIONFAILED] LOGIN Invalid credentials", "app password"),
    ("apple.imap.mail.yahoo.com", "[AUTHENTICATIONFAILED] AUTHENTICATE Invalid credentials", "app password"),
    ("imap.aol.com", "[AUTHENTICATIONFAILED] LOGIN Invalid credentials", "app password"),
    ("imap.mail.att.net", "[AUTHENTICATIONFAILED] LOGIN Invalid credentials", "secure mail key"),
    ("imap.mail.me.com", "[AUTHENTICATIONFAILED] Authentication failed", "app-specific password"),
    ("p42-imap.mail.me.com", "[AUTHENTICATIONFAILED] Authentication failed", "app-specific password"),
    ("imap.gmx.net", "authentication failed", "POP3 und IMAP"),
    ("imap.web.de", "authentication failed", "POP3 und IMAP"),
    ("imap.zoho.com", "[ALERT] You are yet to enable IMAP for your account. Please contact your administrator",
     "Turn on IMAP access"),
    ("imappro.zoho.eu", "[AUTHENTICATIONFAILED] Invalid credentials(Failure)", "app password"),
    ("imap.fastmail.com", "Incorrect username or password.", "app password"),
    ("imap.yandex.ru", "[AUTHENTICATIONFAILED] LOGIN invalid credentials or IMAP is disabled sc=cYXl_010534",
     "app password"),
    ("imap.secureserver.net", "LOGIN failed.", "Microsoft 365"),
    ("secure.emailsrvr.com", "[AUTHENTICATIONFAILED] Authentication failed.", "Check user name and password"),
    ("mail.example.net", "Please use an app password", "app password"),
    ("mail.example.net", "[PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
     "tls or starttls"),
    ("mail.example.net", "LOGINDISABLED", "tls or starttls"),
    ("mail.example.net", "IMAP access is disabled for this account", "Turn on IMAP access"),
    ("mail.example.net", "Too many failed login attempts, try again later", "wait an hour"),
    ("mail.example.net", "Your account has been temporarily locked", "wait an hour"),
    ("mail.example.net", "[AUTHENTICATIONFAILED] Authentication failed.", "Check user name and password"),
]  # fmt: skip
REFUSED_TOKENS = [
    ("outlook.office365.com", "AUTHENTICATE failed.", "New-ServicePrincipal"),
    ("outlook.office365.com", "User is authenticated but not connected.", "service principal"),
    ("imap.gmail.com", '[AUTHENTICATIONFAILED] Invalid credentials (Failure) ({"status":"400","schemes":"Bearer",'
     '"scope":"https://mail.google.com/"})', "delegates that scope"),
    ("mail.example.net", '[AUTHENTICATIONFAILED] Authentication failed. ({"status":"401"})', "user name and scope"),
]  # fmt: skip


@pytest.mark.parametrize("host, text, words", REFUSALS)
def test_remedy_fits_the_reason_of_a_refused_login(host: str, text: str, words: str) -> None:
    assert words in login_remedy(host, text)


@pytest.mark.parametrize("provider", ["gmail", "microsoft365"])
def test_login_that_takes_no_passwords_is_never_called_a_wrong_password(provider: str) -> None:
    for host in HOSTS[provider]:
        for text in ("LOGIN failed.", "AUTHENTICATE failed.", "[AUTHENTICATIONFAILED] Invalid credentials", ""):
            remedy = login_remedy(host, text)
            assert "OAuth2" in remedy and "Check user name and password" not in remedy


@pytest.mark.parametrize("host, text, words", REFUSED_TOKENS)
@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_remedy_of_a_refused_token_speaks_of_tokens(host: str, text: str, words: str, auth: str) -> None:
    remedy = login_remedy(host, text, auth=auth)
    assert words in remedy and "app password" not in remedy


def test_only_a_token_that_was_given_may_just_be_old() -> None:
    given, renewed = (login_remedy("x.example", "no", auth="xoauth2", renewed=renewed) for renewed in (False, True))
    assert "get a new one" in given and "get a new one" not in renewed
