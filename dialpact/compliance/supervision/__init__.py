"""The authority's and the association's side, and what an operator owes it: values and rules. No store, no
clock.
"""
