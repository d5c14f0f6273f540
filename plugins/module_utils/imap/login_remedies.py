# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to do about a refused login, by provider and by the server's words. The first rule that fits is taken."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..core.providers import provider_of
from .endpoint import TOKEN_AUTHS

_APP_PASSWORD = {
    "gmail": "Google refuses the account password: create an app password (myaccount.google.com/apppasswords, needs"
    " 2-step verification) and put it into mailboxes.csv, or use OAuth2 (auth: xoauth2)",
    "yahoo": "Yahoo refuses the account password: create an app password in the account's security settings and put it"
    " into mailboxes.csv, or use OAuth2 (auth: xoauth2)",
    "aol": "AOL refuses the account password: create an app password in the account's security settings and put it into"
    " mailboxes.csv, or use OAuth2 (auth: xoauth2)",
    "att": "AT&T refuses the account password: create a secure mail key in the account's profile and put it into"
    " mailboxes.csv",
    "icloud": "Apple refuses the account password: create an app-specific password (account.apple.com) and put it into"
    " mailboxes.csv",
    "fastmail": "Fastmail refuses the account password: create an app password (Settings, Privacy & Security) and put"
    " it into mailboxes.csv",
    "zoho": "Create an app password (accounts.zoho.com, Security) for this mailbox and put it into mailboxes.csv; IMAP"
    " must be turned on in its settings",
    "yandex": "Create an app password for mail (id.yandex.com, Security) and put it into mailboxes.csv; IMAP must be"
    " turned on in the settings of this mailbox",
}
_APP_PASSWORD["zoho_eu"] = _APP_PASSWORD["zoho_pro"] = _APP_PASSWORD["zoho"]
_ANY_APP_PASSWORD = (
    "Create an app password for this mailbox and put it into mailboxes.csv, or use OAuth2 (auth: xoauth2)"
)

_TURN_ON = "Turn on IMAP access in the settings of this mailbox at its provider"
_GERMAN = (
    "The password is wrong, or IMAP is off: turn on 'POP3 und IMAP Zugriff' in the web mail's settings (it turns itself"
    " off when unused); with two-factor login an app password is needed"
)
_MICROSOFT = (
    "Microsoft takes no passwords for IMAP (basic authentication is off), so this login needs OAuth2: auth: xoauth2"
    " with oauth (client credentials), or with an access token"
)
_GODADDY = (
    "Many mailboxes of GoDaddy are really Microsoft 365: if web mail shows Outlook, write imap_server:"
    " outlook.office365.com and use OAuth2 (auth: xoauth2); else correct the password in mailboxes.csv"
)
_MICROSOFT_CONNECTED = (
    "Microsoft 365 took the token, but this mailbox may not be opened: see that it exists and has a licence and IMAP"
    " turned on, that the application has IMAP.AccessAsApp, and that its service principal has full access"
    " (New-ServicePrincipal, Add-MailboxPermission)"
)
_MICROSOFT_TOKEN = (
    "Microsoft did not take the token: it must be for the scope https://outlook.office365.com/ and for this user name;"
    " for client credentials the application needs IMAP.AccessAsApp and its service principal access to this mailbox"
    " (New-ServicePrincipal, Add-MailboxPermission)"
)
_GOOGLE_TOKEN = (
    "Google did not take the token: it must be for this mailbox and the scope https://mail.google.com/; for a service"
    " account the domain's administrator delegates that scope to its client id"
)
_ANY_TOKEN = "The access token is not valid (any more) for this mailbox: check user name and scope"
_OLD_TOKEN = "An access token lives about an hour: get a new one, or give oauth, so that it is renewed by itself"
_PASSWORD = "Check user name and password (web mail is a quick test), correct them in mailboxes.csv and run again"
_ALL = ("",)
_GOOGLE = ("gmail",)


