# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of all that customers read, in every language that there is.

Each subject has a file ``texts_<subject>.py`` with its sentences. A name stands for one sentence in all of them.
"""

from __future__ import annotations

from . import texts_clients, texts_close, texts_contacts, texts_message, texts_preflight, texts_proof

# The order of the languages in every sentence.
LANGUAGES = ("en", "de")
SUBJECTS = (
    texts_proof.SENTENCES,
    texts_preflight.SENTENCES,
    texts_clients.SENTENCES,
    texts_contacts.SENTENCES,
    texts_message.SENTENCES,
    texts_close.SENTENCES,
)
_SENTENCES = {name: sentence for sentences in SUBJECTS for name, sentence in sentences.items()}


class Texts:
    """The sentences in one language. Raises ``KeyError`` for one that does not exist."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, name: str, **values: object) -> str:
        """A sentence; numbers are written as the language writes them, everything else stays as it is."""
        shown = {key: self.number(value) if isinstance(value, int) else str(value) for key, value in values.items()}
        return _SENTENCES[name][self._place].format(**shown)

    def number(self, value: int) -> str:
        """``18,412`` or ``18.412``."""
        return f"{value:,}".replace(",", "." if self.language == "de" else ",")
