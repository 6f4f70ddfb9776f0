"""What the acts in the log say of a register's rows."""
