"""Safe mode would open the drive and the console: start again instead."""

import microcontroller

microcontroller.reset()
