"""How Asterisk is spoken with over AMI: wire, events, connection, and each question as a function (pbx)."""
