"""The token's application: portable, with clock, screen, buttons, link and memory as arguments."""

VERSION = "0.1.0"
