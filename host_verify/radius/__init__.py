"""The verifier's RADIUS door (RFC 2865)."""
