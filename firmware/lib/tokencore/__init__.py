"""OTP core and wire format shared by the token, the desk and the verifier.

Runs unchanged on CircuitPython 10.1+, MicroPython and CPython: it imports hashlib, struct and
binascii only, reads no clock, and of files its own table of commands alone.
"""
