"""Do the daemons apply what lies on the disk?"""

from __future__ import annotations

from collections.abc import Iterator

from dialpact.application import active_config, daemon_registry
from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, skip, warn


def applied(site: Site) -> Iterator[DoctorFinding]:
    """One finding for each daemon of this node."""
    try:
        daemons = daemon_registry.running(site.config)
    except OSError as error:
        yield skip("running-unreadable", error=f"{error.filename}: {error.strerror}")
        return
    if not daemons:
        yield skip("running-none", node=site.config.node.name)
    for daemon in daemons:
        who = {"role": daemon.role, "pid": daemon.pid}
        changed = []
        if site.policy is not None:
            changed = active_config.changes(daemon.in_force, active_config.active(site.config, site.policy))
        keys = ", ".join(change.key for change in changed)
        if restart := active_config.restart(changed, daemon.role):
            yield warn("running-restart", **who, changed=", ".join(restart))
        elif not daemon.last_ok and (changed or site.policy is None):
            yield fail("running-refused", **who, why=daemon.why)
        elif site.policy is None:
            yield warn("running-bad-files", **who)
        elif changed:
            yield warn("running-differs", **who, changed=keys)
        else:
            yield ok("running", **who)
