"""``dialpact supervise``: at whoever supervises: a witness, a letter box for reports, and questions to
operators.
"""

from __future__ import annotations

from dialpact.cli.command import command, group
from dialpact.cli.supervise import complaints, operators
from dialpact.cli.supervise.init import init, key
from dialpact.cli.supervise.process import serve
from dialpact.cli.supervise.shown import fork, report, status

app = group("At whoever supervises: a witness for many operators, their reports, questions about complaints.")
app.add_typer(operators.app, name="operator")
app.add_typer(complaints.app, name="complaint")

command(app, "init")(init)
command(app, "key")(key)
command(app, "serve")(serve)
command(app, "status")(status)
command(app, "fork")(fork)
command(app, "report")(report)
