"""The verifier: accepts each code of a user's token once, and follows the token's clock or counter."""
