# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders in which Exchange keeps what is no mail, and which it lists as folders of messages all the same."""

from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.core.folder_names import nfc, path_of
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Side

# A language a line: calendar and contacts, by which the language of a mailbox is known, then the others.
_NAMES = (
    ("Calendar", "Contacts", "Tasks", "Journal", "Notes", "Sync Issues", "RSS Feeds", "RSS Subscriptions"),
    ("Kalender", "Kontakte", "Aufgaben", "Journal", "Notizen", "Synchronisierungsprobleme", "RSS-Feeds"),
    ("Calendrier", "Contacts", "Tâches", "Journal", "Notes", "Problèmes de synchronisation", "Flux RSS"),
    ("Calendario", "Contactos", "Tareas", "Diario", "Notas", "Problemas de sincronización", "Fuentes RSS"),
    ("Calendario", "Contatti", "Attività", "Diario", "Note", "Problemi di sincronizzazione", "Feed RSS"),
    ("Calendário", "Contatos", "Tarefas", "Diário", "Anotações", "Problemas de Sincronização", "RSS Feeds"),
    ("Calendário", "Contactos", "Tarefas", "Diário", "Notas", "Problemas de Sincronização", "RSS Feeds"),
    ("Agenda", "Contactpersonen", "Taken", "Logboek", "Notities", "Synchronisatieproblemen", "RSS-feeds"),
    ("Kalendarz", "Kontakty", "Zadania", "Dziennik", "Notatki", "Problemy z synchronizacją", "Źródła danych RSS"),
    ("Календарь", "Контакты", "Задачи", "Дневник", "Заметки", "Ошибки синхронизации", "RSS-каналы"),
    ("Kalender", "Kontakter", "Uppgifter", "Journal", "Anteckningar", "Synkroniseringsproblem", "RSS-feeds"),
    ("Kalender", "Kontaktpersoner", "Opgaver", "Journal", "Noter", "Synkroniseringsproblemer", "RSS-feeds"),
)


def holds_other_items(side: Side) -> frozenset[str]:
    """The top-level names, in lower case, of folders that hold no mail, at a side that is known to be Exchange.

    Only those of the language in which calendar and contacts are there: in a German mailbox "Notes" is a mail folder.
    """
    there = {nfc(path_of(folder.name, side)[0]).casefold() for folder in side.folders}
    found = [[nfc(name).casefold() for name in names] for names in _NAMES]
    return frozenset(name for names in found if there.issuperset(names[:2]) for name in names)
