"""Binary-coded decimals and the hour registers of clock chips."""


def to_bcd(value: int) -> int:
    """Return 0 to 99 as two decimal digits in a byte."""
    return value // 10 << 4 | value % 10


def from_bcd(byte: int) -> int:
    """Return the value of two decimal digits in a byte; digits above 9 are not refused."""
    return (byte >> 4) * 10 + (byte & 0x0F)


def hour(register: int) -> int:
    """Return the hour 0 to 23 (more where the digits say so); bit 6 chooses the 12-hour mode.

    In that mode bit 5 means PM, and ValueError is raised for an hour outside 1 to 12.
    """
    if not register & 0x40:
        return from_bcd(register & 0x3F)
    digits = from_bcd(register & 0x1F)
    if not 1 <= digits <= 12:
        raise ValueError("no such hour")
    return digits % 12 + (12 if register & 0x20 else 0)


def hour_register(value: int, twelve: bool) -> int:
    """Return the register of hour 0 to 23 in the 24-hour mode or, if `twelve`, the 12-hour mode."""
    if not twelve:
        return to_bcd(value)
    return 0x40 | (0x20 if value >= 12 else 0) | to_bcd((value - 1) % 12 + 1)
