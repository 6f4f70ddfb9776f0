"""Who signs in to the console, without a page."""
