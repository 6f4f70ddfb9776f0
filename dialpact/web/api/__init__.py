"""How a program asks: JSON over HTTP below ``/v1``, by a key, with what it may ask in an OpenAPI document.

1. A noun a file, each with its ``ENDPOINTS``; ``names`` has the list. An endpoint says what it takes and what
   it can answer, in types; ``routing`` does for all of them what none should do for itself: the key, its
   rights, bounds, limits, what comes twice.
2. A handler parses nothing and decides nothing: it calls a use case of ``dialpact/application``, and renders.
3. A failure is a problem (RFC 9457), with the code and the text that the command line has for it.
"""
