"""Pages that people read, print and file: HTML from a template, and PDF from HTML."""

from console.page.paper import pdf
from console.page.template import html

__all__ = ["html", "pdf"]
