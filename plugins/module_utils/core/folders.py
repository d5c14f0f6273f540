# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that describe folders of a mailbox and the map from source to destination."""

from __future__ import annotations

from dataclasses import dataclass

NOT_SELECTABLE = frozenset({"\\noselect", "\\nonexistent"})


@dataclass(frozen=True)
class Folder:
    """One folder as its server lists it.

    ``name`` is the server's full name, decoded to Unicode. ``attributes`` are the LIST attributes in lower case
    (``\\noselect``, ``\\sent``; RFC 9051 section 7.3.1, RFC 6154).
    """

    name: str
    delimiter: str | None
    attributes: frozenset[str] = frozenset()
    subscribed: bool = False


@dataclass(frozen=True)
class Side:
    """All folders of one side.

    ``delimiter`` is empty on a server without hierarchy. ``prefix`` is that of the personal namespace, delimiter
    included (RFC 2342); ``is_guessed`` says that the server does not tell it. ``foreign`` are the prefixes of the
    namespaces of other users and of shared folders. ``notes`` are sentences about names that the listing could not give
    as they are. ``has_labels`` says that folders are labels: one message may lie in several of them (Gmail,
    X-GM-EXT-1).

    What only a try shows, in full names: ``refused``, which the server did not create, and ``aliases``, which it holds
    for the same as a folder that it lists, with that one's name.
    """

    folders: tuple[Folder, ...]
    delimiter: str
    prefix: str = ""
    foreign: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    has_labels: bool = False
    refused: frozenset[str] = frozenset()
    aliases: tuple[tuple[str, str], ...] = ()
    is_guessed: bool = False

    @property
    def may_want_prefix(self) -> bool:
        """Whether folders may have to lie below INBOX though nothing that is there shows it."""
        return self.is_guessed and bool(self.delimiter) and all(folder.name == "INBOX" for folder in self.folders)


@dataclass(frozen=True)
class FolderRules:
    """What the ticket says about folders.

    ``include``, ``exclude`` and the keys of ``rename`` are decoded source names with ``/`` as level separator (a
    literal ``/`` inside a name is written ``\\/``), exact or fnmatch patterns. Values of ``rename`` are destination
    names in the same form. Folders below a renamed one go with it; below an excluded one only when a pattern says so.
    ``gmail_labels`` is one of `POLICIES` in ``core/labels``.
    ``exchange`` says that the source is Microsoft's, which lists calendars and the like as mail folders.
    """

    include_trash: bool = False
    include_junk: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    gmail_labels: str = "folders"
    exchange: bool = False


@dataclass(frozen=True)
class FolderPair:
    """One source folder and where its messages go.

    ``source`` and ``destination`` are full server names of their side. ``selectable`` is false for a level that only
    holds other folders. ``role`` is one of ``inbox sent drafts trash junk archive`` or None. ``create`` and
    ``subscribe`` say that the destination folder doesn't exist or isn't subscribed as the plan is made: merged
    folders say so each.
    """

    source: str
    destination: str
    selectable: bool = True
    role: str | None = None
    create: bool = False
    subscribe: bool = False


@dataclass(frozen=True)
class ExcludedFolder:
    """A source folder that is not migrated, and why. The messages of a ``view`` lie in other folders."""

    source: str
    reason: str
    view: bool = False


@dataclass(frozen=True)
class Remark:
    """A sentence for the report on source folders, by their server names."""

    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class FolderPlan:
    """The whole map. ``remarks`` tell of every rename or merge that was not asked for."""

    pairs: tuple[FolderPair, ...]
    excluded: tuple[ExcludedFolder, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of all remarks."""
        return tuple(remark.text for remark in self.remarks)
