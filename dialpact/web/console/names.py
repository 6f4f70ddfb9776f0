"""The modules of the console's pages, in alphabetical order: each has ``PAGES``."""

MODULES = (
    "account",
    "accounts",
    "approvals",
    "calling_hours",
    "complaints",
    "exports",
    "imports",
    "incidents",
    "inspections",
    "language",
    "now",
    "recordings",
    "registers",
    "reload",
    "scrubs",
    "settings",
    "sign_in",
    "why",
)
# Where each stands in the navigation.
ORDER = (
    "nav.now",
    "nav.why",
    "nav.registers",
    "nav.imports",
    "nav.recordings",
    "nav.complaints",
    "nav.inspection",
    "nav.ledger",
    "nav.approvals",
    "nav.settings",
    "nav.accounts",
)
