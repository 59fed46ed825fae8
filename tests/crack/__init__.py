"""What an image of a token's flash gives away: python -m tests.crack IMAGE."""
