"""Safe mode: CircuitPython starts without boot.py and code.py, with drive and console open to a host."""

# The members of supervisor.SafeModeReason but NONE, and the numbers that CircuitPython keeps them by
# over a reset (supervisor/shared/safe_mode.h, 10.2).
REASONS = {
    "BROWNOUT": 1,
    "FLASH_WRITE_FAIL": 2,
    "GC_ALLOC_OUTSIDE_VM": 3,
    "HARD_FAULT": 4,
    "INTERRUPT_ERROR": 5,
    "NLR_JUMP_FAIL": 7,
    "NO_CIRCUITPY": 8,
    "NO_HEAP": 9,
    "PROGRAMMATIC": 10,
    "SDK_FATAL_ERROR": 12,
    "STACK_OVERFLOW": 13,
    "USB_BOOT_DEVICE_NOT_INTERFACE_ZERO": 14,
    "USB_TOO_MANY_ENDPOINTS": 15,
    "USB_TOO_MANY_INTERFACE_NAMES": 16,
    "USER": 17,
    "WATCHDOG": 18,
}
NONE = "NONE"
USER = "USER"  # asked for by hand: safemode.py is not run
PROGRAMMATIC = "PROGRAMMATIC"  # asked for by a program
SAFEMODE_PY_ERROR = "SAFEMODE_PY_ERROR"  # safemode.py has raised; not in supervisor.SafeModeReason
