"""Pages that people read, print and file: HTML from a template, and PDF from HTML."""

from dialpact.cli.page.paper import pdf
from dialpact.cli.page.template import html

__all__ = ["html", "pdf"]
