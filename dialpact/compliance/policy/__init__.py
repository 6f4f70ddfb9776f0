"""May this call be made? One rule a file; every rule is judged, every failing one reported.

Pure: facts and the instant come in, findings go out. No clock, no I/O, no logging in this folder.
"""

from dialpact.compliance.policy.engine import RULES, evaluate
from dialpact.compliance.policy.holding import Holding
from dialpact.compliance.policy.retry import retry_at

__all__ = ["RULES", "Holding", "evaluate", "retry_at"]
