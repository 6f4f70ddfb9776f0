"""The testing kit's own fixtures, also where the product is not installed; pytester for its tests."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester", "dialpact.testing.plugin"]

# How long an example takes says something of the machine, not of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
