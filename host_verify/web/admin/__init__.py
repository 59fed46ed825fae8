"""The verifier's pages for its operators: rendered here, without scripts or anything from elsewhere."""
