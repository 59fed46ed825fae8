"""The token: build the App of this board and step it for ever."""

import time

from tokenfw.hardware import build

app = build()
while True:
    time.sleep(app.step(time.monotonic_ns() // 1000000) / 1000)
