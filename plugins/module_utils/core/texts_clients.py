# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of the customer's pages on setting up mail programs. Menus are those of Outlook in that language."""

from __future__ import annotations

from collections.abc import Mapping

# By name; English, German.
SENTENCES: Mapping[str, tuple[str, str]] = {
    "setup of": ("Set up your e-mail: {mailbox}", "E-Mail einrichten: {mailbox}"),
    "setup domain": ("Set up your e-mail at {domain}", "E-Mail einrichten für {domain}"),
    "setup intro": (
        "{provider} is your e-mail provider now. Your address stays the same; your programs need these new settings.",
        "{provider} ist jetzt Ihr E-Mail-Anbieter. Ihre Adresse bleibt; Ihre Programme brauchen diese neuen"
        " Einstellungen.",
    ),
    "setup login": ("Your login", "Ihre Anmeldung"),
    "user name": ("User name", "Benutzername"),
    "password": ("Password", "Passwort"),
    "password hint": (
        "the one of your new mailbox; it is in none of these files",
        "das Ihres neuen Postfachs; es steht in keiner dieser Dateien",
    ),
    "whole address": ("your whole e-mail address", "Ihre ganze E-Mail-Adresse"),
    "local part": ("what stands before the @ of your e-mail address", "was in Ihrer E-Mail-Adresse vor dem @ steht"),
    "servers": ("Servers and ports", "Server und Ports"),
    "purpose": ("For", "Für"),
    "server": ("Server", "Server"),
    "port": ("Port", "Port"),
    "encryption": ("Encryption", "Verschlüsselung"),
    "incoming imap": ("Incoming mail: IMAP", "Posteingang: IMAP"),
    "incoming pop3": ("Incoming mail: POP3", "Posteingang: POP3"),
    "outgoing": ("Outgoing mail: SMTP, with login", "Postausgang: SMTP, mit Anmeldung"),
    "encryption tls": ("SSL/TLS", "SSL/TLS"),
    "encryption starttls": ("STARTTLS", "STARTTLS"),
    "prefer imap": (
        "Choose IMAP: your mail then stays on the server, and all of your devices show the same.",
        "Wählen Sie IMAP: Ihre E-Mails bleiben dann auf dem Server, und alle Ihre Geräte zeigen dasselbe.",
    ),
    "contacts": ("Contacts (CardDAV)", "Kontakte (CardDAV)"),
    "calendars": ("Calendars (CalDAV)", "Kalender (CalDAV)"),
    "web mail": ("Web mail", "Webmail"),
    "by itself": ("Programs that set themselves up", "Programme, die sich selbst einrichten"),
    "thunderbird": (
        "Thunderbird: enter your name, e-mail address and password; it finds the rest.",
        "Thunderbird: Geben Sie Namen, E-Mail-Adresse und Passwort ein; den Rest findet es selbst.",
    ),
    "apple": (
        "iPhone, iPad, Mac: open the file that ends in .mobileconfig, then install it in Settings, General,"
        " VPN & Device Management (on a Mac: System Settings, General, Device Management).",
        "iPhone, iPad, Mac: Öffnen Sie die Datei mit der Endung .mobileconfig und installieren Sie sie unter"
        " Einstellungen, Allgemein, VPN und Geräteverwaltung (am Mac: Systemeinstellungen, Allgemein,"
        " Geräteverwaltung).",
    ),
    "other programs": (
        "All others: enter the servers and ports above.",
        "Alle anderen: Geben Sie die Server und Ports von oben ein.",
    ),
    "outlook": ("Outlook: make a new profile", "Outlook: neues Profil anlegen"),
    "golden rule": (
        "The golden rule: do not edit your existing profile to change the server names. An overwritten profile often"
        " fails, or its data files (PST, OST) become corrupted.",
        "Die goldene Regel: Ändern Sie nicht die Servernamen in Ihrem bestehenden Profil. Ein überschriebenes Profil"
        " versagt oft, oder seine Datendateien (PST, OST) werden beschädigt.",
    ),
    "profile close": (
        "Close Outlook. Your present profile stays untouched, as a reference.",
        "Schließen Sie Outlook. Ihr bisheriges Profil bleibt unverändert, zum Nachschlagen.",
    ),
    "profile open": (
        "Open the Control Panel of Windows, choose Mail (Microsoft Outlook), then Show Profiles.",
        "Öffnen Sie die Systemsteuerung von Windows, wählen Sie Mail (Microsoft Outlook), dann Profile anzeigen.",
    ),
    "profile add": (
        "Choose Add, and give the new profile a name.",
        "Wählen Sie Hinzufügen, und geben Sie dem neuen Profil einen Namen.",
    ),
    "profile fill": (
        "Enter your name, e-mail address and password. If Outlook finds no settings, choose manual setup, then IMAP,"
        " and enter the servers and ports above.",
        "Geben Sie Namen, E-Mail-Adresse und Passwort ein. Findet Outlook keine Einstellungen, wählen Sie die manuelle"
        " Einrichtung, dann IMAP, und geben Sie die Server und Ports von oben ein.",
    ),
    "profile ask": (
        "Choose Prompt for a profile to be used, start Outlook with the new one, and see that your mail is there.",
        "Wählen Sie Zu verwendendes Profil bestätigen, starten Sie Outlook mit dem neuen, und sehen Sie nach, ob Ihre"
        " E-Mails da sind.",
    ),
    "profile default": (
        "Only then choose Always use this profile with the new one. Delete the old one when you no longer need it.",
        "Wählen Sie erst dann Immer dieses Profil verwenden mit dem neuen. Löschen Sie das alte, wenn Sie es nicht"
        " mehr brauchen.",
    ),
    "rules of outlook": ("Outlook: take your rules along", "Outlook: Regeln mitnehmen"),
    "rules why": (
        "Rules (such as: move all invoices to the folder Accounting) belong to a profile. Move them in two steps.",
        "Regeln (etwa: alle Rechnungen in den Ordner Buchhaltung verschieben) gehören zu einem Profil. Sie ziehen in"
        " zwei Schritten um.",
    ),
    "rules export": ("Export, in the old profile", "Exportieren, im alten Profil"),
    "rules open old": (
        "Open Outlook with your old profile, and go to the File tab.",
        "Öffnen Sie Outlook mit Ihrem alten Profil, und wechseln Sie zu Datei.",
    ),
    "rules manage": ("Choose Manage Rules & Alerts.", "Wählen Sie Regeln und Benachrichtigungen verwalten."),
    "rules do export": (
        "Choose Options, then Export Rules.",
        "Wählen Sie Optionen, dann Regeln exportieren.",
    ),
    "rules save": (
        "Save the file (it ends in .rwz) in a safe place.",
        "Speichern Sie die Datei (Endung .rwz) an einem sicheren Ort.",
    ),
    "rules import": ("Import, in the new profile", "Importieren, im neuen Profil"),
    "rules open new": (
        "Open Outlook with your new profile, and go to File, Manage Rules & Alerts.",
        "Öffnen Sie Outlook mit Ihrem neuen Profil, und wechseln Sie zu Datei, Regeln und Benachrichtigungen"
        " verwalten.",
    ),
    "rules do import": ("Choose Options, then Import Rules.", "Wählen Sie Optionen, dann Regeln importieren."),
    "rules choose": (
        "Choose the .rwz file that you saved.",
        "Wählen Sie die .rwz-Datei, die Sie gespeichert haben.",
    ),
    "pop3": ("If you used POP3 so far", "Wenn Sie bisher POP3 benutzt haben"),
    "pop3 risk": (
        "With POP3 your mail may be on your computer only, and not at your old provider. We cannot transfer what is not"
        " there: the copy on your computer is the only one.",
        "Mit POP3 liegen Ihre E-Mails womöglich nur auf Ihrem Computer und nicht beim alten Anbieter. Was dort nicht"
        " ist, können wir nicht übertragen: Die Kopie auf Ihrem Computer ist die einzige.",
    ),
    "pst export": (
        "First make a backup, in the old profile: File, Open & Export, Import/Export, Export to a file, Outlook Data"
        " File (.pst). Choose the top of your mailbox, and include subfolders.",
        "Sichern Sie zuerst, im alten Profil: Datei, Öffnen und Exportieren, Importieren/Exportieren, In Datei"
        " exportieren, Outlook-Datendatei (.pst). Wählen Sie die oberste Ebene Ihres Postfachs, mit Unterordnern.",
    ),
    "pst profile": ("Make the new profile, as above.", "Legen Sie das neue Profil an, wie oben."),
    "pst import": (
        "In the new profile: File, Open & Export, Import/Export, Import from another program or file, Outlook Data File"
        " (.pst). Choose your backup; it is merged with your new mailbox.",
        "Im neuen Profil: Datei, Öffnen und Exportieren, Importieren/Exportieren, Aus anderen Programmen oder Dateien"
        " importieren, Outlook-Datendatei (.pst). Wählen Sie Ihre Sicherung; sie wird mit dem neuen Postfach"
        " zusammengeführt.",
    ),
    "pst keep": (
        "Do not delete the old profile until you are certain that all of your data is in the new one.",
        "Löschen Sie das alte Profil erst, wenn Sie sicher sind, dass alle Ihre Daten im neuen sind.",
    ),
    "expect": ("What to expect", "Was Sie erwartet"),
    "expect folders": (
        "Your folders are here as they were.",
        "Ihre Ordner sind hier, wie sie waren.",
    ),
    "expect archive": (
        "In a folder with more than {threshold} messages only this year's and last year's stay. Older ones are in"
        " sub-folders by year: those of a folder Leads in {example}, for instance.",
        "In einem Ordner mit mehr als {threshold} Nachrichten bleiben nur die von diesem und vom letzten Jahr. Ältere"
        " sind nach Jahren in Unterordnern: die eines Ordners Kunden etwa in {example}.",
    ),
    "archive example": ("Archive.Leads.2023", "Archive.Kunden.2023"),
    "expect missing": (
        "A folder has fewer messages than you expect? Look in Archive. Everything there can be read and searched on all"
        " of your devices.",
        "Ein Ordner hat weniger Nachrichten als erwartet? Sehen Sie in Archive nach. Alles dort lässt sich auf allen"
        " Ihren Geräten lesen und durchsuchen.",
    ),
    "expect neither": (
        "Trash and Spam were not transferred. If you need your Trash, tell us before you cancel your old mailbox.",
        "Papierkorb und Spam wurden nicht übertragen. Wenn Sie den Papierkorb brauchen, sagen Sie es uns, bevor Sie Ihr"
        " altes Postfach kündigen.",
    ),
    "expect trash": (
        "Spam was not transferred. Your Trash was, as agreed.",
        "Spam wurde nicht übertragen. Ihr Papierkorb schon, wie vereinbart.",
    ),
    "expect junk": (
        "Trash was not transferred. If you need it, tell us before you cancel your old mailbox. Spam was, as agreed.",
        "Der Papierkorb wurde nicht übertragen. Wenn Sie ihn brauchen, sagen Sie es uns, bevor Sie Ihr altes Postfach"
        " kündigen. Spam schon, wie vereinbart.",
    ),
    "expect both": (
        "Trash and Spam were transferred, too, as agreed.",
        "Auch Papierkorb und Spam wurden übertragen, wie vereinbart.",
    ),
    "help": ("Help", "Hilfe"),
    "help from": ("{who} is happy to help:", "{who} hilft Ihnen gern:"),
    "help mail": ("E-mail: {mail}", "E-Mail: {mail}"),
    "help phone": ("Telephone: {phone}", "Telefon: {phone}"),
    "help web": ("Web: {web}", "Web: {web}"),
    "profile about": (
        "Sets up your e-mail, contacts and calendars at {provider}. It holds no password.",
        "Richtet Ihre E-Mail, Kontakte und Kalender bei {provider} ein. Sie enthält kein Passwort.",
    ),
}
