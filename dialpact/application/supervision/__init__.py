"""What whoever supervises can do: be a witness, take reports, ask about complaints, and see how all stand."""
