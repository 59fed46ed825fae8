"""What can go wrong around the rules: each text says what to do next, and none holds a secret or a code.

A refused code is no error but a verdict. Values out of their limits raise tokencore's BadValue.
"""


class VerifierError(Exception):
    """The machinery failed: the store, its key or its disk. Nothing was accepted."""

    exit_status = 3


class NotDone(VerifierError):
    """The store is well, and what was asked for does not fit what is in it. Nothing was changed."""

    exit_status = 1
