# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of the customer's pages on what was transferred."""

from __future__ import annotations

from collections.abc import Mapping

# By name; English, German.
SENTENCES: Mapping[str, tuple[str, str]] = {
    "mailbox": ("Your mailbox {mailbox}", "Ihr Postfach {mailbox}"),
    "ticket": ("Your e-mail migration, ticket {ticket}", "Ihr E-Mail-Umzug, Ticket {ticket}"),
    "all here": ("{here} of {messages} messages are here.", "{here} von {messages} Nachrichten sind hier."),
    "not all": (
        "{here} of {messages} messages are here; {left} are not, because:",
        "{here} von {messages} Nachrichten sind hier; {left} nicht, denn:",
    ),
    "one not": (
        "{here} of {messages} messages are here; 1 is not, because:",
        "{here} von {messages} Nachrichten sind hier; 1 nicht, denn:",
    ),
    "deleted": (
        "{n}: deleted here since, by you or one of your programs",
        "{n}: seither hier gelöscht, von Ihnen oder einem Ihrer Programme",
    ),
    "accepted": (
        "{n}: our server does not take them, and it is agreed that they stay behind",
        "{n}: unser Server nimmt sie nicht an, und es ist vereinbart, dass sie zurückbleiben",
    ),
    "refused": (
        "{n}: our server does not take them as they are; we will tell you which",
        "{n}: unser Server nimmt sie so nicht an; wir nennen sie Ihnen",
    ),
    "held": (
        "{n}: perhaps deleted here before; please tell us whether you want them back",
        "{n}: vielleicht früher hier gelöscht; bitte sagen Sie uns, ob Sie sie wiederhaben möchten",
    ),
    "waiting": (
        "{n}: arrived at your old provider after our last pass, or are still on their way; the next pass brings them",
        "{n}: nach unserem letzten Durchgang beim alten Anbieter eingetroffen oder noch unterwegs; der nächste"
        " Durchgang bringt sie",
    ),
    "taken_back": (
        "{n}: taken back by us; the next pass brings them again",
        "{n}: von uns zurückgenommen; der nächste Durchgang bringt sie wieder",
    ),
    "lost": ("{n}: missing here; we are looking into it", "{n}: fehlen hier; wir gehen dem nach"),
    "altered": (
        "{n}: differ from those at your old provider; we are looking into it",
        "{n}: weichen von denen beim alten Anbieter ab; wir gehen dem nach",
    ),
    "unreadable": (
        "{n}: could not be read; we are looking into it",
        "{n}: konnten nicht gelesen werden; wir gehen dem nach",
    ),
    "open": (
        "The check found something that we are still working on.",
        "Die Prüfung hat etwas gefunden, woran wir noch arbeiten.",
    ),
    "not checked": ("not checked yet", "noch nicht geprüft"),
    "unverified": (
        "This mailbox could not be checked yet; we are working on it.",
        "Dieses Postfach konnte noch nicht geprüft werden; wir arbeiten daran.",
    ),
    "full": (
        "We read every message at your old provider and here, and compared them octet by octet.",
        "Wir haben jede Nachricht beim alten Anbieter und hier gelesen und Byte für Byte verglichen.",
    ),
    "facts": (
        "We held the lists of messages on both sides against our record of every copy.",
        "Wir haben die Nachrichtenlisten beider Seiten mit unserem Verzeichnis jeder Kopie abgeglichen.",
    ),
    "folders": ("Your folders", "Ihre Ordner"),
    "folder there": ("Folder at your old provider", "Ordner beim alten Anbieter"),
    "folder here": ("Folder here", "Ordner hier"),
    "messages": ("Messages", "Nachrichten"),
    "are here": ("Here", "Hier"),
    "archive": ("Where older messages are, and how many", "Wo ältere Nachrichten sind, und wie viele"),
    "archived": ("{folder}: {n} (look in {to})", "{folder}: {n} (sehen Sie in {to} nach)"),
    "moved": (
        "In other folders, where you or one of your programs moved them: {n}.",
        "In anderen Ordnern, wohin Sie oder eines Ihrer Programme sie verschoben haben: {n}.",
    ),
    "excluded": ("What we left out, and how many messages", "Was wir ausgelassen haben, und wie viele Nachrichten"),
    "left out": ("{folder}: {n} ({why})", "{folder}: {n} ({why})"),
    "trash": ("the trash; tell us if you want it", "der Papierkorb; sagen Sie uns, wenn Sie ihn möchten"),
    "junk": ("spam", "Spam"),
    "view": (
        "shows messages that lie in other folders",
        "zeigt Nachrichten, die in anderen Ordnern liegen",
    ),
    "labels": ("its messages are in All Mail", "seine Nachrichten sind in Alle Nachrichten"),
    "shared": ("shared, or another person's", "freigegeben oder von einer anderen Person"),
    "no_mail": ("holds no e-mail", "enthält keine E-Mails"),
    "rules": ("as agreed in the ticket", "wie im Ticket vereinbart"),
    "marked": (
        "Marked as deleted at your old provider, and left there: {n}.",
        "Beim alten Anbieter als gelöscht markiert und dort geblieben: {n}.",
    ),
    "mailboxes": ("Mailboxes", "Postfächer"),
    "address": ("Mailbox", "Postfach"),
    "routes good": (
        "Every alias, every forward and every member of a list is correctly mapped.",
        "Jeder Alias, jede Weiterleitung und jedes Listenmitglied ist richtig zugeordnet.",
    ),
    "routes bad": (
        "Aliases, forwards or lists are not yet as you asked for:",
        "Aliase, Weiterleitungen oder Listen sind noch nicht so wie gewünscht:",
    ),
}
