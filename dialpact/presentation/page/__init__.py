"""Pages that people read, print and file: HTML from a template, and PDF from HTML."""

from dialpact.presentation.page.paper import pdf
from dialpact.presentation.page.template import html

__all__ = ["html", "pdf"]
