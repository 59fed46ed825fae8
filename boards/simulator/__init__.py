"""A simulated token: chips at register level, and the firmware that a board runs, above real drivers."""
