"""Call records of a PBX, as a stream of records (``master``)."""

from dialpact.compliance.cdr.master import LONGEST, CdrRecord, Master, born, read, seconds

__all__ = ["LONGEST", "CdrRecord", "Master", "born", "read", "seconds"]
