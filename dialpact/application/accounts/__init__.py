"""Who signs in to the console: accounts, what they sign in by, and their sessions."""
