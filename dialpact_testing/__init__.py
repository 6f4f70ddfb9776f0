"""Asterisk's side of AGI and AMI without an Asterisk: for tests of dialplans, policies and integrations."""
