# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one place that imports imapclient."""

from __future__ import annotations

try:
    import imapclient
    from imapclient import exceptions as imap_exceptions
except ImportError:  # reported by the callers' dependency check
    imapclient = imap_exceptions = None

__all__ = ["imap_exceptions", "imapclient"]