@dataclass(frozen=True)
class _Rule:
    """``providers`` holds an empty name for all of them; ``words`` is searched for without regard to case."""

    words: str
    remedy: str
    providers: tuple[str, ...] = _ALL

    def fits(self, provider: str, text: str) -> bool:
        mine = not self.providers[0] or provider in self.providers
        return mine and re.search(self.words, text, re.IGNORECASE) is not None


_ALWAYS = (
    _Rule(
        r"logindisabled|privacyrequired|plaintext auth\w* (?:disallowed|not allowed)|(?:ssl|tls) (?:is )?required|"
        r"requires? (?:ssl|tls|a secure)",
        "Use encryption tls or starttls for this server",
    ),
    _Rule(r"authenticated but not connected", _MICROSOFT_CONNECTED),
    _Rule(
        r"too many (?:\w+ )*(?:fail|invalid|bad|incorrect|unsuccessful|attempts|login attempts)|"
        r"\b(?:account|user|mailbox|login|ip|address)\b.{0,40}\b(?:locked|suspended|blocked)\b",
        "The provider has locked this login for now: see by web mail that user name and password are right, wait an"
        " hour, and run again; each further try prolongs the lock",
    ),
    _Rule(
        r"imap (?:access )?(?:is )?(?:disabled|not enabled|not allowed) for (?:your|this) (?:domain|organi[sz]ation)",
        "The domain's administrator has IMAP turned off: ask for it to be turned on for this mailbox (Google: Admin"
        " console, Apps, Gmail, End User Access)",
    ),
)
_OF_PASSWORDS = (
    _Rule(
        r"web ?login required|webalert|log ?in via your web browser",
        "Google wants this login confirmed: sign in by web browser, confirm the alert, and then use an app password, or"
        " OAuth2 (auth: xoauth2)",
        _GOOGLE,
    ),
    _Rule(r"not enabled for imap|imap (?:access )?(?:is )?(?:disabled|not enabled|off)", _TURN_ON, _GOOGLE),
    _Rule(r"basic auth\w* is (?:disabled|blocked)|BasicAuthBlocked|LogonDenied-BasicAuth", _MICROSOFT),
    _Rule(r"", _MICROSOFT, ("microsoft365",)),
    _Rule(r"", _GODADDY, ("godaddy",)),
    _Rule(r"", _APP_PASSWORD["yandex"], ("yandex",)),
    _Rule(
        r"imap\b.*(?:disabled|not (?:yet )?(?:been )?(?:enabled|activated|allowed|turned on)|deactivated|inactive)|"
        r"yet to enable imap|(?:enable|activate|turn on) imap|not enabled for imap|no permission to use imap",
        _TURN_ON,
    ),
    _Rule(r"", _GERMAN, ("gmx", "webde")),
)
_APP_WORDS = re.compile(r"application-specific password|app(?:lication)?[- ]?(?:specific )?password", re.IGNORECASE)


def login_remedy(host: str, text: str, *, auth: str = "login", renewed: bool = False) -> str:
    """What to do about a refused login at ``host`` whose server said ``text``.

    :param auth: how the login was tried. :param renewed: whether its access token was got by us just now.
    """
    provider = provider_of(host)
    for rule in _ALWAYS:
        if rule.fits(provider, text):
            return rule.remedy
    if auth in TOKEN_AUTHS:
        return _token_remedy(provider, renewed=renewed)
    for rule in _OF_PASSWORDS:
        if rule.fits(provider, text):
            return rule.remedy
    if provider in _APP_PASSWORD:
        return _APP_PASSWORD[provider]
    return _ANY_APP_PASSWORD if _APP_WORDS.search(text) else _PASSWORD


def _token_remedy(provider: str, *, renewed: bool) -> str:
    remedy = {"microsoft365": _MICROSOFT_TOKEN, "gmail": _GOOGLE_TOKEN}.get(provider, _ANY_TOKEN)
    return remedy if renewed else f"{remedy}. {_OLD_TOKEN}"
