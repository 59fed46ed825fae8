"""`python -m boards.simulator` is `fobsim`."""

from .cli import main

main(prog_name="fobsim")
