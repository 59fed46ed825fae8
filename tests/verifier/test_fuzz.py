"""A little of `python -m tests.verifier.fuzz`, with the same draws each time."""

import logging
import random

import pytest

from .fuzz import HOTP, Run
from .fuzz_http import NO_HTTP, Told, by_bytes, so_often
from .fuzz_imports import fuzz
from .parts import SECRET, code_of


def test_bytes_that_no_page_describes_end_in_an_answer_below_500(tmp_path):
    with Run(tmp_path, 7) as run:
        by_bytes(run.serving, run.told, run.drawn, so_often(250))
    assert {"200", "400", NO_HTTP, "401", "404", "405", "413", "422"} <= set(run.told.counts)
    assert code_of(HOTP, 0) not in run.serving.said


def test_files_with_something_wrong_are_read_or_refused():
    logging.disable()
    try:
        counts = fuzz(random.Random(3), so_often(400))
    finally:
        logging.disable(logging.NOTSET)
    assert counts["refused whole"] > 50
    assert {"read as CSV: all taken", "read as PSKC: all taken", "read as URIs: all taken"} <= set(counts)


@pytest.mark.parametrize(
    ("status", "said"), [(500, ""), (503, "{}"), (200, f"<{SECRET.decode()}>"), (422, "the very key")]
)
def test_a_500_or_a_secret_in_an_answer_is_found(status, said):
    told = Told(["the very key"])
    told(422, "something else", "")
    with pytest.raises(AssertionError):
        told(status, said, "")
