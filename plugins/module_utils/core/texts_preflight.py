# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sentences on what a customer should do before the migration."""

from __future__ import annotations

from collections.abc import Mapping

# By name, in the order of LANGUAGES.
SENTENCES: Mapping[str, tuple[str, str]] = {
    "before": ("Before your e-mail migration, ticket {ticket}", "Vor Ihrem E-Mail-Umzug, Ticket {ticket}"),
    "ready": (
        "We have looked at everything. There is nothing that you have to do.",
        "Wir haben alles geprüft. Sie müssen nichts weiter tun.",
    ),
    "not looked at": (
        "{n} of {all} mailboxes were not looked at yet: we will write to you about them, and the numbers below are"
        " without them.",
        "{n} von {all} Postfächern sind noch nicht geprüft: dazu schreiben wir Ihnen noch, und die Zahlen unten sind"
        " ohne sie.",
    ),
    "please": ("Please look at this", "Bitte sehen Sie sich das an"),
    "please why": (
        "We cannot move the following as it is. Please send us corrected files, or answer in this ticket; passwords"
        " only"
        " on the way that we agreed on.",
        "Das Folgende können wir so nicht umziehen. Bitte senden Sie uns berichtigte Dateien oder antworten Sie in"
        " diesem"
        " Ticket; Passwörter nur auf dem vereinbarten Weg.",
    ),
    "our names": (
        "The names of files are ours: mailboxes.csv is your list of mailboxes to move, users.csv that of mailboxes to"
        " create, and aliases.csv, forwards.csv and lists.csv hold what they are called by. The first line is line 1.",
        "Die Dateinamen sind unsere: mailboxes.csv ist Ihre Liste der Postfächer, die umziehen, users.csv die der"
        " Postfächer, die anzulegen sind; aliases.csv enthält Aliase, forwards.csv Weiterleitungen und lists.csv"
        " Verteilerlisten. Die erste Zeile ist Zeile 1.",
    ),
    "row": ("{file}, line {line}: {what}", "{file}, Zeile {line}: {what}"),
    "file": ("{file}: {what}", "{file}: {what}"),
    "bad address": (
        "the address is missing, has a mistake in it, contradicts another line, or is in a domain that you did not"
        " name",
        "die Adresse fehlt, enthält einen Fehler, widerspricht einer anderen Zeile oder gehört zu einer Domain, die Sie"
        " nicht genannt haben",
    ),
    "bad password": ("the password is missing or cannot be used", "das Passwort fehlt oder ist nicht verwendbar"),
    "odd password": (
        "the password looks as if a spreadsheet program had changed it, or has a space at its edge; please check it",
        "das Passwort sieht aus, als hätte ein Tabellenprogramm es verändert, oder es hat ein Leerzeichen am Rand;"
        " bitte"
        " prüfen Sie es",
    ),
    "bad server": (
        "the name of the mail server is missing or has a mistake in it",
        "der Name des Mailservers fehlt oder enthält einen Fehler",
    ),
    "bad cell": (
        'the column "{column}" cannot be used; leave it empty if you do not know it',
        'die Spalte "{column}" ist so nicht verwendbar; lassen Sie sie leer, wenn Sie den Wert nicht kennen',
    ),
    "bad line": ("this line cannot be read as it is", "diese Zeile ist so nicht lesbar"),
    "bad file": (
        "we cannot read this file as a table with one line for each entry; please send it as CSV with a header line",
        "wir können diese Datei nicht als Tabelle mit einer Zeile je Eintrag lesen; bitte senden Sie sie als CSV mit"
        " Kopfzeile",
    ),
    "whose file": (
        "we cannot tell which of the mailboxes this belongs to; please tell us, or name the file like the mailbox, such"
        " as anna@example.com.vcf",
        "wir erkennen nicht, zu welchem der Postfächer das gehört; bitte sagen Sie es uns, oder nennen Sie die Datei"
        " wie das Postfach, etwa anna@example.com.vcf",
    ),
    "unknown file": (
        "we cannot read this as contacts or as a calendar; please export contacts as .vcf and calendars as .ics",
        "wir können das nicht als Kontakte oder Kalender lesen; bitte exportieren Sie Kontakte als .vcf und Kalender"
        " als .ics",
    ),
    "add domain": (
        "{domain}: this domain is not set up here yet. Please add it in your administrator panel and have its ownership"
        " verified.",
        "{domain}: diese Domain ist hier noch nicht eingerichtet. Bitte fügen Sie sie in Ihrer Verwaltungsoberfläche"
        " hinzu und lassen Sie bestätigen, dass sie Ihnen gehört.",
    ),
    "prove domain": (
        "{domain}: this domain is not set up here yet, for we need a proof that it is yours. Please enter the record"
        " below at your DNS host now; nothing else changes by it.",
        "{domain}: diese Domain ist hier noch nicht eingerichtet, denn wir brauchen einen Nachweis, dass sie Ihnen"
        " gehört. Bitte nehmen Sie den Eintrag unten jetzt bei Ihrem DNS-Anbieter vor; sonst ändert sich dadurch"
        " nichts.",
    ),
    "absent": (
        "{mailbox}: this mailbox does not exist here yet. Please create it in your administrator panel, or send us its"
        " line for the bulk creation.",
        "{mailbox}: dieses Postfach gibt es hier noch nicht. Bitte legen Sie es in Ihrer Verwaltungsoberfläche an, oder"
        " senden Sie uns seine Zeile für das Anlegen aus einer Liste.",
    ),
    "bad list": (
        "the list or the member does not exist here; please create lists in your administrator panel first",
        "die Liste oder das Mitglied gibt es hier nicht; bitte legen Sie Listen zuerst in Ihrer Verwaltungsoberfläche"
        " an",
    ),
    "bad route": (
        "we cannot set this up: the address that it leads to does not exist here, or this address is in use in another"
        " way",
        "das können wir so nicht einrichten: die Adresse, zu der es führt, gibt es hier nicht, oder diese Adresse wird"
        " hier schon anders benutzt",
    ),
    "login_refused": (
        '{mailbox}: your old provider ({host}) does not accept the user name "{user}" with the password that we have.'
        " Please send us the current password.",
        '{mailbox}: Ihr alter Anbieter ({host}) nimmt den Benutzernamen "{user}" mit dem uns vorliegenden Passwort'
        " nicht"
        " an. Bitte senden Sie uns das aktuelle Passwort.",
    ),
    "app password": (
        "This provider needs an app password, which you create in the settings of the account, and access by IMAP has"
        " to"
        " be turned on there.",
        "Dieser Anbieter verlangt ein App-Passwort, das Sie in den Einstellungen des Kontos erzeugen; dort muss auch"
        " der"
        " Zugriff per IMAP eingeschaltet sein.",
    ),
    "token": (
        "This provider takes no passwords here; your administrator has to grant us access. We will tell you how.",
        "Dieser Anbieter nimmt hier keine Passwörter an; Ihr Administrator muss uns den Zugriff erlauben. Wir erklären"
        " Ihnen, wie.",
    ),
    "tls_failed": (
        "{mailbox}: the server {host} cannot show that it is your provider's, so we did not send it your password."
        " Please"
        " ask your old provider for the right name of the IMAP server.",
        "{mailbox}: der Server {host} kann nicht nachweisen, dass er zu Ihrem Anbieter gehört; wir haben ihm Ihr"
        " Passwort"
        " deshalb nicht gesendet. Bitte fragen Sie Ihren alten Anbieter nach dem richtigen Namen des IMAP-Servers.",
    ),
    "connection_lost": (
        "{mailbox}: we cannot reach the server {host}. Please check its name with your old provider.",
        "{mailbox}: wir erreichen den Server {host} nicht. Bitte prüfen Sie seinen Namen bei Ihrem alten Anbieter.",
    ),
    "no room": (
        "{mailbox}: {needed} are to be moved, and the new mailbox has room for {room}. Please order more space, or"
        " tell us"
        " what to leave behind.",
        "{mailbox}: {needed} sollen umziehen, das neue Postfach hat aber nur Platz für {room}. Bitte bestellen Sie mehr"
        " Speicherplatz oder sagen Sie uns, was zurückbleiben soll.",
    ),
    "too large": (
        "{mailbox}: {n} messages are larger than {limit} and cannot be moved. Please save them at your old provider,"
        " if you need them: {which}",
        "{mailbox}: {n} Nachrichten sind größer als {limit} und können nicht umziehen. Bitte sichern Sie sie beim alten"
        " Anbieter, wenn Sie sie brauchen: {which}",
    ),
    "one too large": (
        "{mailbox}: {n} message is larger than {limit} and cannot be moved. Please save it at your old provider, if you"
        " need it: {which}",
        "{mailbox}: {n} Nachricht ist größer als {limit} und kann nicht umziehen. Bitte sichern Sie sie beim alten"
        " Anbieter, wenn Sie sie brauchen: {which}",
    ),
    "large one": ("{folder}, {date}, {size}", "{folder}, {date}, {size}"),
    "moves": ("What we will move", "Was wir umziehen"),
    "size": ("Size", "Größe"),
    "not seen": ("not known yet", "noch nicht bekannt"),
    "leaves": ("What we leave out, and how many messages", "Was wir auslassen, und wie viele Nachrichten"),
    "left by": ("{mailbox}, {folder}: {n} ({why})", "{mailbox}, {folder}: {n} ({why})"),
    "in mailboxes": ("In {n} mailboxes", "In {n} Postfächern"),
    "renames": ("Folders that get another name", "Ordner, die anders heißen werden"),
    "renamed": ("{mailbox}: {there} will be {here}", "{mailbox}: {there} wird zu {here}"),
    "and more": ("and {n} more", "und {n} weitere"),
    "records": ("DNS records", "DNS-Einträge"),
    "records when": (
        "Please leave your DNS records as they are for now. We tell you when everything is copied; only then should"
        " these records be entered.",
        "Bitte lassen Sie Ihre DNS-Einträge vorerst, wie sie sind. Wir melden uns, sobald alles kopiert ist; erst dann"
        " sollen diese Einträge vorgenommen werden.",
    ),
    "records of": ("In the zone of {domain}:", "In der Zone von {domain}:"),
    "record name": ("Name", "Name"),
    "record type": ("Type", "Typ"),
    "record value": ("Value", "Wert"),
    "record away": ("(remove) {value}", "(entfernen) {value}"),
    "how long": ("How long it takes", "Wie lange es dauert"),
    "within a day": (
        "We expect that copying takes less than 24 hours.",
        "Wir rechnen damit, dass das Kopieren weniger als 24 Stunden dauert.",
    ),
    "takes days": (
        "We expect that copying takes about {days} days, from {begins} to {ends}. You can use both mailboxes"
        " meanwhile.",
        "Wir rechnen damit, dass das Kopieren etwa {days} Tage dauert, vom {begins} bis zum {ends}. Sie können beide"
        " Postfächer währenddessen benutzen.",
    ),
    "takes long": (
        "Copying takes very long; we will agree with you on how to go about it.",
        "Das Kopieren dauert sehr lange; wir stimmen das Vorgehen mit Ihnen ab.",
    ),
    "budget": (
        "Your old provider lets us read only a certain amount of each mailbox in a day.",
        "Ihr alter Anbieter lässt uns je Postfach nur eine bestimmte Menge am Tag lesen.",
    ),
}
