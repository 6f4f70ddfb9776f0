"""Call records of a PBX, in whatever form: which it is (``recognise``, ``orders``, ``columns``), a line into
cells (``cells``), cells into a record (``form``, ``times``, ``record``), and the stream of them (``master``).
"""

from dialpact.compliance.cdr.columns import Columns
from dialpact.compliance.cdr.form import Form
from dialpact.compliance.cdr.master import LONGEST, Master, read
from dialpact.compliance.cdr.recognise import Recognised
from dialpact.compliance.cdr.record import CdrRecord, CdrWay, born, seconds

__all__ = [
    "LONGEST",
    "CdrRecord",
    "CdrWay",
    "Columns",
    "Form",
    "Master",
    "Recognised",
    "born",
    "read",
    "seconds",
]
