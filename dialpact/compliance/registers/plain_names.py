"""The plain registers of the product: modules beside this one, in the order of ``--help``."""

NAMES: tuple[str, ...] = (
    # none ships
)
