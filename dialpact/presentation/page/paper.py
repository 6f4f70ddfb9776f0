"""HTML on A4 as PDF, through WeasyPrint and Pango. The same HTML gives the same bytes on the same machine.

Nothing is ever fetched: the page is complete as it stands, and what is in it comes from other people.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import io
import re
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

from dialpact.compliance.registers.fault import Fault

CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
DEBIAN = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
FONT = "fonts-wqy-microhei"


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font for Simplified Chinese: without one each character is an empty box."""
    try:
        library = ctypes.CDLL(ctypes.util.find_library("fontconfig") or "libfontconfig.so.1")
        for name in ("FcNameParse", "FcObjectSetCreate", "FcFontList"):
            getattr(library, name).restype = ctypes.c_void_p
        library.FcObjectSetAdd.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
        library.FcFontList.argtypes = (ctypes.c_void_p,) * 3
        pattern, wanted = library.FcNameParse(b":lang=zh-cn"), library.FcObjectSetCreate()
        library.FcObjectSetAdd(wanted, b"family")
        found = library.FcFontList(None, pattern, wanted)
    except (OSError, AttributeError):
        return False
    # The struct begins with the number of fonts.
    return bool(found) and ctypes.cast(found, ctypes.POINTER(ctypes.c_int)).contents.value > 0


def pdf(html: str, has_font: Callable[[], bool] = has_chinese_font) -> bytes:
    """Raises Fault when WeasyPrint, its libraries or a Chinese font are not there: it says what to install.

    Fault ``page-fetches`` for a page that wants anything loaded, from the network or from a file.
    """
    weasyprint = _weasyprint()
    if CHINESE.search(html) and not has_font():
        raise Fault("pdf-font", packages=FONT)

    class Refuse(weasyprint.urls.URLFetcher):  # type: ignore[name-defined,misc]
        def fetch(self, url: str, headers: object = None) -> Any:
            raise weasyprint.urls.FatalURLFetchingError(url)

    try:
        content: bytes = weasyprint.HTML(string=html, url_fetcher=Refuse()).write_pdf()
    except weasyprint.urls.FatalURLFetchingError as error:
        raise Fault("page-fetches", value=str(error)[:80]) from error
    return content


def _weasyprint() -> ModuleType:
    try:
        # When a library is missing it prints advice, which must not end in somebody's file.
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore", DeprecationWarning)
            import weasyprint
            import weasyprint.urls
    except ImportError as error:
        raise Fault("pdf-extra") from error
    except OSError as error:
        raise Fault("pdf-library", error=str(error).partition("\n")[0][:200], packages=DEBIAN) from error
    module: ModuleType = weasyprint
    return module
