# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One set of sentences for all that customers read."""

from __future__ import annotations

import string

from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import LANGUAGES, SUBJECTS

SENTENCES = [(name, sentence) for subject in SUBJECTS for name, sentence in subject.items()]


def test_every_sentence_is_there_in_every_language_with_the_same_values() -> None:
    for name, sentence in SENTENCES:
        values = [{field for _text, field, _spec, _how in string.Formatter().parse(text) if field} for text in sentence]
        assert len(sentence) == len(LANGUAGES), name
        assert all(found == values[0] for found in values), name
        assert all(text.strip() for text in sentence), name


def test_no_subject_takes_the_name_of_another_ones_sentence() -> None:
    names = [name for name, _sentence in SENTENCES]
    assert len(names) == len(set(names))
