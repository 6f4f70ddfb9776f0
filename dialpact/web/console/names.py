"""The modules of the console's pages, in alphabetical order: each has ``PAGES``."""

MODULES = (
    "approvals",
    "complaints",
    "exports",
    "imports",
    "inspections",
    "language",
    "now",
    "reconciliations",
    "registers",
    "scrubs",
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
