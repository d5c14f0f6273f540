# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of the message that tells a customer where the ticket stands."""

from __future__ import annotations

from collections.abc import Mapping

# By name; English, German.
SENTENCES: Mapping[str, tuple[str, str]] = {
    "message done": (
        "Your e-mail is here, and we have compared it with your old provider's.",
        "Ihre E-Mails sind hier, und wir haben sie mit denen beim alten Anbieter verglichen.",
    ),
    "message copied": (
        "Your e-mail has been copied. What still arrives at your old provider follows in the next pass.",
        "Ihre E-Mails sind kopiert. Was noch beim alten Anbieter eintrifft, folgt im nächsten Durchgang.",
    ),
    "message going": ("We are moving your e-mail.", "Wir ziehen Ihre E-Mails um."),
    "message numbers": (
        "Messages: {here} of {messages}. Mailboxes: {mailboxes}. Folders: {folders}. Size: {size}.",
        "Nachrichten: {here} von {messages}. Postfächer: {mailboxes}. Ordner: {folders}. Größe: {size}.",
    ),
    "message attention": (
        "These mailboxes are not through yet; we are looking into them: {mailboxes}.",
        "Diese Postfächer sind noch nicht fertig; wir gehen dem nach: {mailboxes}.",
    ),
    "message more": ("{names} and {n} more", "{names} und {n} weitere"),
    "message refused": (
        "Messages that our server does not take as they are: {n}. We will tell you which.",
        "Nachrichten, die unser Server so nicht annimmt: {n}. Wir nennen sie Ihnen.",
    ),
    "message contacts refused": (
        "Contacts and calendar entries of your files that cannot be stored here: {n}. Please enter them by hand; we"
        " tell you which.",
        "Kontakte und Kalendereinträge Ihrer Dateien, die hier nicht gespeichert werden können: {n}. Bitte tragen Sie"
        " sie von Hand ein; wir nennen sie Ihnen.",
    ),
    "message held": (
        "Messages that may have been deleted here before: {n}. Please tell us whether you want them back.",
        "Nachrichten, die vielleicht früher hier gelöscht wurden: {n}. Bitte sagen Sie uns, ob Sie sie wiederhaben"
        " möchten.",
    ),
    "message archived": (
        "Older messages of large folders now lie in folders by year, below Archive: {n}.",
        "Ältere Nachrichten großer Ordner liegen jetzt nach Jahren geordnet unter Archive: {n}.",
    ),
    "message next": ("What comes next", "Wie es weitergeht"),
    "message wait": (
        "{domains}: please leave the MX records as they are until we tell you. We copy first.",
        "{domains}: Bitte lassen Sie die MX-Einträge, wie sie sind, bis wir uns melden. Wir kopieren zuerst.",
    ),
    "message first": (
        "{domains}: please have the MX records changed as agreed. Until then mail goes to your old provider.",
        "{domains}: Bitte lassen Sie die MX-Einträge wie vereinbart ändern. Bis dahin kommt Ihre Post beim alten"
        " Anbieter an.",
    ),
    "message final": (
        "{domains}: new mail arrives here. Please keep your accounts at your old provider until we say that all is"
        " done.",
        "{domains}: Neue Post kommt hier an. Bitte behalten Sie Ihre Konten beim alten Anbieter, bis wir melden, dass"
        " alles erledigt ist.",
    ),
    "message closed": (
        "{domains}: nothing is left to be brought over.",
        "{domains}: Es ist nichts mehr zu übertragen.",
    ),
}
