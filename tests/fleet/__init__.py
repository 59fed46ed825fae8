"""A fleet of tokens over years: how their clocks are followed, and how little that gives a guesser."""
