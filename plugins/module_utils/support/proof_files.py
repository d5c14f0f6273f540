# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a mailbox's proof: the manifest that is there is checked, then a new one and the pages are written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..audit.audit import Audit
from ..audit.manifest import Owner, manifest_fault, proof_path, write_manifest, write_text
from ..audit.proving import manifest_lines
from ..audit.signature import NO_KEYS, Keys, read_keys
from ..core.customer_page import mailbox_page
from ..core.customer_texts import LANGUAGES, Texts
from ..core.page import as_html, as_markdown
from ..core.proof import Proof
from ..sync.request import SyncRequest

PROOF_ARGUMENT: dict[str, Any] = {
    "type": "dict",
    "options": {
        "dir": {"type": "path", "required": True},
        "ticket": {"type": "str", "required": True},
        "language": {"type": "str", "choices": list(LANGUAGES), "default": LANGUAGES[0]},
        "key_file": {"type": "path", "no_log": False},
        "public_key_file": {"type": "path", "no_log": False},
    },
}
_REMEDY = "Find out who changed it, move it away, and verify again"


@dataclass(frozen=True)
class ProofFiles:
    """Where they lie, and what is wrong with the manifest of an earlier verification. Without ``folder`` there are
    none."""

    request: SyncRequest
    folder: str = ""
    ticket: str = ""
    language: str = LANGUAGES[0]
    keys: Keys = NO_KEYS
    fault: str = ""

    def keep(self, audit: Audit, proof: Proof, *, check: bool) -> dict[str, Any]:
        """Write them unless ``check``, or unless an earlier manifest is to be looked at; what the result says of them.

        Raises OSError.
        """
        kept = {"manifest": self._path("manifest"), "pages": [], "signed": self.keys.private is not None, "fault": ""}
        if self.fault:
            return {**kept, "fault": f"the manifest {kept['manifest']} {self.fault}. {_REMEDY}"}
        if not self.folder or check:
            return kept
        write_manifest(self._path("manifest"), manifest_lines(audit, proof, self._head()), self.keys)
        page = mailbox_page(proof, Texts(self.language))
        for ending, text in (("md", as_markdown(page)), ("html", as_html(page))):
            write_text(self._path(ending), text)
        return {**kept, "pages": [self._path("md"), self._path("html")]}

    def _path(self, ending: str) -> str:
        return proof_path(self.folder, self.request.mailbox, ending) if self.folder else ""

    def _head(self) -> dict[str, Any]:
        source = self.request.source
        return {
            "ticket": self.ticket,
            "mailbox": self.request.mailbox,
            "source": {"host": source.host, "username": source.username},
            "destination": {"host": self.request.destination.host},
        }


def proof_files(options: Mapping[str, Any] | None, request: SyncRequest) -> ProofFiles:
    """The files that the option ``proof`` asks for. Raises :class:`ConfigurationError` for a key that is none."""
    if not options:
        return ProofFiles(request)
    folder = os.path.expanduser(options["dir"])
    keys = read_keys(options.get("key_file") or "", options.get("public_key_file") or "")
    owner = Owner(options["ticket"], request.mailbox)
    fault = manifest_fault(proof_path(folder, request.mailbox, "manifest"), owner, keys)
    return ProofFiles(request, folder, options["ticket"], options["language"], keys, fault)
