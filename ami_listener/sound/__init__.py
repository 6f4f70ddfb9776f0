"""Is what is said in a call on its recording? Looked at while it is said."""
