"""``dialpact recordings``: what is kept, whether it still is what was recorded, what goes."""

from dialpact.cli.command import command, group
from dialpact.cli.recordings import holds, keep, listed, purge, settle, verify

app = group("The recordings: what is kept, whether it still is what was recorded, and what goes.")
command(app, "list")(listed.list_)
command(app, "show")(listed.show)
command(app, "verify")(verify.verify)
command(app, "keep")(keep.keep)
command(app, "settle")(settle.settle)
command(app, "hold")(holds.hold)
command(app, "release")(holds.release)
command(app, "holds")(holds.holds)
command(app, "purge")(purge.purge)
