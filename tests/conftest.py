"""The testing kit's own fixtures, also where the product is not installed; pytester for its tests."""

pytest_plugins = ["pytester", "dialpact_testing.plugin"]
