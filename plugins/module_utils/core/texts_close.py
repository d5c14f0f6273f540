# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of the last letter of a migration: what the customer takes back, and what is left to do."""

from __future__ import annotations

from collections.abc import Mapping

# By name; English, German.
SENTENCES: Mapping[str, tuple[str, str]] = {
    "close title": (
        "Your e-mail migration has ended (ticket {ticket})",
        "Ihr E-Mail-Umzug ist beendet (Ticket {ticket})",
    ),
    "close done": (
        "We no longer need access to your old mailboxes, and have deleted the passwords that you gave us.",
        "Wir brauchen keinen Zugang mehr zu Ihren alten Postfächern und haben die Passwörter gelöscht, die Sie uns"
        " gegeben haben.",
    ),
    "close kept": (
        "We no longer need access to your old mailboxes.",
        "Wir brauchen keinen Zugang mehr zu Ihren alten Postfächern.",
    ),
    "close open": (
        "Something is still open. Our team will write to you about it.",
        "Etwas ist noch offen. Unser Team schreibt Ihnen dazu.",
    ),
    "close now": ("Please do this now", "Bitte tun Sie jetzt Folgendes"),
    "close password": (
        "At your old provider, change each password that you gave us for the migration, and end temporary ones.",
        "Ändern Sie beim alten Anbieter jedes Passwort, das Sie uns für den Umzug gegeben haben, und beenden Sie"
        " vorübergehende.",
    ),
    "close app password": (
        "Revoke the app passwords that you made for the migration (for example at Google, Apple, Yahoo, Microsoft).",
        "Widerrufen Sie die App-Passwörter, die Sie für den Umzug angelegt haben (etwa bei Google, Apple, Yahoo,"
        " Microsoft).",
    ),
    "close consent": (
        "If you permitted an app or a service account to read your mailboxes, withdraw that permission, and turn IMAP"
        " off again if you turned it on for the migration.",
        "Falls Sie einer App oder einem Dienstkonto erlaubt haben, Ihre Postfächer zu lesen, nehmen Sie das zurück, und"
        " schalten Sie IMAP wieder ab, falls Sie es für den Umzug eingeschaltet haben.",
    ),
    "close new password": (
        "If your new mailboxes were made with passwords from a list, let each person choose a new one.",
        "Falls Ihre neuen Postfächer Passwörter aus einer Liste bekommen haben, soll jede Person ein neues wählen.",
    ),
    "close later": ("In the next weeks", "In den nächsten Wochen"),
    "close ttl": (
        "Raise the time to live (TTL) of your DNS records again if it was lowered; an hour is usual: {domains}",
        "Heben Sie die Lebensdauer (TTL) Ihrer DNS-Einträge wieder an, falls sie gesenkt wurde; üblich ist eine Stunde:"
        " {domains}",
    ),
    "close transfer": (
        "If the domain itself is registered with the old provider, have it transferred before you cancel the contract"
        " there.",
        "Falls die Domain selbst beim alten Anbieter registriert ist, lassen Sie sie übertragen, bevor Sie dort"
        " kündigen.",
    ),
    "close cancel": (
        "Cancel the old mailboxes only when everybody has looked whether their mail is here.",
        "Kündigen Sie die alten Postfächer erst, wenn alle nachgesehen haben, ob ihre E-Mails hier sind.",
    ),
}
