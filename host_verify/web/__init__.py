"""The verifier's HTTP door."""
