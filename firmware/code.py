"""The token: build the App of this board and step it for ever."""

import gc
import time

# Compiling strews garbage between what stays. Collected after each part, it leaves a board's free
# memory in one piece; collected when memory is full, in pieces too small to use.
_PARTS = """tokencore.messages tokencore.hkdf
tokenfw.log tokenfw.keys tokenfw.device tokenfw.safe tokenfw.vault
tokenfw.clock tokenfw.screen tokenfw.app"""
for _part in _PARTS.split():
    __import__(_part)
    gc.collect()

from tokenfw.hardware.building import build

gc.collect()
app, power = build()
del build  # which takes memory, and is not needed again
app.step(time.monotonic_ns() // 1000000)  # the first code; what hands and hosts ask for can wait for it
gc.collect()
import tokenfw.presses

gc.collect()
while True:
    now_ms = time.monotonic_ns() // 1000000
    power.sleep(now_ms, app.step(now_ms))
