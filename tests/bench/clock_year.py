"""A year of the clock that learns, over many tokens: the table of docs/clock.md.

`python -m tests.bench.clock_year`
"""

from __future__ import annotations

from tests.clock_year.year import CASES, SYNC_DAYS, Year

TOKENS = 24


def table(tokens: int = TOKENS) -> list[str]:
    """Return a Markdown table: the worst of `tokens` tokens before each sync, and the bound then."""
    rows = ["| chip | before the sync of day | worst error | largest bound | days beyond the bound |"]
    rows.append("|---|---|---|---|---|")
    for name in CASES:
        error, bound = dict.fromkeys(SYNC_DAYS[1:], 0), dict.fromkeys(SYNC_DAYS[1:], 0)
        beyond = dict.fromkeys(SYNC_DAYS[1:], 0)
        for seed in range(tokens):
            for day in Year(name, seed).days():
                until = min(due for due in SYNC_DAYS if due >= day.day)
                error[until] = max(error[until], abs(day.error_ms))
                bound[until] = max(bound[until], day.bound_ms)
                beyond[until] += abs(day.error_ms) > day.bound_ms
        for due in SYNC_DAYS[1:]:
            figures = f"{error[due] / 1000:.2f} s | ±{bound[due] / 1000:.1f} s | {beyond[due]}"
            rows.append(f"| {name} | {due} | {figures} |")
    return rows


def main() -> None:
    """Print the table."""
    print(f"A year of {TOKENS} tokens with each chip, 5 to 35 degrees Celsius")
    print("\n".join(table()))


if __name__ == "__main__":
    main()
