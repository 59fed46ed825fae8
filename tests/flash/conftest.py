from __future__ import annotations

from tests.desk.keys import key_file, made_key

__all__ = ["key_file", "made_key"]
