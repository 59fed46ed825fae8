"""Values as people read them."""

from datetime import UTC, datetime


def utc(seconds: int) -> str:
    """Return a time (UTC s) with its date."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
