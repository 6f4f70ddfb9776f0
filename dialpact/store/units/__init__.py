"""What a noun is answered by: units of work, plain functions of a connection, and their SQL. Of no engine."""
