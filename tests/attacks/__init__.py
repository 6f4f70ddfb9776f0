"""Who can do what to the evidence, and who finds it when: a table, and a test for each cell of it."""
