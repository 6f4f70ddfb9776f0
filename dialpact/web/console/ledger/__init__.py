"""The ledger's pages: what was signed, who vouches for it, what was verified, who did what."""
