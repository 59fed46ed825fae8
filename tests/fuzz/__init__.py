"""Attacks on what reads bytes from outside: mutated frames, replays, and coverage-guided fuzzing."""
